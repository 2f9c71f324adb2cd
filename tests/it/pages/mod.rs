//! The content of pages, read without a browser, as with and without their script.

mod check_inbox;
mod cookies;
mod home;
mod link;
mod mailbox;
mod notice;
mod own;
mod prepared;
mod problem;
mod profile;
mod reauthentication;
mod recovery;

use crate::harness::caller::Caller;

/// The last page that was returned.
fn page(caller: &Caller) -> &str {
    &caller.last.as_ref().unwrap().body
}

/// How often a page contains something.
fn count(caller: &Caller, part: &str) -> usize {
    page(caller).matches(part).count()
}

/// The number of forms on a page, without those of its navigation.
fn forms_in_main(caller: &Caller) -> usize {
    let (_, main) = page(caller).split_once("<main").unwrap();
    main.matches("<form").count()
}
