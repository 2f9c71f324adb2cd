//! An import of accounts whose last step has not been done.

/// What the steps of an import have added so far. Its event is written with the last step, also if that is
/// done much later, by a command that continues an interrupted import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct UnfinishedImport {
    /// Accounts.
    pub accounts: u64,
    /// Those of them that have admin rights.
    pub admins: u64,
}
