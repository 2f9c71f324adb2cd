//! Making a key for a program, the same at both doors: the apps are known here, and not in the domain.

use super::apps::{App, Keys};
use super::house::{House, Site};
use super::problem::{Code, Problem};
use super::wire::MakeAppKey;
use crate::domain::error::Error;
use crate::domain::profile::{MadeKey, WantedKey};
use crate::domain::record::account::Account;
use crate::domain::record::client::Client;

/// Makes a key. Who may act is checked before this.
pub(super) async fn make(
    house: &House,
    token: &str,
    input: &MakeAppKey,
    client: &Client,
) -> Result<MadeKey, Problem> {
    let (name, lifetime) = (input.name()?, input.lifetime()?);
    let account = house.gatepost.session(token).await?.account;
    // An app that does not let the person in looks like one that is not there.
    let app = house.site.apps.named(&input.app).filter(|app| is_offered(app, &account));
    let app = app.ok_or(Error::NotAllowed)?;
    if lifetime.is_none() && !app.keys_forever {
        let detail = "A key for this app needs an end. Choose one.";
        return Err(Problem::of(Code::InvalidField).field("expires").detail(detail));
    }
    let wanted = WantedKey { name: &name, host: app.host(), admission: &app.admission, lifetime };
    Ok(house.gatepost.make_key(token, wanted, client).await?)
}

/// The apps for which someone can make a key.
pub(super) fn offered<'a>(site: &'a Site, account: &'a Account) -> impl Iterator<Item = &'a App> {
    site.apps.each().filter(|app| is_offered(app, account))
}

fn is_offered(app: &App, account: &Account) -> bool {
    app.keys != Keys::Off && app.admission.admits(account)
}

/// Why a key was not ended.
pub(super) fn not_ended(error: Error) -> Problem {
    match error {
        Error::NotFound => Problem::of(Code::NotFound).detail("That key has already ended."),
        error => error.into(),
    }
}
