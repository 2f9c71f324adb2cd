//! `app check`: what would happen with a request to an app, and by which rule. Changes nothing.

use super::failure::{Failure, OperatorError};
use super::operator::{Answer, Operator, Order};
use crate::config::Config;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::front::Allow;
use crate::web::apps::App;
use crate::world;

/// Says what would happen if someone opened this URL: without an address someone who is signed out, or else the
/// person with that account. Looks the account up only if the list names administrators.
///
/// # Errors
/// `NoApp` if the URL is that of no app; `NotAdmitted` if the request would not pass; why the account can't be looked
/// up.
pub async fn check_app(config: Config, url: &str, address: Option<&EmailAddress>) -> Result<String, Failure> {
    let (app, target) = find(&config, url)?;
    if let Some(public) = app.public.iter().find(|public| public.opens(&target)) {
        return Ok(format!("Anyone can open {url} without a sign-in: public has \"{public}\"."));
    }
    let Some(address) = address else {
        let sentence = format!("{url} needs a sign-in: no entry of public opens it");
        return Err(Failure::NotAdmitted(sentence));
    };
    let admission = &app.admission;
    let asks_for_admin = admission.allow.contains(&Allow::Admin);
    let entry = match admission.entry(address, false) {
        None if asks_for_admin && is_admin(config, address).await? => Some(&Allow::Admin),
        entry => entry,
    };
    let Some(entry) = entry else {
        return Err(Failure::NotAdmitted(format!("{address} may not open {url}: no entry of allow fits")));
    };
    let age =
        admission.max_age.map(|age| format!(" The sign-in must not be older than {} s.", age.as_secs()));
    Ok(format!("{address} can open {url}: allow has \"{entry}\".{}", age.unwrap_or_default()))
}

/// The app of a URL, and the path and query there, as a browser sends them.
fn find(config: &Config, url: &str) -> Result<(App, String), Failure> {
    let no_app = || {
        let apps: Vec<String> = config.apps.each().map(|app| app.url.to_string()).collect();
        let apps = if apps.is_empty() { "there are none".to_owned() } else { apps.join(", ") };
        Failure::NoApp(format!("{url} is not the URL of an app ({apps})"))
    };
    let (scheme, rest) = url.split_once("://").ok_or_else(no_app)?;
    let bare = rest.split('#').next().unwrap_or_default();
    let (host, target) = bare.find(['/', '?']).map_or((bare, ""), |at| bare.split_at(at));
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    let app = config.apps.at(host.as_bytes()).ok_or_else(no_app)?;
    let is_same =
        app.url.to_string().split_once("://").is_some_and(|(own, _)| own.eq_ignore_ascii_case(scheme));
    if is_same { Ok((App::clone(app), target)) } else { Err(no_app()) }
}

async fn is_admin(config: Config, address: &EmailAddress) -> Result<bool, Failure> {
    let operator = Operator::reach(config, world::real()).await?;
    let answer = operator.order(Order::ShowAccount { email: address.to_string() }).await;
    operator.leave().await?;
    match answer {
        Ok(Answer::Shown(shown)) => Ok(shown.account.shown.admin),
        Ok(_) => Err(OperatorError::OtherAnswer.into()),
        // Someone without an account is no administrator.
        Err(Failure::Operator(OperatorError::Refused(_))) => Ok(false),
        Err(failure) => Err(failure),
    }
}
