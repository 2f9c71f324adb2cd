//! What people do with their own account. A session with a recent sign-in makes every change, and each
//! change is committed with its event. Changes that would be harmful in the wrong hands also send the
//! owner a notice.
//!
//! - `password`, `email`: changing the password and the address
//! - `sessions`: listing and ending sessions
//! - `keys`: keys for programs
//! - `notices`: which emails about the account are sent
//! - `history`: what happened to the account
//! - `export`, `deletion`: downloading the data, deleting the account

mod deletion;
mod email;
mod export;
mod history;
mod keys;
mod notices;
mod password;
mod sessions;

pub use self::export::Export;
pub use self::history::Entry;
pub use self::keys::{MadeKey, WantedKey};
