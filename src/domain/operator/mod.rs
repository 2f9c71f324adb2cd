//! The operator's actions on accounts: adding, showing, disabling, deleting and importing them.

mod access;
mod accounts;
mod import;
mod refusal;
mod role;

pub use self::access::Treated;
pub use self::accounts::{AccountPage, HandedOut};
pub use self::import::{IMPORT_STEP, Imported, NewAccount};
pub use self::refusal::Refusal;
pub use self::role::Role;
