//! How far a long command is: on a terminal one line that is rewritten, elsewhere a new line now and then.

use std::io::{IsTerminal, Write, stderr};

use super::print::grouped;

/// On a terminal, the line is rewritten after this many.
const OFTEN: u64 = 1000;
/// Anywhere else, a line is written after this many, or after a twentieth of all if that is more.
const SELDOM: u64 = 5000;

/// Shows how far a command is, on standard error.
pub(super) struct Progress {
    /// What is done, for example "Verified ".
    what: &'static str,
    is_terminal: bool,
    shown: u64,
}

impl Progress {
    pub(super) fn new(what: &'static str) -> Self {
        Self { what, is_terminal: stderr().is_terminal(), shown: 0 }
    }

    /// So many are done, out of so many.
    pub(super) fn show(&mut self, done: u64, all: u64) {
        let step = if self.is_terminal { OFTEN } else { SELDOM.max(all / 20) };
        if done / step == self.shown / step || done >= all {
            return;
        }
        self.shown = done;
        let (done, all) = (grouped(done), grouped(all));
        let (before, after) = if self.is_terminal { ("\r", "") } else { ("", "\n") };
        // Without a place to show it, the command goes on all the same.
        let _ = write!(stderr(), "{before}{}{done} of {all}{after}", self.what);
        let _ = stderr().flush();
    }
}

impl Drop for Progress {
    /// The result comes on a line of its own.
    fn drop(&mut self) {
        if self.is_terminal && self.shown > 0 {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
