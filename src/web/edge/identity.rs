//! The headers that say to an app who someone is.

use poem::Response;
use poem::http::header::HeaderValue;
use poem::http::{HeaderMap, StatusCode};

use super::app_host::asks;
use crate::domain::record::account::Account;
use crate::domain::session::Live;
use crate::web::apps::{App, Apps, DEFAULTS, Identity};

const NO_ONE: HeaderValue = HeaderValue::from_static("");

/// Says to an app who someone is: with all its headers, so that none of them can be the client's.
pub fn name(headers: &mut HeaderMap, app: &App, live: Option<&Live>) {
    name_account(headers, app, live.map(|live| &*live.account));
}

/// The same for whoever a key stands for.
pub fn name_account(headers: &mut HeaderMap, app: &App, account: Option<&Account>) {
    for name in DEFAULTS.iter().chain(app.headers.names()) {
        headers.insert(name, NO_ONE);
    }
    let Some(account) = account else { return };
    let value = |identity: Identity| {
        let text = match identity {
            Identity::Id => account.id.to_string(),
            Identity::Email => account.address.to_string(),
            Identity::Groups => app.admission.groups_of(account),
        };
        HeaderValue::from_str(&text).expect("ids, addresses and names of groups are plain ASCII")
    };
    let [user, email, groups, _] = &DEFAULTS;
    for (name, identity) in [(user, Identity::Id), (email, Identity::Email), (groups, Identity::Groups)] {
        headers.insert(name, value(identity));
    }
    for mapped in app.headers.each() {
        headers.insert(mapped.name.clone(), value(mapped.value));
    }
}

/// Says to an app beside us, on our own host, who someone is.
pub fn name_here(headers: &mut HeaderMap, live: &Live) {
    let [user, email, ..] = &DEFAULTS;
    for (name, text) in [(user, live.account.id.to_string()), (email, live.account.address.to_string())] {
        headers.insert(name, HeaderValue::from_str(&text).expect("ids and addresses are plain ASCII"));
    }
}

/// Adds empty identity headers to every response to a question that has none, such as a refusal.
///
/// A proxy copies these headers onto the request it passes on, replacing those the client sent. A
/// proxy that copies only headers that are present would keep a `Remote-User` sent by an attacker, and
/// the app would trust it (CVE-2026-30851). So they are never missing.
pub(super) fn name_no_one(path: &str, response: &mut Response, apps: &Apps) {
    if !asks(path) {
        return;
    }
    let passes = response.status() == StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    for name in &DEFAULTS {
        headers.entry(name).or_insert(NO_ONE);
    }
    // What passes is for one app, and has the names of that.
    for name in apps.header_names().filter(|_| !passes) {
        headers.entry(name).or_insert(NO_ONE);
    }
}
