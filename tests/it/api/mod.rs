//! The JSON door.

mod document;
mod door;
mod inputs;
mod mailbox;
mod passwords;
mod profile;
mod sessions;
