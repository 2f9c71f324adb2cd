//! Importing accounts from elsewhere.
//!
//! They are imported in steps of one commit each, so that people who sign in meanwhile don't wait long.
//! An existing account stays as it is, so the same rows can be imported again, for example after a
//! crash.

use std::collections::BTreeSet;
use std::ops::AddAssign;

use crate::domain::error::Error;
use crate::domain::operator::Role;
use crate::domain::owner::put_owner;
use crate::domain::ports::Change;
use crate::domain::read::Found;
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::address::{CanonicalAddress, EmailAddress};
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::Key;
use crate::domain::record::owner::Owner;
use crate::domain::record::password::PasswordHash;
use crate::domain::record::time::Timestamp;
use crate::domain::{Decision, Gatepost};

/// The most accounts in one step. Each takes at most six writes: its address, its record, and two events
/// with two keys each.
pub const IMPORT_STEP: usize = Change::MAX_WRITES / 6;

/// An account to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    /// Its address, which was confirmed elsewhere.
    pub address: EmailAddress,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// When its mailbox was proven.
    pub confirmed_at: Timestamp,
    /// Its role.
    pub role: Role,
    /// Whether sign-in is blocked.
    pub disabled: bool,
    /// Its password. At the first sign-in with it, it is hashed like all others; its salt is kept.
    pub password: Option<PasswordHash>,
}

/// The result of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Imported {
    /// Accounts that were created.
    pub added: usize,
    /// Skipped addresses that already have an account.
    pub known: usize,
    /// Skipped addresses that are reserved for an account that changed its address.
    pub held: usize,
}

impl Imported {
    /// The number of rows.
    #[must_use]
    pub fn rows(self) -> usize {
        self.added + self.known + self.held
    }
}

impl AddAssign for Imported {
    fn add_assign(&mut self, more: Self) {
        self.added += more.added;
        self.known += more.known;
        self.held += more.held;
    }
}

impl Gatepost {
    /// Creates the accounts of one step, at most [`IMPORT_STEP`], in one commit. Each gets its own event,
    /// so that the history of every account shows how it began. The caller writes the log.
    ///
    /// # Errors
    /// `Store`.
    pub async fn import_accounts(&self, rows: &[NewAccount], client: &Client) -> Result<Imported, Error> {
        self.decide_and_commit(client, || async {
            let addresses: Vec<CanonicalAddress> = rows.iter().map(|row| row.address.canonical()).collect();
            let owners: Vec<Found<Owner>> = self.find_all(addresses.iter().map(Key::owner).collect()).await?;
            let now = self.world.now();
            let mut change = Change::new();
            let (mut added, mut held) = (BTreeSet::new(), 0);
            for ((row, address), owner) in rows.iter().zip(&addresses).zip(owners) {
                let owner = owner.filter(|owner| !owner.is_over(self.earliest_now()));
                let is_free = matches!(owner.value, None | Some(Owner::Vacated { .. }));
                held += usize::from(matches!(owner.value, Some(Owner::Held { .. })));
                if !is_free || !added.insert(address) {
                    continue;
                }
                owner.expected_by(&mut change);
                let account = self.put_account(&mut change, row, client);
                let event = Event::new(now, EventName::AccountAdded, Some(account.id), client);
                self.put_event(&mut change, &event);
            }
            let imported = Imported { added: added.len(), known: rows.len() - added.len() - held, held };
            if added.is_empty() {
                return Ok(Decision::Answer(imported));
            }
            Ok(Decision::Commit { change, event: None, answer: Ok(imported) })
        })
        .await
    }

    /// Adds a new account to a change that expects its address to be free.
    pub(in crate::domain) fn put_account(
        &self,
        change: &mut Change,
        new: &NewAccount,
        client: &Client,
    ) -> Account {
        let address = new.address.canonical();
        let salt = match &new.password {
            Some(hash) => hash.recipe.salt.clone(),
            None => self.salts.salt(&address),
        };
        let account = Account {
            id: AccountId(self.world.random()),
            address: new.address.clone(),
            registered_at: new.registered_at,
            confirmed_at: new.confirmed_at,
            admin: new.role == Role::Admin,
            disabled: new.disabled,
            salt,
            password: new.password.clone(),
            pending_change: None,
            undos: Vec::new(),
            epoch: 0,
            sign_in_used: Timestamp::default(),
        };
        put_owner(change, Key::owner(&address), Owner::Account(account.id));
        change.put(Key::account(account.id), Record::Account(account.clone()));
        // Only events of this name show who has admin rights, and since when.
        if account.admin {
            let event = Event::new(self.world.now(), EventName::AdminGranted, Some(account.id), client);
            self.put_event(change, &event);
        }
        account
    }
}
