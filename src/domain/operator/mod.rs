//! The operator's actions on accounts.
//!
//! - `accounts`: adding, showing and listing accounts, and granting admin rights
//! - `access`: disabling, enabling, signing out and deleting an account
//! - `import`: importing accounts from elsewhere
//! - `role`, `refusal`: what an account may do, and why a command is refused

mod access;
mod accounts;
mod import;
mod refusal;
mod role;

pub use self::access::Treated;
pub use self::accounts::{AccountPage, HandedOut};
pub use self::import::{IMPORT_STEP, ImportStep, Imported, NewAccount};
pub use self::refusal::Refusal;
pub use self::role::Role;
