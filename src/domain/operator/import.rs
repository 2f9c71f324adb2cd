//! Taking over accounts that lived elsewhere.
//!
//! They come in steps of one commit each, so that nobody who signs in meanwhile waits for long. One
//! that is there already stays as it is: the same rows may come again, after a crash say.

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
use crate::domain::record::pending::Pending;
use crate::domain::record::time::Timestamp;
use crate::domain::{Decision, Gatepost};

/// Most accounts of one step. Each takes seven writes at most: its address, its record, two events, each
/// twice, and the registrations that waited under the address.
pub const IMPORT_STEP: usize = Change::MAX_WRITES / 7;

/// An account that lived elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    /// Its address, which was proven there.
    pub address: EmailAddress,
    /// When the address was typed.
    pub registered_at: Timestamp,
    /// When the mailbox was proven.
    pub confirmed_at: Timestamp,
    /// What it may do.
    pub role: Role,
    /// Whether it is shut.
    pub disabled: bool,
    /// Its password. At the first sign-in with it, it is hashed as all others are; its salt stays.
    pub password: Option<PasswordHash>,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Imported {
    /// Accounts that were made.
    pub added: usize,
    /// Addresses that have an account already, which stays as it is.
    pub known: usize,
    /// Addresses that are held for an account which may have them back: not taken over.
    pub held: usize,
}

impl Imported {
    /// All rows that it speaks of.
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
    /// Makes the accounts of one step, [`IMPORT_STEP`] at most, in one commit. Each gets an event of its
    /// own, so that the history of every account says where it began; the log is told by who calls.
    ///
    /// # Errors
    /// `Store`.
    pub async fn import_accounts(&self, rows: &[NewAccount], client: &Client) -> Result<Imported, Error> {
        self.act(client, || async {
            let addresses: Vec<CanonicalAddress> = rows.iter().map(|row| row.address.canonical()).collect();
            let owners: Vec<Found<Owner>> = self.find_all(addresses.iter().map(Key::owner).collect()).await?;
            let waiting: Vec<Found<Pending>> =
                self.find_all(addresses.iter().map(Key::pending).collect()).await?;
            let now = self.world.now();
            let mut change = Change::new();
            let (mut added, mut held) = (BTreeSet::new(), 0);
            for (((row, address), owner), waiting) in rows.iter().zip(&addresses).zip(owners).zip(waiting) {
                let owner = owner.filter(|owner| !owner.is_over(now));
                let is_free = matches!(owner.value, None | Some(Owner::Vacated { .. }));
                held += usize::from(matches!(owner.value, Some(Owner::Held { .. })));
                if !is_free || !added.insert(address) {
                    continue;
                }
                owner.expected_by(&mut change);
                waiting.expected_by(&mut change);
                if waiting.value.is_some() {
                    change.delete(waiting.key);
                }
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

    /// Puts a new account into a change that expects its address to be free.
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
        // Who is an admin, and since when, is told by events of this name alone.
        if account.admin {
            let event = Event::new(self.world.now(), EventName::AdminGranted, Some(account.id), client);
            self.put_event(change, &event);
        }
        account
    }
}
