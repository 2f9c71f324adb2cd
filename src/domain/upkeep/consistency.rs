//! Whether the records of a store fit together. The engine proves that no byte was lost; this finds what no action
//! could have left: an account without its address, a session of no one.

use std::sync::Arc;

use crate::domain::ports::{Store, StoreError, Versioned};
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::admins::Admins;
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::owner::Owner;

/// How many records are looked at in one step.
const PAGE: usize = 200;
/// How many misfits are described. The others are only counted.
const DESCRIBED: usize = 20;

/// Records that do not fit.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Misfits {
    /// How many there are.
    pub count: u64,
    /// The first of them, each in a sentence that names it.
    pub first: Vec<String>,
}

/// A look at all records, step by step, while the store may be in use.
pub struct Consistency {
    rest: Option<Span>,
    done: u64,
    misfits: Misfits,
}

impl Default for Consistency {
    fn default() -> Self {
        Self { rest: Some(Span::records()), done: 0, misfits: Misfits::default() }
    }
}

impl Consistency {
    /// Looks at the next records. Returns what does not fit once it has seen all.
    ///
    /// # Errors
    /// `Store`.
    pub async fn step(&mut self, store: &dyn Store) -> Result<Option<Misfits>, StoreError> {
        let Some(rest) = self.rest.take() else { return Ok(Some(std::mem::take(&mut self.misfits))) };
        let page = store.scan(&rest, PAGE).await?;
        self.done += page.len() as u64;
        if let Some((last, _)) = page.last().filter(|_| page.len() == PAGE) {
            self.rest = Some(rest.after(last));
        }
        let needy = page.into_iter().filter_map(|(key, reading)| {
            // One that cannot be read is counted elsewhere.
            let Versioned { record, .. } = reading.ok()?;
            Some((needs_of(&key, &record)?, key))
        });
        let needy: Vec<(Needs, Key)> = needy.collect();
        for ((needs, key), found) in needy.iter().zip(found_for(store, &needy).await?) {
            if let Some(misfit) = misfit(key, needs, &found) {
                self.misfits.count += 1;
                if self.misfits.first.len() < DESCRIBED {
                    self.misfits.first.push(misfit);
                }
            }
        }
        Ok(None)
    }

    /// How many records it has seen.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done
    }
}

/// What must be there beside a record.
enum Needs {
    /// The address of the account belongs to it, and an enabled administrator is known as one.
    Address(Arc<Account>),
    /// The account exists, and this is its address.
    Account(AccountId, Key),
    /// The account exists.
    Someone(AccountId),
    /// The account exists, or was deleted and has records left to remove.
    SomeoneOnce(AccountId),
    /// The accounts are those of enabled administrators.
    Admins(Vec<AccountId>),
}

fn needs_of(key: &Key, record: &Record) -> Option<Needs> {
    match record {
        Record::Account(account) => Some(Needs::Address(Arc::clone(account))),
        Record::Owner(Owner::Account(id)) => Some(Needs::Account(*id, key.clone())),
        Record::Owner(Owner::Held { by, .. }) => Some(Needs::Someone(*by)),
        Record::Undo(id) => Some(Needs::Someone(*id)),
        Record::Session(session) => Some(Needs::SomeoneOnce(session.account)),
        Record::NewDevice(device) => Some(Needs::SomeoneOnce(device.account)),
        Record::Admins(admins) => Some(Needs::Admins(admins.ids().collect())),
        _ => key.listed_under().map(Needs::SomeoneOnce),
    }
}

impl Needs {
    /// The keys that say whether it is there.
    fn keys(&self) -> Vec<Key> {
        match self {
            Self::Address(account) => vec![Key::owner(&account.address.canonical()), Key::admins()],
            Self::Admins(ids) => ids.iter().copied().map(Key::account).collect(),
            Self::Account(id, _) | Self::Someone(id) => vec![Key::account(*id)],
            Self::SomeoneOnce(id) => vec![Key::account(*id), Key::remains(*id)],
        }
    }
}

/// Each of these records and what it needs, as of one moment, in one question: an engine may be far away. Nothing for one of
/// which something cannot be read.
async fn found_for(
    store: &dyn Store,
    needy: &[(Needs, Key)],
) -> Result<Vec<Vec<Option<Versioned>>>, StoreError> {
    let keys = |(needs, key): &(Needs, Key)| std::iter::once(key.clone()).chain(needs.keys()).collect();
    let wanted: Vec<Vec<Key>> = needy.iter().map(keys).collect();
    match store.get(&wanted.concat()).await {
        Ok(found) => {
            let mut found = found.into_iter();
            return Ok(wanted.iter().map(|keys| found.by_ref().take(keys.len()).collect()).collect());
        }
        Err(StoreError::Unreadable(_)) => {}
        Err(error) => return Err(error),
    }
    let mut all = Vec::new();
    for keys in wanted {
        all.push(match store.get(&keys).await {
            Err(StoreError::Unreadable(_)) => Vec::new(),
            found => found?,
        });
    }
    Ok(all)
}

/// Whether an enabled administrator should be in the record and is not.
fn lacks(admins: &Admins, id: AccountId) -> bool {
    admins.is_whole() && !admins.has(id) && admins.count() < Admins::MOST_KEPT
}

/// Why a record does not fit to what it needs. It may have changed or gone since it was found: then it is not looked at
/// again, since no action leaves a misfit.
fn misfit(key: &Key, needs: &Needs, found: &[Option<Versioned>]) -> Option<String> {
    let record_at = |index: usize| found.get(index).and_then(Option::as_ref).map(|found| &found.record);
    let now = record_at(0).and_then(|now| needs_of(key, now));
    let needs = now.filter(|now| now.keys() == needs.keys())?;
    match (&needs, record_at(1)) {
        (Needs::Address(account), owner) => {
            let is_owner = matches!(owner, Some(Record::Owner(Owner::Account(id))) if *id == account.id);
            if !is_owner {
                return Some(format!("{key:?}: the address of this account does not lead to it"));
            }
            let Some(Record::Admins(admins)) = record_at(2) else { return None };
            let is_missing = account.is_enabled_admin() && lacks(admins, account.id);
            is_missing.then(|| {
                format!(
                    "{:?}: account {}, an enabled administrator, is missing here",
                    Key::admins(),
                    account.id
                )
            })
        }
        (Needs::Admins(ids), _) => {
            let is_one = |index: usize| matches!(record_at(index + 1), Some(Record::Account(account)) if account.is_enabled_admin());
            let wrong = ids.iter().enumerate().find(|(index, _)| !is_one(*index));
            wrong.map(|(_, id)| format!("{key:?}: account {id} is here, but is not an enabled administrator"))
        }
        (Needs::Account(id, address), Some(Record::Account(account))) => {
            (Key::owner(&account.address.canonical()) != *address)
                .then(|| format!("{key:?}: this address leads to account {id}, which has another address"))
        }
        (Needs::SomeoneOnce(_), None) if record_at(2).is_some() => None,
        (_, Some(Record::Account(_))) => None,
        (Needs::Account(id, _), _) => {
            Some(format!("{key:?}: this address leads to account {id}, which is missing"))
        }
        (Needs::Someone(id) | Needs::SomeoneOnce(id), _) => {
            Some(format!("{key:?}: this belongs to account {id}, which is missing"))
        }
    }
}
