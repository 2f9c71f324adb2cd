//! Importing accounts from elsewhere.
//!
//! They are imported in steps of one commit each, so that people who sign in meanwhile don't wait long.
//! An existing account stays as it is, so the same rows can be imported again, for example after a
//! crash. The last step writes the one event of the import, about all steps since the last event.

use std::collections::BTreeSet;
use std::ops::AddAssign;

use crate::domain::error::Error;
use crate::domain::mailed::put_owner;
use crate::domain::operator::Role;
use crate::domain::password::ForeignHash;
use crate::domain::ports::Change;
use crate::domain::read::Found;
use crate::domain::record::Record;
use crate::domain::record::account::{Account, DeviceEmails};
use crate::domain::record::address::{CanonicalAddress, EmailAddress};
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::Key;
use crate::domain::record::owner::Owner;
use crate::domain::record::throttle::Throttle;
use crate::domain::record::time::Timestamp;
use crate::domain::record::unfinished_import::UnfinishedImport;
use crate::domain::{Decision, Gatepost};

/// The most accounts in one step. Each takes two writes: its address and its record. Four more are for all of
/// them together: the workload, the administrators, the event, and what the steps have added so far.
pub const IMPORT_STEP: usize = (Change::MAX_WRITES - 4) / 2;

/// Where in its import a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportStep {
    /// More steps follow.
    Earlier,
    /// No more steps follow.
    Last,
}

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
    pub password: Option<ForeignHash>,
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
    /// Skipped rows whose address was never confirmed.
    pub unconfirmed: usize,
    /// Of the accounts that were created, those whose password hash is cheap to guess.
    pub cheap: usize,
}

impl Imported {
    /// The number of rows.
    #[must_use]
    pub fn rows(self) -> usize {
        self.added + self.known + self.held + self.unconfirmed
    }
}

impl AddAssign for Imported {
    fn add_assign(&mut self, more: Self) {
        self.added += more.added;
        self.known += more.known;
        self.held += more.held;
        self.unconfirmed += more.unconfirmed;
        self.cheap += more.cheap;
    }
}

impl Gatepost {
    /// Creates the accounts of one step, at most [`IMPORT_STEP`], in one commit.
    ///
    /// # Errors
    /// `TooManyAdmins`; `Store`.
    pub async fn import_accounts(
        &self,
        rows: &[NewAccount],
        step: ImportStep,
        client: &Client,
    ) -> Result<Imported, Error> {
        self.decide_and_commit(client, || async {
            let addresses: Vec<CanonicalAddress> = rows.iter().map(|row| row.address.canonical()).collect();
            let owners: Vec<Found<Owner>> = self.find_all(addresses.iter().map(Key::owner).collect()).await?;
            let mut change = Change::new();
            let (mut added, mut held, mut cheap) = (BTreeSet::new(), 0, 0);
            let mut accounts = Vec::new();
            for ((row, address), owner) in rows.iter().zip(&addresses).zip(owners) {
                let owner = owner.filter(|owner| !owner.is_over(self.earliest_now()));
                let is_free = matches!(owner.value, None | Some(Owner::Vacated { .. }));
                held += usize::from(matches!(owner.value, Some(Owner::Held { .. })));
                // A row that is skipped expects this too: the account may be deleted in the meantime.
                owner.expected_by(&mut change);
                if !is_free || !added.insert(address) {
                    continue;
                }
                let account = self.put_account(&mut change, row);
                cheap += usize::from(row.password.as_ref().is_some_and(ForeignHash::is_cheap));
                accounts.push(account);
            }
            self.put_imported_workload(&mut change, &accounts).await?;
            let admins = accounts.iter().filter(|account| account.is_enabled_admin());
            let admins: Vec<AccountId> = admins.map(|account| account.id).collect();
            self.put_new_admins(&mut change, &admins).await?;
            let known = rows.len() - added.len() - held;
            let imported = Imported { added: added.len(), known, held, unconfirmed: 0, cheap };
            let event = self.put_import_progress(&mut change, &accounts, step, client).await?;
            if added.is_empty() && event.is_none() {
                return Ok(Decision::Answer(imported));
            }
            Ok(Decision::Commit { change, event, answer: Ok(imported) })
        })
        .await
    }

    /// Adds to a change what its step adds to the import and, if it is the last one, returns the event. An
    /// import that was interrupted and continues has its one event all the same.
    async fn put_import_progress(
        &self,
        change: &mut Change,
        accounts: &[Account],
        step: ImportStep,
        client: &Client,
    ) -> Result<Option<Event>, Error> {
        let found: Found<UnfinishedImport> = self.find(Key::unfinished_import()).await?;
        found.expected_by(change);
        let before = found.value.unwrap_or_default();
        let admins = accounts.iter().filter(|account| account.admin).count();
        let (accounts, admins) = (before.accounts + accounts.len() as u64, before.admins + admins as u64);
        let so_far = UnfinishedImport { accounts, admins };
        if step == ImportStep::Earlier {
            if so_far != before {
                // Caused by the operator. There is at most one, and the last step removes it.
                change.put(found.key, Record::UnfinishedImport(so_far));
            }
            return Ok(None);
        }
        if found.value.is_some() {
            change.delete(found.key);
        }
        let name = EventName::AccountsImported { accounts, admins };
        Ok((accounts > 0).then(|| Event::new(self.world.now(), name, None, client)))
    }

    /// Adds a new account to a change that expects its address to be free.
    pub(in crate::domain) fn put_account(&self, change: &mut Change, new: &NewAccount) -> Account {
        let address = new.address.canonical();
        let salt = match &new.password {
            Some(hash) => hash.salt().clone(),
            None => self.lasting.salts.salt(&address),
        };
        let (key, pepper) = self.ring.newest_pepper();
        let account = Account {
            id: AccountId(self.world.random()),
            address: new.address.clone(),
            registered_at: new.registered_at,
            confirmed_at: new.confirmed_at,
            admin: new.role == Role::Admin,
            disabled: new.disabled,
            salt,
            password: new.password.as_ref().map(|hash| hash.wrap(key, &pepper)),
            pending_change: None,
            undos: Vec::new(),
            epoch: 0,
            sign_in_used: Timestamp::default(),
            device_emails: DeviceEmails::default(),
            changes: Throttle::default(),
        };
        put_owner(change, Key::owner(&address), Owner::Account(account.id));
        change.put(Key::account(account.id), Record::from(account.clone()));
        account
    }
}
