//! What a person does with their own account. Every change is made by a session whose sign-in is recent
//! (`acting`), and commits with its event and the letter that tells the owner.

pub mod deletion;
mod email;
pub mod export;
mod password;
mod sessions;
mod undo;
