//! Which store this is, where several nodes share it. Alone, the engine's own side file says that.

use crate::domain::record::ids::{MoveId, StoreId};
use crate::domain::record::time::Timestamp;

/// The format version of a store that has a record of its administrators. Earlier versions would not keep it up.
pub const FORMAT_WITH_ADMINS: u8 = 2;

/// Which store this is, and whether it can be used. One record, under a key of its own, that is never removed.
///
/// The first run that joins makes it. Each run that joins, and each command that needs to be sure that no run joins
/// meanwhile, expects it and writes it. No action does.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct State {
    /// The same as long as the store exists, whatever engine keeps it.
    pub store: StoreId,
    /// Its course: a store that was put back to an earlier state has another one.
    pub course: Course,
    /// The lowest format version that runs may write. One that cannot read it does not join.
    pub floor: u8,
    /// Whether it can be used.
    pub phase: Phase,
}

impl State {
    /// The state of a store that never had one, since one node had it to itself.
    #[must_use]
    pub fn first(store: StoreId, floor: u8) -> Self {
        Self { store, course: Course { number: 0, mark: [0; 8] }, floor, phase: Phase::Ready }
    }

    /// The state in the place that the store was moved to, at `now`. Sessions and requests go on; nodes that were here
    /// before see by the new course that it is not the store that was left.
    #[must_use]
    pub fn arrived(mut self, mark: [u8; 8], now: Timestamp) -> Self {
        self.take_new_course(mark, now);
        Self { phase: Phase::Ready, ..self }
    }

    /// Takes a new course after the operator has restored or accepted the store, at `now`. Its number is above any that a
    /// node may know, although the store knows only those of its own past: it is at least the seconds since 1970. A store
    /// that was moved away can be used again.
    pub(in crate::domain) fn take_new_course(&mut self, mark: [u8; 8], now: Timestamp) {
        let seconds = u32::try_from(now.0 / 1000).unwrap_or(u32::MAX);
        self.course = Course { number: self.course.number.saturating_add(1).max(seconds), mark };
        if matches!(self.phase, Phase::Moved { .. }) {
            self.phase = Phase::Ready;
        }
    }
}

/// The course that a store has taken. Raised whenever a backup is restored or accepted, or the store is moved. Whether
/// that ends sessions says the `StoreGeneration`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Course {
    /// Each is above those before it.
    pub number: u32,
    /// Random, so that no two courses with the same number are taken for one.
    pub mark: [u8; 8],
}

/// Whether a store can be used.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Phase {
    /// Nodes may join.
    Ready,
    /// Records are being put into it, by this move or restore. No node joins.
    Moving(MoveId),
    /// It was moved. No node joins.
    Moved {
        /// By which move.
        id: MoveId,
        /// Where it is now, without a password.
        to: String,
        /// Since when.
        at: Timestamp,
    },
}

/// Why a store cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    /// It is not whole yet.
    #[error("this database is being moved or restored; run the command that does so again to finish it")]
    Moving,
    /// It was moved.
    #[error(
        "this database was moved to {to} on {at}; `gatepost store verify --accept` takes it back, which signs \
         everyone out"
    )]
    Moved {
        /// Where it is now, without a password.
        to: String,
        /// Since when.
        at: Timestamp,
    },
}

impl Phase {
    /// Refuses a phase in which nothing uses the store.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn expect_ready(&self) -> Result<(), NotReady> {
        match self {
            Self::Ready => Ok(()),
            Self::Moving(_) => Err(NotReady::Moving),
            Self::Moved { to, at, .. } => Err(NotReady::Moved { to: to.clone(), at: *at }),
        }
    }
}
