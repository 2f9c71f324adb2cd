//! The one writer. It takes all changes that wait, writes them as one batch, makes them durable
//! together, and only then answers each. While one group is on its way to the disk the next gathers.
//!
//! Nobody else writes or flushes: concurrent flushes lock sled up. Sled's `flush` does not reach
//! the disk, so the writer syncs sled's file itself. After a failed write or sync nobody can know
//! what is on the disk; the writer stops for good then, and the process has to start anew.

use std::any::Any;
use std::fs::File;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use sled::Db;
use tokio::sync::{mpsc, oneshot};

use super::group::Group;
use super::mark::Mark;
use super::shared::{Shared, Status};
use super::tally::Tally;
use crate::domain::ports::{Committed, StoreError};
use crate::store::CodedChange;

/// Most changes that go into one batch: readers wait while sled takes it in.
const GROUP_CHANGES: usize = 256;
/// How often a writer that the full disk has stopped looks for room.
const ROOM_PAUSE: Duration = Duration::from_millis(100);

/// What the writer is sent.
pub(super) enum Errand {
    /// A change to commit, and who waits for the answer.
    Commit(CodedChange, Waiter),
    /// Finish what was sent before, and close.
    Close,
}

pub(super) type Answer = Result<Committed, StoreError>;
type Waiter = oneshot::Sender<Answer>;

/// Why the writer stopped.
struct Failure {
    reason: String,
    is_full: bool,
}

pub(super) struct Writer {
    pub(super) db: Db,
    /// Our own handle of sled's file, to sync it.
    pub(super) log: File,
    pub(super) mark: Mark,
    pub(super) tally: Tally,
    pub(super) shared: Arc<Shared>,
}

impl Writer {
    /// Works until the store is closed or fails.
    pub(super) fn run(mut self, mut errands: mpsc::Receiver<Errand>) {
        match self.serve(&mut errands) {
            Ok(()) => {
                let Self { db, log, mark, shared, .. } = self;
                drop((db, log, mark));
                shared.close();
            }
            Err(failure) => self.stop(failure, &mut errands),
        }
    }

    fn serve(&mut self, errands: &mut mpsc::Receiver<Errand>) -> Result<(), Failure> {
        let mut group = Vec::with_capacity(GROUP_CHANGES);
        let (mut changes, mut waiters) = (Vec::new(), Vec::new());
        while errands.blocking_recv_many(&mut group, GROUP_CHANGES) > 0 {
            for errand in group.drain(..) {
                match errand {
                    Errand::Commit(change, waiter) => {
                        changes.push(change);
                        waiters.push(waiter);
                    }
                    // What was sent before is still received, and then nothing more.
                    Errand::Close => errands.close(),
                }
            }
            self.answer(changes.drain(..), waiters.drain(..))?;
        }
        guarded(|| self.finish())
    }

    /// Commits a group and answers everybody in it.
    fn answer(
        &mut self,
        changes: impl Iterator<Item = CodedChange>,
        waiters: impl Iterator<Item = Waiter>,
    ) -> Result<(), Failure> {
        if let Err(refusal) = self.shared.room() {
            waiters.for_each(|waiter| tell(waiter, Err(refusal.clone())));
            return Ok(());
        }
        match guarded(|| self.commit(changes)) {
            Ok(answers) => {
                waiters.zip(answers).for_each(|(waiter, answer)| tell(waiter, answer));
                Ok(())
            }
            Err(failure) => {
                // Stopped first, so that who hears of the doubt finds the store stopped.
                self.shared.set(Status::Stopped(failure.reason.clone()));
                waiters.for_each(|waiter| tell(waiter, Err(StoreError::InDoubt(failure.reason.clone()))));
                Err(failure)
            }
        }
    }

    fn commit(&mut self, changes: impl Iterator<Item = CodedChange>) -> Result<Vec<Answer>, Failure> {
        let mut group = Group::new(&self.db, self.tally);
        let answers = changes.map(|change| group.admit(change)).collect();
        let Some((batch, tally, slots)) = group.sealed(self.tally) else { return Ok(answers) };
        self.shared.hold(slots);
        self.db.apply_batch(batch)?;
        self.db.flush()?;
        self.log.sync_data()?;
        self.mark.advance(tally)?;
        self.tally = tally;
        self.shared.show();
        Ok(answers)
    }

    fn finish(&mut self) -> Result<(), Failure> {
        self.db.flush()?;
        self.log.sync_data()?;
        self.mark.advance(self.tally)?;
        self.mark.sync()?;
        Ok(())
    }

    /// Refuses what comes, and says that the process has to end: at once, or, since a store cannot
    /// be opened on a full disk, when there is room.
    fn stop(self, failure: Failure, errands: &mut mpsc::Receiver<Errand>) {
        let Failure { reason, is_full } = failure;
        self.shared.set(Status::Stopped(reason.clone()));
        tracing::error!(%reason, "the store has stopped");
        while is_full && !errands.is_closed() && self.shared.room().is_err() {
            refuse_waiting(errands, &reason);
            thread::sleep(ROOM_PAUSE);
        }
        self.shared.set(Status::Failed(reason.clone()));
        errands.close();
        refuse_waiting(errands, &reason);
    }
}

fn refuse_waiting(errands: &mut mpsc::Receiver<Errand>, reason: &str) {
    while let Ok(errand) = errands.try_recv() {
        match errand {
            Errand::Commit(_, waiter) => tell(waiter, Err(StoreError::Refused(reason.to_owned()))),
            Errand::Close => errands.close(),
        }
    }
}

fn tell(waiter: Waiter, answer: Answer) {
    // Who no longer waits needs no answer; the commit stands all the same.
    let _ = waiter.send(answer);
}

/// A panic is a failure like any other: a writer is never half alive.
fn guarded<T>(act: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    panic::catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|payload| {
        let reason = format!("the writer panicked: {}", panic_text(payload.as_ref()));
        Err(Failure { reason, is_full: false })
    })
}

/// What a panic said.
pub(super) fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic").to_owned()
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull => Self { reason: "the disk is full".into(), is_full: true },
            _ => Self { reason: format!("writing failed: {error}"), is_full: false },
        }
    }
}

impl From<sled::Error> for Failure {
    fn from(error: sled::Error) -> Self {
        match error {
            sled::Error::Io(error) => error.into(),
            error => Self { reason: format!("writing failed: {error}"), is_full: false },
        }
    }
}
