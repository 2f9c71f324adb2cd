//! Who is signed in, and signing out.

use jiff::fmt::temporal::DateTimePrinter;
use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi};
use serde::{Deserialize, Serialize};

use super::bearer::{PerhapsSignedIn, SignedIn};
use super::body::Json;
use super::refusals::{Refusals, Tag};
use crate::domain::record::account;
use crate::domain::record::client::Client;
use crate::domain::record::session::Session as SessionRecord;
use crate::domain::record::time::Timestamp;
use crate::domain::session;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};

/// What each operation may be refused for, besides what any may.
pub(super) const REFUSALS: Refusals = &[("session", &[Code::SignInRequired]), ("sign_out", &[])];

/// A person's account.
#[derive(Debug, Object, Serialize, Deserialize)]
pub struct Account {
    /// Its name for ever.
    pub id: String,
    /// The proven address.
    pub email: String,
    /// When the address was typed.
    pub registered_at: String,
    /// When the mailbox was proven.
    pub confirmed_at: String,
    /// Whether it may use the admin pages.
    pub admin: bool,
    /// Whether it has a password.
    pub has_password: bool,
    /// The address it is about to change to.
    #[oai(nullable)]
    pub pending_email: Option<String>,
}

/// One place where somebody is signed in.
#[derive(Debug, Object, Serialize)]
pub(super) struct Session {
    /// Its name.
    id: String,
    /// Browser and system in a few words.
    device: String,
    /// The client address it was made from.
    ip: String,
    /// When it was made.
    created_at: String,
    /// When it was last used, to a few minutes.
    last_used_at: String,
    /// When it is over, used or not. Unused, it may be over before.
    expires_at: String,
    /// Until when the sign-in counts as recent.
    recent_until: String,
    /// Whether it is the one that asks.
    current: bool,
    /// What keeps you signed in: send it as `Authorization: Bearer`. Only where it is new.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// Who is signed in.
#[derive(Debug, Object, Serialize)]
pub(super) struct Profile {
    /// Whose account.
    account: Account,
    /// The session that asks; with its new `token`, where it goes on under another.
    session: Session,
}

impl Profile {
    pub(super) fn of(live: &session::Live) -> Self {
        Self { account: Account::of(&live.account), session: Session::of(&live.session, &live.session) }
    }

    /// After a change.
    pub(super) fn changed(signed_in: &session::SignedIn) -> Self {
        Self { account: Account::of(&signed_in.account), session: Session::with_token(signed_in) }
    }
}

impl Account {
    /// As it is shown to its person.
    #[must_use]
    pub fn of(account: &account::Account) -> Self {
        Self {
            id: account.id.to_string(),
            email: account.address.to_string(),
            registered_at: rfc3339(account.registered_at),
            confirmed_at: rfc3339(account.confirmed_at),
            admin: account.admin,
            has_password: account.password.is_some(),
            pending_email: account.pending_change.as_ref().map(|change| change.address.to_string()),
        }
    }
}

impl Session {
    pub(super) fn of(session: &SessionRecord, current: &SessionRecord) -> Self {
        Self {
            id: session.id.to_string(),
            device: session.device.clone(),
            ip: session.ip.to_string(),
            created_at: rfc3339(session.created_at),
            last_used_at: rfc3339(session.last_used_at),
            expires_at: rfc3339(session.expires_at),
            recent_until: rfc3339(session.recent_until()),
            current: session.id == current.id,
            token: None,
        }
    }

    /// A session that was just made.
    pub(super) fn with_token(signed_in: &session::SignedIn) -> Self {
        let token = Some(signed_in.token.as_str().to_owned());
        Self { token, ..Self::of(&signed_in.session, &signed_in.session) }
    }
}

/// A time as it stands in every answer: RFC 3339, UTC. Beyond the year 9999 all times are one.
#[must_use]
pub fn rfc3339(at: Timestamp) -> String {
    const PRINTER: DateTimePrinter = DateTimePrinter::new();
    let milliseconds = i64::try_from(at.0).ok();
    let time = milliseconds.and_then(|it| jiff::Timestamp::from_millisecond(it).ok());
    PRINTER.timestamp_to_string(&time.unwrap_or(jiff::Timestamp::MAX))
}

#[derive(ApiResponse)]
enum SignedOut {
    /// Nobody is signed in with this session, whoever was before.
    #[oai(status = 204)]
    Done,
}

pub(super) struct Operations;

#[OpenApi(tag = "Tag::Session")]
impl Operations {
    /// Who is signed in
    #[oai(path = "/session", method = "get", operation_id = "session")]
    #[expect(clippy::unused_async, reason = "operations are asynchronous")]
    async fn session(&self, signed_in: SignedIn) -> Result<Json<Profile>, Problem> {
        Ok(Json(Profile::of(&signed_in.live)))
    }

    /// Sign out
    ///
    /// Ends the session on the server. No mistake without one.
    #[oai(path = "/sign-out", method = "post", operation_id = "sign_out")]
    async fn sign_out(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        PerhapsSignedIn(token): PerhapsSignedIn,
    ) -> Result<SignedOut, Problem> {
        if let Some(token) = token {
            house.gatepost.sign_out(&token, client).await?;
        }
        Ok(SignedOut::Done)
    }
}
