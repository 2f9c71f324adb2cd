//! Which server it is, and since when.

/// One life of one server, from a start to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Life {
    /// Identifies the database on its primary and its standbys.
    pub(super) system: String,
    /// Grows by one with every promotion.
    pub(super) timeline: u32,
    /// When the server was started, in microseconds.
    pub(super) started: i64,
}
