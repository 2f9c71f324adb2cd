//! Reading records in their types.

use super::account::Account;
use super::address::EmailAddress;
use super::error::Error;
use super::event::Event;
use super::ids::{AccountId, Nonce};
use super::key::Key;
use super::letter::Letter;
use super::owner::Owner;
use super::ports::{Change, Record, StoreError, Version, Versioned};
use super::registration::Pending;
use super::request::Request;
use super::session::Session;
use super::time::Timestamp;
use super::{Gatepost, MAX_ATTEMPTS};

/// What stands under a key, or that nothing does.
#[derive(Clone, Debug)]
pub(super) struct Found<T> {
    pub(super) key: Key,
    pub(super) value: Option<T>,
    version: Option<Version>,
}

impl<T: Stored> Found<T> {
    fn new(key: Key, versioned: Option<Versioned>) -> Result<Self, Error> {
        let version = versioned.as_ref().map(|found| found.version);
        let value = match versioned {
            Some(found) => Some(T::from_record(found.record).ok_or_else(|| misplaced(&key))?),
            None => None,
        };
        Ok(Self { key, value, version })
    }

    /// Makes `change` hold only while this is still so.
    pub(super) fn expected_by(&self, change: &mut Change) {
        change.expect(self.key.clone(), self.version);
    }

    /// The same, with the value as something makes of it.
    fn map(self, of: impl FnOnce(T) -> T) -> Self {
        Self { value: self.value.map(of), ..self }
    }

    /// The same, but nothing where the value is not what is looked for.
    pub(super) fn filter(self, is_it: impl FnOnce(&T) -> bool) -> Self {
        Self { value: self.value.filter(is_it), ..self }
    }
}

/// A kind of record that stands alone under its key.
pub(super) trait Stored: Sized {
    fn from_record(record: Record) -> Option<Self>;
}

macro_rules! stored {
    ($($kind:ty: $variant:ident),+) => {$(
        impl Stored for $kind {
            fn from_record(record: Record) -> Option<Self> {
                match record {
                    Record::$variant(value) => Some(value),
                    _ => None,
                }
            }
        }
    )+};
}

stored!(
    Account: Account, Owner: Owner, Pending: Pending, Request: Request, Session: Session, Letter: Letter,
    AccountId: Undo, Event: Event
);

/// Who stands behind an address, and the account that asks for something about it, where one does.
pub(super) struct Standing {
    owner: Found<Owner>,
    account: Found<Account>,
    asker: Option<Found<Account>>,
}

impl Standing {
    pub(super) fn account(&self) -> Option<&Account> {
        self.account.value.as_ref()
    }

    pub(super) fn asker(&self) -> Option<&Account> {
        self.asker.as_ref().and_then(|asker| asker.value.as_ref())
    }

    /// The account the address is held for, and by which undo.
    pub(super) fn held_for(&self) -> Option<(AccountId, Nonce)> {
        match self.owner.value {
            Some(Owner::Held { by, undo, .. }) => Some((by, undo)),
            _ => None,
        }
    }

    /// When the last account left the address, where that is not long ago.
    pub(super) fn vacated_at(&self) -> Option<Timestamp> {
        match self.owner.value {
            Some(Owner::Vacated { at }) => Some(at),
            _ => None,
        }
    }

    /// Whether nobody has the address, or a right to it.
    pub(super) fn is_free(&self) -> bool {
        !matches!(self.owner.value, Some(Owner::Account(_) | Owner::Held { .. }))
    }

    /// Makes `change` hold only while the same one stands there, unchanged.
    pub(super) fn expected_by(&self, change: &mut Change) {
        self.owner.expected_by(change);
        // Where there is none, that of nobody: as much to be looked up for every address.
        self.account.expected_by(change);
        if let Some(asker) = &self.asker
            && asker.key != self.account.key
        {
            asker.expected_by(change);
        }
    }
}

impl Gatepost {
    pub(super) async fn find<T: Stored>(&self, key: Key) -> Result<Found<T>, Error> {
        let found = self.store.get(std::slice::from_ref(&key)).await?.pop().flatten();
        Found::new(key, found)
    }

    /// Records of one kind as of one moment, in the order asked.
    pub(super) async fn find_all<T: Stored>(&self, keys: Vec<Key>) -> Result<Vec<Found<T>>, Error> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.store.get(&keys).await?;
        keys.into_iter().zip(found).map(|(key, found)| Found::new(key, found)).collect()
    }

    /// Two records as of one moment.
    pub(super) async fn find_both<A: Stored, B: Stored>(
        &self,
        first: Key,
        second: Key,
    ) -> Result<(Found<A>, Found<B>), Error> {
        let keys = [first, second];
        let mut found = self.store.get(&keys).await?.into_iter();
        let [first, second] = keys;
        Ok((Found::new(first, found.next().flatten())?, Found::new(second, found.next().flatten())?))
    }

    /// Who stands behind an address.
    pub(super) async fn standing(&self, address: &EmailAddress) -> Result<Standing, Error> {
        self.standing_with(address, None).await
    }

    /// The same for a request: with the account that asked, where only an account can.
    pub(super) async fn standing_of(&self, request: &Request) -> Result<Standing, Error> {
        self.standing_with(&request.address, request.asker.map(|asker| asker.id)).await
    }

    /// All of it as of one moment: an account that is deleted, or leaves the address, between the two
    /// reads would be half there. Known and unknown addresses take the same two reads, or the time would
    /// tell them apart.
    async fn standing_with(
        &self,
        address: &EmailAddress,
        asker: Option<AccountId>,
    ) -> Result<Standing, Error> {
        let mut seen: Found<Owner> = self.find(Key::owner(&address.canonical())).await?;
        for _ in 0..MAX_ATTEMPTS {
            let id = match seen.value {
                Some(Owner::Account(id)) => Some(id),
                _ => None,
            };
            let account = Key::account(id.unwrap_or(AccountId::NOBODY));
            let keys = [seen.key.clone(), account, Key::account(asker.unwrap_or(AccountId::NOBODY))];
            let mut found = self.store.get(&keys).await?.into_iter();
            let [owner, account, asking] = keys;
            let owner: Found<Owner> = Found::new(owner, found.next().flatten())?;
            let account: Found<Account> = Found::new(account, found.next().flatten())?;
            let asking: Found<Account> = Found::new(asking, found.next().flatten())?;
            if owner.version != seen.version {
                seen = owner;
                continue;
            }
            if id.is_some() && account.value.is_none() {
                return Err(misplaced(&account.key));
            }
            let now = self.world.now();
            let owner = owner.filter(|owner| !owner.is_over(now));
            let as_of_now = |found: Found<Account>| found.map(|account| account.at(now));
            let (account, asking) = (as_of_now(account), as_of_now(asking));
            return Ok(Standing { owner, account, asker: asker.map(|_| asking) });
        }
        Err(StoreError::Busy.into())
    }
}

fn misplaced(key: &Key) -> Error {
    StoreError::Damaged(format!("the record under {key:?} is missing or of another kind")).into()
}
