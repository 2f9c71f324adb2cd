//! How far a sweep got.

/// Whether a sweep left anything behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swept {
    /// Nothing that is over is left.
    All,
    /// Another page may be waiting.
    More,
}
