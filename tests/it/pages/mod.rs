//! What stands on the pages, looked at without a browser: with what their script sends, and without.

mod check_inbox;
mod link;
mod profile;
mod reauthentication;
mod recovery;

use crate::harness::caller::Caller;

/// The last page that was answered.
fn page(caller: &Caller) -> &str {
    &caller.last.as_ref().unwrap().body
}

/// How often a page has something.
fn count(caller: &Caller, part: &str) -> usize {
    page(caller).matches(part).count()
}

/// The forms of a page that are not those of its navigation.
fn forms_in_main(caller: &Caller) -> usize {
    let (_, main) = page(caller).split_once("<main").unwrap();
    main.matches("<form").count()
}
