//! The runs that share a store, and the work that one of them does for all.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::domain::record::ids::{KeyId, RunId};
use crate::domain::record::time::Timestamp;

/// How long it is kept that a run has ended.
const ENDED_RUN_KEPT: Duration = Duration::from_hours(30 * 24);

/// What a node tells the others about itself.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Profile {
    /// The name that people know it by.
    pub name: String,
    /// The version of the program.
    pub version: String,
    /// The format versions of a store that it reads.
    pub formats: RangeInclusive<u8>,
    /// A digest of the settings that all nodes should have alike.
    pub settings: [u8; 16],
    /// Whether it shows emails instead of sending them. Then it must be the only node.
    pub shows_emails: bool,
}

/// A run that has joined. Only that run writes it, every few seconds; as long as it changes, the run is alive.
///
/// There is one per run. It is removed when the run ends, when the next run of the same node joins, or when it has
/// not changed for a day; an `EndedRun` takes its place.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Node {
    /// What the node says about itself.
    pub profile: Profile,
    /// The keys that it can open.
    pub keys: Vec<KeyId>,
    /// What its clock said when it wrote this. For people: no run compares it with its own.
    pub at: Timestamp,
    /// How often it has written this.
    pub counter: u64,
}

/// A run that has ended. Written once, by the run itself, by the next run of the same node, or by whoever removes
/// what has expired. Whatever run finds itself here ends.
///
/// There is one per run that has ended, and it is removed after thirty days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct EndedRun {
    /// Since when that is known.
    pub at: Timestamp,
}

impl EndedRun {
    /// When it is removed. A node that was away for longer joins as a new one, so nothing asks for it any more.
    #[must_use]
    pub fn over_at(self) -> Timestamp {
        self.at.plus(ENDED_RUN_KEPT)
    }
}

/// Work that one run at a time does for all. It lasts as long as that run: another run takes it only after that one
/// has ended, or has given it up because its clock is wrong, and writes this record.
///
/// There is one for each kind of work at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Lease {
    /// Who does it.
    pub run: RunId,
}

/// The kinds of work that one run at a time does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Errand {
    /// Removing what has expired.
    Sweep,
    /// Scheduled backups.
    Backup,
    /// Making the indexes that a store of an earlier version lacks.
    Index,
}

impl Errand {
    /// Its place in the keys of leases.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sweep => "sweep",
            Self::Backup => "backup",
            Self::Index => "index",
        }
    }
}
