//! Who has an address, and leaving it.

use std::time::Duration;

use crate::domain::record::ids::{AccountId, Nonce};
use crate::domain::record::time::Timestamp;

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
    pub(in crate::domain) fn over_at(self) -> Option<Timestamp> {
        match self {
            Self::Account(_) => None,
            Self::Held { over_at, .. } => Some(over_at),
            Self::Vacated { at } => Some(at.plus(VACATED_FOR)),
        }
    }

    /// Whether it is held for an account by this undo.
    pub(in crate::domain) fn is_held(self, account: AccountId, nonce: Nonce) -> bool {
        matches!(self, Self::Held { by, undo, .. } if by == account && undo == nonce)
    }

    /// Whether it is a hold that is over: as good as gone before the sweeper comes by.
    pub(in crate::domain) fn is_over(self, now: Timestamp) -> bool {
        matches!(self, Self::Held { over_at, .. } if now >= over_at)
    }
}
