//! The accounts of everyone, for administrators.

use poem::Request;
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::{Object, OpenApi};
use serde::Serialize;

use super::admin_account::AdminAccount;
use super::admin_events::AdminEvent;
use super::app_keys::AppKey;
use super::bearer::Admin;
use super::body::Json;
use super::emails::AdminEmail;
use super::refusals::{Refusals, Tag};
use super::session::Session;
use crate::domain::admin::AccountPage;
use crate::domain::error::Error;
use crate::domain::operator::Reason;
use crate::domain::record::ids::AccountId;
use crate::domain::record::time::Timestamp;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};
use crate::web::wire::ListAccounts;

/// The codes of each operation, besides those of any operation.
pub(super) const REFUSALS: Refusals = &[
    ("accounts", &LIST),
    ("newest_accounts", &LIST),
    ("account", &[Code::SignInRequired, Code::AdminRequired, Code::NotFound]),
];

const LIST: [Code; 4] = [Code::SignInRequired, Code::AdminRequired, Code::InvalidField, Code::IndexBuilding];

/// A page of accounts.
#[derive(Debug, Object, Serialize)]
struct AdminAccounts {
    /// At most 50.
    accounts: Vec<AdminAccount>,
    /// Where the list goes on, for `after`; `null` at its end. There may be a next page although this one has fewer
    /// than 50 accounts.
    #[oai(nullable)]
    next: Option<String>,
}

/// Something that is in the way of signing in.
#[derive(Debug, Object, Serialize)]
struct Obstacle {
    /// What it is.
    code: String,
    /// The same as a sentence.
    text: String,
    /// When it is over, if that is known.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

/// An account, and what has to do with it.
#[derive(Debug, Object, Serialize)]
struct OneAccount {
    /// The account.
    account: AdminAccount,
    /// What is in the way of signing in, the most telling first. Empty if nothing is.
    reasons: Vec<Obstacle>,
    /// Its sessions, most recently used first.
    sessions: Vec<Session>,
    /// Its keys for programs that work, newest first, without their secrets.
    keys: Vec<AppKey>,
    /// The last 50 emails to its address, newest first.
    emails: Vec<AdminEmail>,
    /// Its last 50 events, newest first.
    events: Vec<AdminEvent>,
}

impl Obstacle {
    fn of(reason: &Reason, now: Timestamp) -> Self {
        let until = reason.until().map(String::from);
        Self { code: reason.code().to_owned(), text: reason.text(now), until }
    }
}

impl From<AccountPage> for AdminAccounts {
    fn from(page: AccountPage) -> Self {
        Self { accounts: page.accounts.into_iter().map(AdminAccount::from).collect(), next: page.next }
    }
}

pub(super) struct Operations;

#[OpenApi(tag = "Tag::Accounts")]
impl Operations {
    /// List accounts
    ///
    /// By address; those under a domain by domain first.
    #[oai(path = "/admin/accounts", method = "get", operation_id = "accounts")]
    async fn accounts(
        &self,
        request: &Request,
        Data(house): Data<&House>,
        Admin(token): Admin,
        /// The beginning of an email address, in upper or lower case. Among all accounts also `@` and a domain, for
        /// everything under it, or an account's `id`.
        #[oai(name = "q")]
        _q: Query<Option<String>>,
        /// `all`, `admin`, `disabled` or `invited`. Default: `all`.
        #[oai(name = "state")]
        _state: Query<Option<String>>,
        /// The `next` of the page before.
        #[oai(name = "after")]
        _after: Query<Option<String>>,
    ) -> Result<Json<AdminAccounts>, Problem> {
        // As a page reads its query, so that both refuse the same.
        let query = ListAccounts::of(request.uri().query())?.query()?;
        Ok(Json(house.gatepost.accounts(&token, &query).await?.into()))
    }

    /// List the newest accounts
    ///
    /// By the time when they were confirmed or invited, newest first.
    #[oai(path = "/admin/accounts/newest", method = "get", operation_id = "newest_accounts")]
    async fn newest_accounts(
        &self,
        request: &Request,
        Data(house): Data<&House>,
        Admin(token): Admin,
        /// The `next` of the page before.
        #[oai(name = "after")]
        _after: Query<Option<String>>,
    ) -> Result<Json<AdminAccounts>, Problem> {
        let after = ListAccounts::of(request.uri().query())?.after();
        Ok(Json(house.gatepost.newest_accounts(&token, after.as_deref()).await?.into()))
    }

    /// Show an account
    ///
    /// With what is in the way of signing in, and with its last emails and events.
    #[oai(path = "/admin/accounts/:id", method = "get", operation_id = "account")]
    async fn account(
        &self,
        Data(house): Data<&House>,
        Admin(token): Admin,
        /// The `id` of the account.
        Path(id): Path<String>,
    ) -> Result<Json<OneAccount>, Problem> {
        let id = AccountId::parse(&id).ok_or(Error::NotFound)?;
        let view = house.gatepost.look_at_account(&token, id).await?;
        let way_in = house.gatepost.way_in(&view.row.account).await?;
        let (own, now) = (house.gatepost.session(&token).await?.session, view.at);
        Ok(Json(OneAccount {
            account: view.row.into(),
            reasons: way_in.reasons.iter().map(|reason| Obstacle::of(reason, now)).collect(),
            sessions: view.sessions.iter().map(|session| Session::of(session, &own)).collect(),
            keys: view.keys.iter().map(AppKey::of).collect(),
            emails: view.emails.into_iter().map(AdminEmail::from).collect(),
            events: view.events.into_iter().map(AdminEvent::from).collect(),
        }))
    }
}
