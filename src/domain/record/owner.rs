//! Who an address belongs to, and how long that is remembered once it was given up.

use std::time::Duration;

use crate::domain::record::ids::{AccountId, Nonce};
use crate::domain::record::purpose::Purpose;
use crate::domain::record::time::Timestamp;

/// How long a given-up address is remembered. Longer than the lifetime of any request made before, which
/// would otherwise work again.
const VACATED_FOR: Duration = Duration::from_hours(48);

/// Who an address belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Owner {
    /// An account.
    Account(AccountId),
    /// Reserved: the account that had it may get it back.
    Held {
        /// That account.
        by: AccountId,
        /// The undo that reserves it.
        undo: Nonce,
        /// When the reservation ends.
        over_at: Timestamp,
    },
    /// No one any more. Requests made before it was given up are dead.
    Vacated {
        /// When it was given up.
        at: Timestamp,
    },
}

impl Owner {
    /// When this can be forgotten; never while an account has the address.
    pub(in crate::domain) fn over_at(self) -> Option<Timestamp> {
        match self {
            Self::Account(_) => None,
            Self::Held { over_at, .. } => Some(over_at),
            Self::Vacated { at } => Some(at.plus(VACATED_FOR)),
        }
    }

    /// When the last account left the address. Requests that are older are dead.
    pub(in crate::domain) fn left_at(self) -> Option<Timestamp> {
        match self {
            Self::Account(_) => None,
            Self::Held { over_at, .. } => Some(over_at.minus(Purpose::UndoEmail.lifetime())),
            Self::Vacated { at } => Some(at),
        }
    }

    /// Whether this undo of this account reserves it.
    pub(in crate::domain) fn is_held(self, account: AccountId, nonce: Nonce) -> bool {
        matches!(self, Self::Held { by, undo, .. } if by == account && undo == nonce)
    }

    /// Whether it is a reservation that has ended. It counts as gone even before the sweeper removes it.
    pub(in crate::domain) fn is_over(self, now: Timestamp) -> bool {
        matches!(self, Self::Held { over_at, .. } if now >= over_at)
    }
}
