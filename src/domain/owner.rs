//! Who has an address, and leaving it.

use std::time::Duration;

use super::Gatepost;
use super::account::Undo;
use super::error::Error;
use super::ids::{AccountId, Nonce};
use super::key::Key;
use super::ports::{Change, Record};
use super::read::Found;
use super::time::Timestamp;

/// How long it is remembered that an address was left: longer than any request lives that was asked for
/// before, which would otherwise come to life again.
const VACATED_FOR: Duration = Duration::from_hours(48);

/// Who has an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Owner {
    /// An account.
    Account(AccountId),
    /// Nobody else yet: the account that had it may have it back.
    Held {
        /// That account.
        by: AccountId,
        /// The undo it is held for.
        undo: Nonce,
        /// Until when.
        over_at: Timestamp,
    },
    /// Nobody any more: what was asked for before it was left is dead.
    Vacated {
        /// When it was left.
        at: Timestamp,
    },
}

impl Owner {
    /// When nothing speaks of it any more; never, while somebody has the address.
    pub(super) fn over_at(self) -> Option<Timestamp> {
        match self {
            Self::Account(_) => None,
            Self::Held { over_at, .. } => Some(over_at),
            Self::Vacated { at } => Some(at.plus(VACATED_FOR)),
        }
    }

    /// Whether it is held for an account by this undo.
    pub(super) fn is_held(self, account: AccountId, nonce: Nonce) -> bool {
        matches!(self, Self::Held { by, undo, .. } if by == account && undo == nonce)
    }

    /// Whether it is a hold that is over: as good as gone before the sweeper comes by.
    pub(super) fn is_over(self, now: Timestamp) -> bool {
        matches!(self, Self::Held { over_at, .. } if now >= over_at)
    }
}

impl Gatepost {
    /// Takes undos of an account away and lets go of the addresses that are held for them. One that is
    /// somebody else's by now stays theirs, whatever the clock says.
    pub(super) async fn let_go(
        &self,
        change: &mut Change,
        account: AccountId,
        undos: &[Undo],
    ) -> Result<(), Error> {
        let now = self.world.now();
        let keys = undos.iter().map(|undo| Key::owner(&undo.address.canonical())).collect();
        let owners: Vec<Found<Owner>> = self.find_all(keys).await?;
        for (undo, owner) in undos.iter().zip(owners) {
            change.delete(Key::undo(undo.nonce));
            // A hold that is over ends by itself, and leaves whoever has asked there since alone.
            if owner.value.is_none_or(|it| !it.is_held(account, undo.nonce) || it.is_over(now)) {
                continue;
            }
            owner.expected_by(change);
            let left = Owner::Vacated { at: now };
            // The mark of the hold names the address too; a change has each key once.
            if left.over_at() != Some(undo.over_at) {
                change.delete(Key::expiry(undo.over_at, &owner.key));
            }
            put_owner(change, owner.key, left);
        }
        Ok(())
    }
}

/// Writes who has an address from now on, and until when.
pub(super) fn put_owner(change: &mut Change, key: Key, owner: Owner) {
    if let Some(over_at) = owner.over_at() {
        change.put(Key::expiry(over_at, &key), Record::Expiry);
    }
    change.put(key, Record::Owner(owner));
}
