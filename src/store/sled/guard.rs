//! Sled panics where it should return an error: over damaged files, and when a disk fails while it
//! closes. Here a panic becomes a reason like any other, and its message stays off the terminal, where one
//! line should say what is wrong and what helps.

use std::any::Any;
use std::cell::Cell;
use std::io;
use std::ops::Deref;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use sled::Db;

thread_local! {
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// The result of `act`, or the message of its panic.
pub(super) fn guarded<T>(act: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_GUARDED.get() {
                report(info);
            }
        }));
    });
    let before = IS_GUARDED.replace(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(act));
    IS_GUARDED.set(before);
    outcome.map_err(|payload| words(payload.as_ref()))
}

/// The message of a panic, in one line.
fn words(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The error of the system. Sled keeps a copy of some errors as a text in Rust's own notation, which says
/// nothing to a person and hides that the disk is full.
pub(super) fn plain(error: io::Error) -> io::Error {
    let text = error.to_string();
    let code = text.split_once("Os { code: ").and_then(|(_, rest)| rest.split(',').next()?.parse().ok());
    code.map_or(error, io::Error::from_raw_os_error)
}

/// A handle of sled. Dropping the last one closes it.
#[derive(Clone)]
pub(super) struct Handle(Option<Db>);

impl Handle {
    pub(super) fn new(db: Db) -> Self {
        Self(Some(db))
    }
}

impl Deref for Handle {
    type Target = Db;

    fn deref(&self) -> &Db {
        self.0.as_ref().expect("the handle is there until it is dropped")
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // Sled syncs its file once more and panics if that fails. What was acknowledged was synced before.
        if guarded(|| drop(self.0.take())).is_err() {
            tracing::warn!(
                "the disk failed while the database was closed; everything confirmed was saved before"
            );
        }
    }
}
