//! Accounts and links in the answers to the operator's orders.

use serde::{Deserialize, Serialize};

use crate::domain::operator::{self, WayIn};
use crate::domain::record::account;
use crate::domain::record::app_key;
use crate::domain::record::time::Timestamp;
use crate::web::api;

/// An account as the operator sees it: as the API shows it to its owner, and whether it is disabled.
#[derive(Serialize, Deserialize)]
pub struct Account {
    /// As the API shows it.
    #[serde(flatten)]
    pub shown: api::Account,
    /// Whether sign-in is blocked.
    pub disabled: bool,
}

impl Account {
    pub(super) fn of(account: &account::Account) -> Self {
        Self { shown: api::Account::of(account), disabled: account.disabled }
    }
}

/// An account, and what is in the way of signing in to it.
#[derive(Serialize, Deserialize)]
pub struct Shown {
    /// The account.
    #[serde(flatten)]
    pub account: Account,
    /// When its owner signed in last, if that is known.
    pub last_signed_in_at: Option<String>,
    /// What is in the way.
    pub reasons: Vec<Reason>,
    /// A sentence for each reason or, without one, for the last sign-in.
    pub sentences: Vec<String>,
}

/// One thing that is in the way of signing in.
#[derive(Serialize, Deserialize)]
pub struct Reason {
    /// Which.
    pub code: String,
    /// In words.
    pub text: String,
    /// When it is over, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

impl Shown {
    pub(super) fn new(account: &account::Account, way_in: &WayIn, now: Timestamp) -> Self {
        let reason = |reason: &operator::Reason| Reason {
            code: reason.code().to_owned(),
            text: reason.text(now),
            until: reason.until().map(|until| until.to_string()),
        };
        Self {
            account: Account::of(account),
            last_signed_in_at: way_in.last_sign_in.map(|(at, _)| at.to_string()),
            reasons: way_in.reasons.iter().map(reason).collect(),
            sentences: way_in.sentences(now),
        }
    }
}

/// An account after an action on it.
#[derive(Serialize, Deserialize)]
pub struct Treated {
    /// The account as it is now or, if it was deleted, as it was.
    pub account: Account,
    /// Whether the action changed anything.
    pub changed: bool,
    /// How many live sessions it ended.
    pub ended_sessions: usize,
    /// Whether no administrator is left because of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leaves_no_admin: bool,
}

impl Treated {
    pub(super) fn of(treated: &operator::Treated) -> Self {
        let operator::Treated { account, changed, ended_sessions, leaves_no_admin } = treated;
        Self {
            account: Account::of(account),
            changed: *changed,
            ended_sessions: *ended_sessions,
            leaves_no_admin: *leaves_no_admin,
        }
    }
}

/// A key for a program, as the API shows it.
#[derive(Serialize, Deserialize)]
pub struct AppKey {
    /// Permanent identifier.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// The host of the app that it opens.
    pub app: String,
    /// When it was made.
    pub created_at: String,
    /// When it was used last.
    pub last_used_at: Option<String>,
    /// The client address of that use.
    pub last_ip: Option<String>,
    /// When it ends.
    pub expires_at: Option<String>,
}

impl AppKey {
    pub(super) fn of(key: &app_key::AppKey) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name.to_string(),
            app: key.host.clone(),
            created_at: key.made_at.to_string(),
            last_used_at: key.last_use.map(|last| last.at.to_string()),
            last_ip: key.last_use.map(|last| last.ip.to_string()),
            expires_at: key.expires_at.map(|end| end.to_string()),
        }
    }
}

/// A sign-in link that is not sent by email.
#[derive(Serialize, Deserialize)]
pub struct Link {
    /// The account it signs in to.
    pub account: Account,
    /// The full link.
    pub link: String,
    /// When it expires.
    pub expires_at: String,
}

/// A sign-in link that only its email contains.
#[derive(Serialize, Deserialize)]
pub struct Emailed {
    /// The account it signs in to.
    pub account: Account,
    /// When it expires.
    pub expires_at: String,
}
