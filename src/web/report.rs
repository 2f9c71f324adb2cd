//! The machine and its settings, as administrators see them.

use crate::domain::record::time::Timestamp;

/// What was found, at most a minute ago.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// The engine that keeps the records.
    pub engine: &'static str,
    /// How much room the disk has, where the records are on one of this machine.
    pub disk_free_bytes: Option<u64>,
    /// What should be looked after, each in a sentence.
    pub warnings: Vec<String>,
    /// When this was found.
    pub at: Timestamp,
}

/// Looks at the machine and its settings.
pub trait Surveyor: Send + Sync {
    /// What is found now, or was a moment ago. May read from disks, which can be slow.
    fn survey(&self) -> Survey;
}
