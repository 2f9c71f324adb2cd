//! The result of a sweep.

/// Whether a sweep left anything behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swept {
    /// Nothing expired is left.
    All,
    /// There may be another page.
    More,
}
