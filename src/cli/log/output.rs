//! Writing the lines. The reader of standard error may be slow, or stop reading (a pipe that is full, a terminal that
//! is paused), and no request waits for that.
//!
//! - Lines leave in the order in which they came.
//! - A line about an event is with the system when [`Output::write`] returns, unless the system takes nothing at
//!   that moment: then it leaves later. None is ever dropped. When far too many wait, events wait too.
//! - A line about a request is only added to those that wait, and a thread writes them some milliseconds later,
//!   many at once. Killing the process can lose these. When too many wait, it is dropped and counted, and a later
//!   line says how many were.

use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

/// How long lines about requests are gathered.
const GATHERING: Duration = Duration::from_millis(20);
/// How much may wait before lines about requests are dropped.
const MOST_WITH_REQUESTS: usize = 1 << 20;
/// How much may wait before events wait too: some thirty thousand lines.
const MOST: usize = 8 << 20;
/// How much memory is kept when nothing waits.
const USUAL_BYTES: usize = 64 << 10;
/// If there is room for anything in a pipe, there is room for this much, so writing it never waits.
const PIECE_BYTES: usize = 4096;
/// How long a reader may take for a piece when the process ends.
const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 500_000_000 };

/// Standard error, and the lines on their way there.
#[derive(Default)]
pub(super) struct Output {
    waiting: Mutex<Waiting>,
    /// Who has locked these writes them. They are older than those that wait.
    leaving: Mutex<Leaving>,
    /// There is something to write.
    news: Condvar,
    /// There is room again.
    room: Condvar,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    /// Whether some that came before them are leaving.
    has_more_before: bool,
    /// How many lines about requests had no room.
    dropped: u64,
}

#[derive(Default)]
struct Leaving {
    lines: Vec<u8>,
    written: usize,
}

impl Output {
    /// Starts the thread that writes what waits.
    pub(super) fn start() -> io::Result<Arc<Self>> {
        let output = Arc::new(Self::default());
        let writer = Arc::clone(&output);
        thread::Builder::new().name("log".into()).spawn(move || writer.write_what_waits())?;
        Ok(output)
    }

    /// A line about a request.
    pub(super) fn add(&self, line: &[u8]) {
        let mut waiting = lock(&self.waiting);
        if waiting.lines.len() + line.len() > MOST_WITH_REQUESTS {
            waiting.dropped += 1;
            return;
        }
        let is_first = waiting.lines.is_empty();
        waiting.lines.extend_from_slice(line);
        drop(waiting);
        if is_first {
            self.news.notify_one();
        }
    }

    /// A line about an event.
    pub(super) fn write(&self, line: &[u8]) {
        let waiting = self.room.wait_while(lock(&self.waiting), |waiting| waiting.lines.len() > MOST);
        waiting.unwrap_or_else(PoisonError::into_inner).lines.extend_from_slice(line);
        if !self.write_some() {
            self.news.notify_one();
        }
    }

    /// Writes everything, as long as the reader takes some of it now and then.
    pub(super) fn finish(&self) {
        loop {
            while !self.write_some() {
                if !is_ready(Some(&PATIENCE)) {
                    return;
                }
            }
            if !self.tell_dropped() {
                return;
            }
        }
    }

    fn write_what_waits(&self) {
        loop {
            let is_idle = |waiting: &mut Waiting| waiting.lines.is_empty() && !waiting.has_more_before;
            drop(self.news.wait_while(lock(&self.waiting), is_idle));
            thread::sleep(GATHERING);
            while !self.write_some() {
                self.tell_dropped();
                is_ready(None);
            }
            self.tell_dropped();
        }
    }

    /// Writes what can be written without waiting. Returns whether that was everything.
    fn write_some(&self) -> bool {
        let mut leaving = lock(&self.leaving);
        loop {
            if leaving.is_done() && !self.refill(&mut leaving) {
                return true;
            }
            if !is_ready(Some(&Timespec::default())) || !leaving.write_piece() {
                return false;
            }
        }
    }

    /// Takes what waits. Returns whether there was anything.
    fn refill(&self, leaving: &mut Leaving) -> bool {
        let mut waiting = lock(&self.waiting);
        let was_full = waiting.lines.len() > MOST;
        leaving.take(&mut waiting.lines);
        waiting.has_more_before = !leaving.is_done();
        if was_full {
            self.room.notify_all();
        }
        waiting.has_more_before
    }

    /// Says how many lines were dropped, if any were, once there is room for others.
    fn tell_dropped(&self) -> bool {
        let mut waiting = lock(&self.waiting);
        let has_room = waiting.lines.len() < MOST_WITH_REQUESTS / 2;
        let dropped = if has_room { std::mem::take(&mut waiting.dropped) } else { 0 };
        drop(waiting);
        if dropped > 0 {
            tracing::warn!(lines = dropped, "left out lines about requests, because no one read the log");
        }
        dropped > 0
    }
}

impl Leaving {
    fn is_done(&self) -> bool {
        self.written == self.lines.len()
    }

    /// Takes lines, and leaves the memory of those before; if that is a lot, not all of it.
    fn take(&mut self, lines: &mut Vec<u8>) {
        self.lines.clear();
        self.lines.shrink_to(USUAL_BYTES);
        self.written = 0;
        std::mem::swap(&mut self.lines, lines);
    }

    /// Returns whether the system took anything.
    fn write_piece(&mut self) -> bool {
        let rest = &self.lines[self.written..];
        match io::stderr().write(&rest[..rest.len().min(PIECE_BYTES)]) {
            Ok(bytes) => self.written += bytes,
            // Another process with the same terminal or pipe has made it non-blocking.
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // No one can read it any more. Closing a terminal must not end the server.
            Err(_) => self.written = self.lines.len(),
        }
        true
    }
}

/// Whether a piece can be written without waiting, or within this time; without a time, sooner or later.
fn is_ready(within: Option<&Timespec>) -> bool {
    let stderr = io::stderr();
    let mut ends = [PollFd::new(&stderr, PollFlags::OUT)];
    loop {
        match poll(&mut ends, within) {
            Ok(ready) => return ready > 0,
            // A signal says nothing about the reader.
            Err(Errno::INTR) => {}
            // Writing shows what is wrong.
            Err(_) => return true,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
