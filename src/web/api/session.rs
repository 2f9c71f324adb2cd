//! The current session, and signing out.

use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi};
use serde::{Deserialize, Serialize};

use super::bearer::{PerhapsSignedIn, SignedIn};
use super::body::Json;
use super::refusals::{Refusals, Tag};
use crate::domain::record::account;
use crate::domain::record::client::Client;
use crate::domain::record::session::Session as SessionRecord;
use crate::domain::session;
use crate::web::house::House;
use crate::web::ip;
use crate::web::problem::{Code, Problem};

/// The codes of each operation, besides those of any operation.
pub(super) const REFUSALS: Refusals = &[("session", &[Code::SignInRequired]), ("sign_out", &[])];

/// A person's account.
#[derive(Debug, Object, Serialize, Deserialize)]
pub struct Account {
    /// Permanent identifier.
    pub id: String,
    /// The confirmed email address.
    pub email: String,
    /// When the email address was entered.
    pub registered_at: String,
    /// When the email address was confirmed.
    pub confirmed_at: String,
    /// Whether the account has admin rights.
    pub admin: bool,
    /// Whether a password is set.
    pub has_password: bool,
    /// The new email address, while a change is waiting to be confirmed.
    #[oai(nullable)]
    pub pending_email: Option<String>,
    /// Whether an email is sent when someone signs in with the password on a new device.
    pub new_device_emails: bool,
}

/// A device on which someone is signed in.
#[derive(Debug, Object, Serialize)]
pub(super) struct Session {
    /// Permanent identifier.
    id: String,
    /// The browser and system, in a few words.
    device: String,
    /// The client address at sign-in.
    ip: String,
    /// When the session began.
    created_at: String,
    /// When it was last used, accurate to a few minutes.
    last_used_at: String,
    /// The latest time at which it ends. If it is not used, it ends earlier.
    expires_at: String,
    /// Until when the sign-in counts as recent.
    recent_until: String,
    /// Whether this is the session that sent the request.
    current: bool,
}

/// A session with its token.
#[derive(Debug, Object, Serialize)]
pub(super) struct NewSession {
    #[oai(flatten)]
    #[serde(flatten)]
    session: Session,
    /// Session token. Send it as `Authorization: Bearer` from now on.
    token: String,
}

/// An account and the session that sent the request.
#[derive(Debug, Object, Serialize)]
pub(super) struct Profile {
    /// The account.
    account: Account,
    /// The current session.
    session: Session,
}

/// An account after a change, and the session that made it.
#[derive(Debug, Object, Serialize)]
pub(super) struct Renewed {
    /// The account.
    account: Account,
    /// The current session. Its token may be new.
    session: NewSession,
}

impl Profile {
    pub(super) fn of(live: &session::Live) -> Self {
        Self { account: Account::of(&live.account), session: Session::of(&live.session, &live.session) }
    }
}

impl Renewed {
    pub(super) fn of(signed_in: &session::SignedIn) -> Self {
        Self { account: Account::of(&signed_in.account), session: NewSession::of(signed_in) }
    }
}

impl Account {
    /// The account as its owner sees it.
    #[must_use]
    pub fn of(account: &account::Account) -> Self {
        Self {
            id: account.id.to_string(),
            email: account.address.to_string(),
            registered_at: account.registered_at.into(),
            confirmed_at: account.confirmed_at.into(),
            admin: account.admin,
            has_password: account.password.is_some(),
            pending_email: account.pending_change.as_ref().map(|change| change.address.to_string()),
            new_device_emails: !account.device_emails.are_off,
        }
    }
}

impl Session {
    pub(super) fn of(session: &SessionRecord, current: &SessionRecord) -> Self {
        Self {
            id: session.id.to_string(),
            device: session.device.clone(),
            ip: ip::text(session.ip),
            created_at: session.created_at.into(),
            last_used_at: session.last_used_at.into(),
            expires_at: session.expires_at.into(),
            recent_until: session.recent_until().into(),
            current: session.id == current.id,
        }
    }
}

impl NewSession {
    pub(super) fn of(signed_in: &session::SignedIn) -> Self {
        let session = Session::of(&signed_in.session, &signed_in.session);
        Self { session, token: signed_in.token.as_str().to_owned() }
    }
}

#[derive(ApiResponse)]
enum SignedOut {
    /// The session has ended, if there was one.
    #[oai(status = 204)]
    Done,
}

pub(super) struct Operations;

#[OpenApi(tag = "Tag::Session")]
impl Operations {
    /// Show the current session
    #[oai(path = "/session", method = "get", operation_id = "session")]
    #[expect(clippy::unused_async, reason = "operations are asynchronous")]
    async fn session(&self, signed_in: SignedIn) -> Result<Json<Profile>, Problem> {
        Ok(Json(Profile::of(&signed_in.live)))
    }

    /// Sign out
    ///
    /// Ends the session on the server. Succeeds without a session.
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
