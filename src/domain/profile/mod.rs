//! What a person does with their own account. Every change is made by a session whose sign-in is recent
//! (`acting`), and commits with its event; what would hurt in somebody else's hands also owes the owner a
//! letter. The undo alone needs no session: it is for who has lost it.

mod deletion;
mod email;
mod export;
mod password;
mod sessions;

pub use self::export::{Export, SHOWN_EVENTS};
