//! The result of a sweep.

/// Whether a sweep left anything behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swept {
    /// Nothing expired is left.
    All,
    /// There may be another page.
    More,
}

impl Swept {
    /// What both sweeps together have left.
    #[must_use]
    pub(super) fn and(self, other: Self) -> Self {
        if self == Self::All { other } else { Self::More }
    }
}
