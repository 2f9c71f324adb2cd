//! The runs that share a store: joining the others, showing them that this run goes on, and leaving.
//!
//! 1. `join`: before anything else is done, the record of this run is written. If this node remembers its run before,
//!    that one has ended.
//! 2. `heartbeat`: every few seconds this run looks at all records, judges whether it may go on, and writes its own
//!    again. `record::watch` says which of the others have ended.
//! 3. `leave`: the record of this run is moved to those that have ended, so no one has to wait to find that out.
//!
//! - `room`: a node that shows emails is the only one
//! - `clocks`: how far the clock of this machine is from that of the database
//! - `remembered`: what a node remembers of its last run
//! - `lease`: work that one run at a time does for all
//! - `retire`: removing the records of runs that ended long ago
//!
//! A run that has its store to itself does none of this.

mod clocks;
mod heartbeat;
mod join;
mod lease;
mod leave;
mod remembered;
mod retire;
mod room;

pub use self::heartbeat::HeartbeatError;
pub(super) use self::join::{Joining, Past, expect_state, join, take_new_course};
pub use self::room::make_room;
use crate::domain::record::state::NotReady;

/// Why a run cannot go on, or cannot begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunEnded {
    /// The store is not the one that this node knows, or an earlier state of it.
    #[error(
        "this database was put back to an earlier state, or is a different one; run `gatepost store verify \
         --accept` to accept it as it is"
    )]
    PutBack,
    /// Others found that this run does not go on, or the next run of this node has begun.
    #[error("this run was declared ended, because another one took its place; start it again")]
    Declared,
    /// The store was moved, or is not whole yet.
    #[error(transparent)]
    NotReady(#[from] NotReady),
    /// Others write a format that this version cannot read.
    #[error("this database has format {0}, which this version can't read; use a newer version")]
    NewerFormat(u8),
    /// A node that shows emails cannot have others beside it.
    #[error("mail.transport = mailbox works with one node only, and {0} uses this database too")]
    Mailbox(String),
}
