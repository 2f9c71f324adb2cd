//! The JSON door.

mod conformity;
mod document;
mod door;
mod inputs;
mod mailbox;
mod passwords;
mod profile;
mod sessions;
