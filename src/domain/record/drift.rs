//! How far the clock of this machine is from that of the database.
//!
//! Nodes order what they do by their own clocks, so these must not be far apart. Each is compared with the one clock
//! that they share.

use std::time::Duration;

use crate::domain::record::time::Timestamp;

/// Further apart than this, people are told.
const NOTED: Duration = Duration::from_secs(2);
/// Further apart than this, the node is not ready.
const TOO_FAR: Duration = Duration::from_secs(30);

/// How far apart two clocks are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Drift {
    /// Not far, as far as is known.
    #[default]
    Near,
    /// So far that someone should look.
    Noted(Apart),
    /// So far that this node must not do what depends on the time for the others.
    TooFar(Apart),
}

/// What two clocks said at the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Apart {
    /// The clock of this machine.
    pub own: Timestamp,
    /// That of the database.
    pub engine: Timestamp,
}

impl Drift {
    /// Compares two clocks. `asked_at` is what the own clock said when the other one was asked, and the answer took
    /// `took`: the other clock may have been read at any moment in between.
    #[must_use]
    pub fn between(asked_at: Timestamp, took: Duration, engine: Timestamp) -> Self {
        let own = asked_at.plus(took / 2);
        let apart = own.since(engine).max(engine.since(own)).saturating_sub(took / 2);
        match apart {
            near if near <= NOTED => Self::Near,
            noted if noted <= TOO_FAR => Self::Noted(Apart { own, engine }),
            _ => Self::TooFar(Apart { own, engine }),
        }
    }

    /// Whether it is another case than this one, whatever the clocks say.
    #[must_use]
    pub fn differs(self, other: Self) -> bool {
        std::mem::discriminant(&self) != std::mem::discriminant(&other)
    }

    /// Both clocks, if they are not near each other.
    #[must_use]
    pub fn apart(self) -> Option<Apart> {
        match self {
            Self::Noted(apart) | Self::TooFar(apart) => Some(apart),
            Self::Near => None,
        }
    }

    /// Both clocks, if they are too far apart.
    #[must_use]
    pub fn too_far(self) -> Option<Apart> {
        match self {
            Self::TooFar(apart) => Some(apart),
            Self::Near | Self::Noted(_) => None,
        }
    }
}
