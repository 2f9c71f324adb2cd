//! The commands about the keys for programs of an account.

use clap::Args;

use super::order::carry_out;
use super::print::{Form, minute, print, print_json};
use super::target::Target;
use crate::app::operator::{Answer, AppKey, Order};
use crate::app::{Failure, OperatorError};
use crate::config::Config;
use crate::domain::record::address::EmailAddress;

/// The key that a command is about.
#[derive(Args)]
pub(super) struct KeyTarget {
    /// Email address of the account
    #[arg(value_parser = EmailAddress::parse)]
    address: EmailAddress,
    /// Id of the key, as `gatepost account keys` lists it
    id: String,
    #[command(flatten)]
    form: Form,
}

/// Lists the keys of an account.
pub(super) async fn list(config: Config, Target { address, form }: Target) -> Result<(), Failure> {
    let order = Order::ListAppKeys { email: address.to_string() };
    let Answer::AppKeys(keys) = carry_out(config, order).await? else {
        return Err(OperatorError::OtherAnswer.into());
    };
    if form.json {
        return keys.iter().try_for_each(print_json);
    }
    if keys.is_empty() {
        return print(&format!("{address} has no keys."));
    }
    let mut lines =
        vec!["ID                        MADE        ENDS        LAST USED             APP  NAME".to_owned()];
    lines.extend(keys.iter().map(line));
    print(&lines.join("\n"))
}

/// One key. Its name is the last column, because its owner has chosen it.
fn line(key: &AppKey) -> String {
    let day = |at: &str| at.get(..10).unwrap_or_default().to_owned();
    let end = key.expires_at.as_deref().map_or_else(|| "never".to_owned(), day);
    let used = key.last_used_at.as_deref().map_or_else(|| "never".to_owned(), minute);
    let AppKey { id, app, name, created_at, .. } = key;
    format!("{id}  {}  {end:<10}  {used:<20}  {app}  {name}", day(created_at))
}

/// Ends one of them.
pub(super) async fn end(config: Config, KeyTarget { address, id, form }: KeyTarget) -> Result<(), Failure> {
    let order = Order::EndAppKey { email: address.to_string(), key: id };
    match carry_out(config, order).await? {
        Answer::AppKeyEnded(key) if form.json => print_json(&key),
        Answer::AppKeyEnded(key) => print(&format!(
            "Ended the key {} of {address} for {}. Its owner is notified by email.",
            key.name, key.app
        )),
        _ => Err(OperatorError::OtherAnswer.into()),
    }
}
