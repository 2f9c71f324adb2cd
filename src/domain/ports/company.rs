//! Whether a run has its store to itself, and what it needs from an engine that several nodes share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::domain::record::node::Profile;
use crate::domain::record::time::Timestamp;

/// Who else uses the store. Whoever opens the store says so; it is never guessed.
pub enum Company {
    /// No one: another run has certainly ended. Nothing about runs is read or written.
    Alone,
    /// Other nodes, perhaps. This run joins them and takes part in the work.
    Shared(Box<Membership>),
}

/// What a run brings along when it joins the others.
pub struct Membership {
    /// What a shared engine does beside keeping records.
    pub engine: Arc<dyn SharedEngine>,
    /// What the others are told about this node.
    pub profile: Profile,
    /// How long one action may take, with all its attempts.
    pub timeout: Duration,
}

/// What a shared engine does for one node, beside keeping records for all of them.
#[async_trait]
pub trait SharedEngine: Send + Sync + 'static {
    /// Keeps these bytes, at most `MAX_REMEMBERED_BYTES`, in the place of those before. Only this node has them, and
    /// its next run too. They are durable when this returns.
    async fn remember(&self, bytes: &[u8]) -> Result<(), StoreError>;

    /// The bytes that were kept last, none at first.
    async fn remembered(&self) -> Result<Vec<u8>, StoreError>;

    /// What the engine's own clock says now, if it has one.
    async fn time(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Whether this is not the server that this node used last, nor a standby of it, although it has a store: after an
    /// upgrade that copied everything, for example. Only what the last run left in the store can show that it is the
    /// same store. The next `remember` accepts it.
    fn is_another(&self) -> bool {
        false
    }

    /// Tells the operator if the server does not admit the connections of as many nodes like this one.
    async fn warn_if_crowded(&self, _nodes: usize) {}
}

/// How many bytes one node can have kept.
pub const MAX_REMEMBERED_BYTES: usize = 4096;

impl fmt::Debug for Company {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Alone => "Alone",
            Self::Shared(_) => "Shared",
        })
    }
}
