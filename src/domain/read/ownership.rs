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
use crate::domain::record::request::{BoundTo, Generation, Request, RequestingAccount};
use crate::domain::record::store_generation::StoreGeneration;
use crate::domain::record::time::Timestamp;
use crate::domain::{Gatepost, MAX_ATTEMPTS};

/// Who an address belongs to. For a request that only an account can make, also that account.
pub(in crate::domain) struct Ownership {
    owner: Found<Owner>,
    account: Found<Account>,
    requester: Option<Found<Account>>,
    /// The generation of the store they were read from.
    store: StoreGeneration,
}

impl Ownership {
    pub(in crate::domain) fn account(&self) -> Option<&Account> {
        self.account.value.as_ref()
    }

    pub(in crate::domain) fn requester(&self) -> Option<&Account> {
        self.requester.as_ref().and_then(|requester| requester.value.as_ref())
    }

    /// The account the address is reserved for, and the undo that reserves it.
    pub(in crate::domain) fn reserved_for(&self) -> Option<(AccountId, Nonce)> {
        match self.owner.value {
            Some(Owner::Held { by, undo, .. }) => Some((by, undo)),
            _ => None,
        }
    }

    /// When the last account left the address, if that was recently.
    pub(in crate::domain) fn left_at(&self) -> Option<Timestamp> {
        self.owner.value.and_then(Owner::left_at)
    }

    /// Whether the address belongs to no one and is reserved for no one.
    pub(in crate::domain) fn is_free(&self) -> bool {
        !matches!(self.owner.value, Some(Owner::Account(_) | Owner::Held { .. }))
    }

    /// The same once this account is written, in a change that expects it as it is now.
    pub(in crate::domain) fn once_written(self, account: &Account) -> Self {
        let written = |it: Account| if it.id == account.id { account.clone() } else { it };
        Self { account: self.account.map(written), ..self }
    }

    /// Makes `change` depend on all of this being unchanged.
    pub(in crate::domain) fn expected_by(&self, change: &mut Change) {
        self.owner.expected_by(change);
        // Without an account the owner is expected once more, so that every address costs the same number
        // of checks. The absent record of no one would be expected by every action of a stranger, and on
        // an engine that locks keys they would all wait for each other.
        let has_account = self.account.value.is_some();
        if has_account {
            self.account.expected_by(change);
        } else {
            self.owner.expected_by(change);
        }
        if let Some(requester) = &self.requester
            && requester.key != self.account.key
        {
            requester.expected_by(change);
        }
    }
}

impl Gatepost {
    /// Finds who an address belongs to.
    pub(in crate::domain) async fn ownership(&self, address: &EmailAddress) -> Result<Ownership, Error> {
        self.ownership_with(address, None).await
    }

    /// The same for an address whose owner was read already.
    pub(in crate::domain) async fn ownership_of(&self, owner: Found<Owner>) -> Result<Ownership, Error> {
        self.ownership_from(owner, None).await
    }

    /// The same for the address of a request, with the requesting account if there is one.
    pub(in crate::domain) async fn ownership_for(&self, request: &Request) -> Result<Ownership, Error> {
        self.ownership_with(&request.address, request.requester.map(|requester| requester.id)).await
    }

    /// Reads everything as of one moment. Otherwise an account that is deleted or leaves the address
    /// between two reads would be seen by halves. Known and unknown addresses take the same two reads;
    /// otherwise the response time would tell them apart.
    async fn ownership_with(
        &self,
        address: &EmailAddress,
        requester: Option<AccountId>,
    ) -> Result<Ownership, Error> {
        let seen = self.find(Key::owner(&address.canonical())).await?;
        self.ownership_from(seen, requester).await
    }

    async fn ownership_from(
        &self,
        mut seen: Found<Owner>,
        requester: Option<AccountId>,
    ) -> Result<Ownership, Error> {
        for _ in 0..MAX_ATTEMPTS {
            let id = match seen.value {
                Some(Owner::Account(id)) => Some(id),
                _ => None,
            };
            let account = Key::account(id.unwrap_or(AccountId::NO_ONE));
            let keys = [seen.key.clone(), account, Key::account(requester.unwrap_or(AccountId::NO_ONE))];
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
                return Err(misplaced(&account.key).into());
            }
            // A reservation that only seems over keeps its address: given to someone else, it would never
            // come back.
            let now = self.earliest_now();
            let owner = owner.filter(|owner| !owner.is_over(now));
            let as_of_now = |found: Found<Account>| found.map(|account| account.at(now));
            let (account, asking) = (as_of_now(account), as_of_now(asking));
            let requester = requester.map(|_| asking);
            return Ok(Ownership { owner, account, requester, store: self.lasting.store_generation });
        }
        Err(StoreError::Busy.into())
    }
}

impl Request {
    /// Whether link and code are dead because the address no longer belongs to whoever the request is
    /// bound to, because a later request has been used, or because the store was restored.
    pub(in crate::domain) fn is_void(&self, nonce: Nonce, ownership: &Ownership) -> bool {
        let asked_at = self.generation.asked_at;
        let is_stale = match (self.generation.bound_to, ownership.account()) {
            (BoundTo::NoOne, None) => ownership.left_at().is_some_and(|at| asked_at <= at),
            (BoundTo::Account { id, epoch }, Some(account)) => {
                account.id != id
                    || account.epoch != epoch
                    || account.disabled
                    || (self.purpose.signs_in() && asked_at < account.sign_in_used)
            }
            _ => true,
        };
        // In a store that was restored, a request that was used since looks unused.
        let is_restored = self.generation.store != ownership.store;
        is_stale
            || is_restored
            || self
                .requester
                .is_some_and(|requester| self.is_void_for_requester(nonce, &requester, ownership))
    }

    /// Whether the requesting account has changed since, or has requested another change of address.
    pub(in crate::domain) fn is_void_for_requester(
        &self,
        nonce: Nonce,
        requester: &RequestingAccount,
        ownership: &Ownership,
    ) -> bool {
        ownership.requester().is_none_or(|account| {
            let is_its = |change: &PendingChange| change.nonce == nonce;
            account.id != requester.id
                || account.epoch != requester.epoch
                || account.disabled
                || (self.purpose == Purpose::ChangeEmail
                    && !account.pending_change.as_ref().is_some_and(is_its))
        })
    }
}

impl Generation {
    /// A generation that begins now, with its first email queued.
    pub(in crate::domain) fn new(number: u8, now: Timestamp, ownership: &Ownership) -> Self {
        let Some(account) = ownership.account() else {
            // If the address was given up while the clock was ahead, this request must still count as
            // later.
            let left = ownership.left_at().map(|at| at.plus(Duration::from_millis(1)));
            let asked_at = now.max(left.unwrap_or_default());
            return Self {
                number,
                asked_at,
                bound_to: BoundTo::NoOne,
                store: ownership.store,
                queued: 1,
                live_until: Timestamp::default(),
                used: None,
            };
        };
        Self::of(number, now, account, ownership.store)
    }

    /// The same for the address of a known account.
    pub(in crate::domain) fn of(
        number: u8,
        now: Timestamp,
        account: &Account,
        store: StoreGeneration,
    ) -> Self {
        // For the same reason, never earlier than the request that was used last.
        let asked_at = now.max(account.sign_in_used);
        let bound_to = BoundTo::Account { id: account.id, epoch: account.epoch };
        Self { number, asked_at, bound_to, store, queued: 1, live_until: Timestamp::default(), used: None }
    }
}
