//! How people come in: signing in, registering, recovering a password, confirming who they are.

mod reauthentication;
mod recovery;
mod registration;
mod sign_in;

pub use self::sign_in::{PasswordSignIn, Unconfirmed};
