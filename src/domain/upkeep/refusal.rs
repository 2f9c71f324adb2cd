//! Why a store cannot be opened.

use super::runs::RunEnded;
use crate::domain::ports::StoreError;

/// Why the store cannot be opened.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The ring lacks a key of the store, or has a different one with the same id. Every token and code
    /// would be refused, so nothing is served.
    #[error(
        "this database belongs to a different key ({id}) than the one that was found; restore its key file \
         from your backup, or set key_file or GATEPOST_KEY"
    )]
    WrongKey {
        /// The key's id.
        id: u8,
    },
    /// The run cannot join those that share the store.
    #[error(transparent)]
    Run(#[from] RunEnded),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
