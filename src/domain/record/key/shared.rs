//! The keys of what several nodes share: `state`, `node/` the runs that have joined, `gone/` those that have ended,
//! `lease/` work that one of them does for all. A store that one node has to itself has none of them.

use super::{Key, Span};
use crate::domain::record::ids::RunId;
use crate::domain::record::node::Errand;

impl Key {
    /// Which store this is.
    #[must_use]
    pub fn state() -> Self {
        Self::joined(b"state", &[])
    }

    /// A run that has joined.
    #[must_use]
    pub fn node(run: RunId) -> Self {
        Self::joined(b"node/", &[&run.0])
    }

    /// The run of such a key, or nothing for another kind of key.
    #[must_use]
    pub fn node_run(&self) -> Option<RunId> {
        Some(RunId(self.0.strip_prefix(b"node/")?.try_into().ok()?))
    }

    /// A run that has ended.
    #[must_use]
    pub fn ended_run(run: RunId) -> Self {
        Self::joined(b"gone/", &[&run.0])
    }

    /// Which run does this work.
    #[must_use]
    pub fn lease(errand: Errand) -> Self {
        Self::joined(b"lease/", &[errand.name().as_bytes()])
    }

    /// Whether a backup has the record under this key, and a store that is moved takes it along. What is about the
    /// runs of a store means nothing without them.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        ![&b"node/"[..], b"gone/", b"lease/"].iter().any(|prefix| self.0.starts_with(prefix))
            && self.expired().is_none_or(|of| of.is_kept())
    }
}

impl Span {
    /// All runs that have joined.
    #[must_use]
    pub fn nodes() -> Self {
        Self::prefix(&Key::joined(b"node/", &[]))
    }
}
