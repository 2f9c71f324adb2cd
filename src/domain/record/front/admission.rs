//! The whole rule of one app: who may open it, how recent their sign-in has to be, and which groups it is given.

use std::sync::Arc;
use std::time::Duration;

use super::allow::Allow;
use super::groups::Groups;
use crate::domain::record::account::Account;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::session::Session;
use crate::domain::record::time::Timestamp;

/// Who may open an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// One matching entry is enough.
    pub allow: Vec<Allow>,
    /// Which groups of a person the app is given.
    pub given: Given,
    /// How old the last proof of who the person is may be; no limit without it.
    pub max_age: Option<Duration>,
    /// All groups.
    pub groups: Arc<Groups>,
}

/// Which groups of a person an app is given: only what it needs, or it would learn all groups of everyone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// All of them.
    All,
    /// Those among these.
    Named(Vec<String>),
}

impl Admission {
    /// The entry that lets in an account with this address, if one does.
    #[must_use]
    pub fn entry(&self, address: &EmailAddress, is_admin: bool) -> Option<&Allow> {
        self.allow.iter().find(|allow| allow.admits(address, is_admin, &self.groups))
    }

    /// Whether an account may open the app.
    #[must_use]
    pub fn admits(&self, account: &Account) -> bool {
        self.entry(&account.address, account.admin).is_some()
    }

    /// Whether a session was proven so long ago that the app needs a new proof. A proof from the future is not
    /// recent, or a clock that was ahead once would make a sign-in count for the whole difference.
    #[must_use]
    pub fn is_over(&self, session: &Session, now: Timestamp) -> bool {
        self.max_age.is_some_and(|max_age| !session.proven_at.is_within(max_age, now))
    }

    /// The groups of an account that the app is given, separated by commas.
    #[must_use]
    pub fn groups_of(&self, account: &Account) -> String {
        let address = account.address.canonical();
        let is_given = |name: &&str| match &self.given {
            Given::All => true,
            Given::Named(names) => names.iter().any(|given| given == name),
        };
        let own = self.groups.names().filter(is_given).filter(|name| self.groups.has(name, &address));
        own.collect::<Vec<_>>().join(",")
    }
}
