//! Who an address belongs to, and whether that makes a request void.

use std::time::Duration;

use super::{Found, misplaced};
use crate::domain::error::Error;
use crate::domain::ports::{Change, StoreError};
use crate::domain::record::account::{Account, PendingChange};
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::{AccountId, Nonce};
use crate::domain::record::key::Key;
use crate::domain::record::owner::Owner;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::{AskingAccount, BoundTo, Generation, Request};
use crate::domain::record::time::Timestamp;
use crate::domain::{Gatepost, MAX_ATTEMPTS};

/// Who stands behind an address, and the account that asks for something about it, where one does.
pub(in crate::domain) struct Ownership {
    owner: Found<Owner>,
    account: Found<Account>,
    asker: Option<Found<Account>>,
}

impl Ownership {
    pub(in crate::domain) fn account(&self) -> Option<&Account> {
        self.account.value.as_ref()
    }

    pub(in crate::domain) fn asker(&self) -> Option<&Account> {
        self.asker.as_ref().and_then(|asker| asker.value.as_ref())
    }

    /// The account the address is held for, and by which undo.
    pub(in crate::domain) fn reserved_for(&self) -> Option<(AccountId, Nonce)> {
        match self.owner.value {
            Some(Owner::Held { by, undo, .. }) => Some((by, undo)),
            _ => None,
        }
    }

    /// When the last account left the address, where that is not long ago.
    pub(in crate::domain) fn vacated_at(&self) -> Option<Timestamp> {
        match self.owner.value {
            Some(Owner::Vacated { at }) => Some(at),
            _ => None,
        }
    }

    /// Whether nobody has the address, or a right to it.
    pub(in crate::domain) fn is_free(&self) -> bool {
        !matches!(self.owner.value, Some(Owner::Account(_) | Owner::Held { .. }))
    }

    /// Makes `change` hold only while the same one stands there, unchanged.
    pub(in crate::domain) fn expected_by(&self, change: &mut Change) {
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
    /// Who stands behind an address.
    pub(in crate::domain) async fn ownership(&self, address: &EmailAddress) -> Result<Ownership, Error> {
        self.ownership_with(address, None).await
    }

    /// The same for a request: with the account that asked, where only an account can.
    pub(in crate::domain) async fn ownership_for(&self, request: &Request) -> Result<Ownership, Error> {
        self.ownership_with(&request.address, request.asker.map(|asker| asker.id)).await
    }

    /// All of it as of one moment: an account that is deleted, or leaves the address, between the two
    /// reads would be half there. Known and unknown addresses take the same two reads, or the time would
    /// tell them apart.
    async fn ownership_with(
        &self,
        address: &EmailAddress,
        asker: Option<AccountId>,
    ) -> Result<Ownership, Error> {
        let mut seen: Found<Owner> = self.find(Key::owner(&address.canonical())).await?;
        for _ in 0..MAX_ATTEMPTS {
            let id = match seen.value {
                Some(Owner::Account(id)) => Some(id),
                _ => None,
            };
            let account = Key::account(id.unwrap_or(AccountId::NO_ONE));
            let keys = [seen.key.clone(), account, Key::account(asker.unwrap_or(AccountId::NO_ONE))];
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
            return Ok(Ownership { owner, account, asker: asker.map(|_| asking) });
        }
        Err(StoreError::Busy.into())
    }
}

impl Request {
    /// Whether link and code lost their power because who stood behind the address no longer does,
    /// or because a request that was asked for later has been used.
    pub(in crate::domain) fn is_void(&self, nonce: Nonce, ownership: &Ownership) -> bool {
        let asked_at = self.generation.asked_at;
        let is_stale = match (self.generation.bound_to, ownership.account()) {
            (BoundTo::NoOne, None) => ownership.vacated_at().is_some_and(|at| asked_at <= at),
            (BoundTo::Account { id, epoch }, Some(account)) => {
                account.id != id
                    || account.epoch != epoch
                    || account.disabled
                    || (self.purpose.signs_in() && asked_at < account.sign_in_used)
            }
            _ => true,
        };
        is_stale || self.asker.is_some_and(|asker| self.is_void_for_asker(nonce, &asker, ownership))
    }

    /// Whether the account that asked has changed since, or has asked for another change.
    pub(in crate::domain) fn is_void_for_asker(
        &self,
        nonce: Nonce,
        asker: &AskingAccount,
        ownership: &Ownership,
    ) -> bool {
        ownership.asker().is_none_or(|account| {
            let is_its = |change: &PendingChange| change.nonce == nonce;
            account.id != asker.id
                || account.epoch != asker.epoch
                || account.disabled
                || (self.purpose == Purpose::ChangeEmail
                    && !account.pending_change.as_ref().is_some_and(is_its))
        })
    }
}

impl Generation {
    /// A generation that was just asked for; its first letter is owed.
    pub(in crate::domain) fn new(number: u8, now: Timestamp, ownership: &Ownership) -> Self {
        let Some(account) = ownership.account() else {
            // What was left while the clock was ahead must not make this one void at birth.
            let left = ownership.vacated_at().map(|at| at.plus(Duration::from_millis(1)));
            let asked_at = now.max(left.unwrap_or_default());
            return Self {
                number,
                asked_at,
                bound_to: BoundTo::NoOne,
                queued: 1,
                live_until: Timestamp::default(),
                used: None,
            };
        };
        Self::of(number, now, account)
    }

    /// The same for an account.
    pub(in crate::domain) fn of(number: u8, now: Timestamp, account: &Account) -> Self {
        // Nor what was used meanwhile.
        let asked_at = now.max(account.sign_in_used);
        let bound_to = BoundTo::Account { id: account.id, epoch: account.epoch };
        Self { number, asked_at, bound_to, queued: 1, live_until: Timestamp::default(), used: None }
    }
}
