//! The operator's actions on accounts.
//!
//! - `accounts`: adding accounts, and granting admin rights
//! - `listing`: showing and listing accounts
//! - `way_in`: why someone can't get in
//! - `access`: disabling, enabling, signing out and deleting an account
//! - `import`: importing accounts from elsewhere
//! - `keys`: what depends on each key, taking up a new one, and retiring an old one
//! - `node_keys`: the keys of nodes that share a store
//! - `rehearsal`: what a link could do, without doing it
//! - `role`, `refusal`: what an account may do, and why a command is refused

mod access;
mod accounts;
mod import;
mod keys;
mod listing;
mod node_keys;
mod refusal;
mod rehearsal;
mod role;
mod way_in;

pub use self::access::Treated;
pub use self::accounts::{Emailed, HandedOut};
pub use self::import::{IMPORT_STEP, ImportStep, Imported, NewAccount};
pub use self::keys::KeyUses;
pub use self::listing::{AccountPage, AccountState};
pub use self::refusal::Refusal;
pub use self::rehearsal::{Handover, Rehearsal};
pub use self::role::Role;
pub use self::way_in::{Reason, WayIn};
