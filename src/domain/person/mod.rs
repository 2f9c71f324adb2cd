//! How people come in.
//!
//! - `sign_in`: signing in by email or with a password; `new_device`: notifying the owner of it
//! - `registration`: registering with a password
//! - `recovery`: replacing a forgotten password
//! - `reauthentication`: confirming who is signed in

mod new_device;
mod reauthentication;
mod recovery;
mod registration;
mod sign_in;

pub use self::sign_in::{PasswordSignIn, Unconfirmed};

/// How often a password is hashed again because its recipe changed in that moment.
const MAX_RECIPE_CHANGES: usize = 3;
