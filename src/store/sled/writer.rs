//! The only writer. It takes all waiting changes, writes them as one batch, makes them durable
//! together, and only then responds to each. While one group is being written, the next one gathers.
//!
//! Nothing else writes or flushes, because concurrent flushes deadlock sled. Sled's `flush` does not
//! reach the disk, so the writer syncs sled's file itself. After a failed write or sync, the state
//! on disk is unknown: the writer stops permanently and the process must be restarted.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::group::{Group, Sealed};
use super::guard::{self, Handle};
use super::mark::Mark;
use super::room;
use super::shared::{Shared, Status};
use super::tally::Tally;
use crate::domain::ports::{Committed, Room, StoreError};
use crate::store::CodedChange;

/// The most changes in one batch. Bounded, so that the first of them is not answered much later than without the
/// others.
const GROUP_CHANGES: usize = 256;
/// How often a writer that was stopped by a full disk checks for free space.
const ROOM_PAUSE: Duration = Duration::from_millis(100);

/// A message to the writer.
pub(super) enum Errand {
    /// A change to commit, and where to send the result.
    Commit(CodedChange, Waiter),
    /// Finish everything sent before this, then close.
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
    pub(super) db: Handle,
    /// Sled's file, for messages.
    pub(super) file: PathBuf,
    /// Our own handle of sled's file, to sync it.
    pub(super) log: File,
    pub(super) mark: Mark,
    pub(super) tally: Tally,
    pub(super) shared: Arc<Shared>,
}

impl Writer {
    /// Runs until the store is closed or fails.
    pub(super) fn run(mut self, mut errands: mpsc::Receiver<Errand>) {
        let shared = Arc::clone(&self.shared);
        match self.serve(&mut errands) {
            Ok(()) => {
                drop(self);
                shared.close();
            }
            Err(failure) => self.stop(failure, &mut errands),
        }
        shared.end();
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
                    // Messages sent before this one are still received, later ones are not.
                    Errand::Close => errands.close(),
                }
            }
            self.answer(changes.drain(..), waiters.drain(..))?;
        }
        guarded(|| self.finish()).map_err(|failure| failure.at(&self.file))
    }

    /// Commits a group and responds to every change in it.
    fn answer(
        &mut self,
        changes: impl Iterator<Item = CodedChange>,
        waiters: impl Iterator<Item = Waiter>,
    ) -> Result<(), Failure> {
        let room = match self.shared.failure() {
            // A read found damage, and the process is about to end.
            Some(reason) => Err(StoreError::Refused(reason)),
            None => self.shared.room(),
        };
        let (room, free) = match room {
            Ok(room) => room,
            Err(refusal) => {
                waiters.for_each(|waiter| tell(waiter, Err(refusal.clone())));
                return Ok(());
            }
        };
        let admit = |group: &mut Group<'_>, change: CodedChange| {
            if room.admits(change.class) { group.admit(change) } else { Err(room::refusal(free)) }
        };
        match guarded(|| self.commit(changes, admit)).map_err(|failure| failure.at(&self.file)) {
            Ok(answers) => {
                waiters.zip(answers).for_each(|(waiter, answer)| tell(waiter, answer));
                Ok(())
            }
            Err(failure) => {
                // The status is set first, so that whoever gets this answer finds the store stopped.
                self.shared.set(Status::Stopped(failure.reason.clone()));
                waiters.for_each(|waiter| tell(waiter, Err(StoreError::InDoubt(failure.reason.clone()))));
                Err(failure)
            }
        }
    }

    fn commit(
        &mut self,
        changes: impl Iterator<Item = CodedChange>,
        admit: impl Fn(&mut Group<'_>, CodedChange) -> Answer,
    ) -> Result<Vec<Answer>, Failure> {
        let mut group = Group::new(&self.db, self.tally);
        let answers = changes.map(|change| {
            // The writer reads what it replaces, and a slice is only changed once it was verified.
            change.keys().try_for_each(|key| self.shared.prove_at(key))?;
            admit(&mut group, change)
        });
        let answers = answers.collect();
        let sealed = group.sealed(self.tally, &self.shared.slices())?;
        let Some(Sealed { batch, tally, slots, recut }) = sealed else { return Ok(answers) };
        self.shared.hold(slots);
        self.db.apply_batch(batch)?;
        self.db.flush()?;
        self.log.sync_data()?;
        self.mark.advance(tally)?;
        self.tally = tally;
        self.shared.show(tally, recut);
        Ok(answers)
    }

    fn finish(&mut self) -> Result<(), Failure> {
        self.db.flush()?;
        self.log.sync_data()?;
        self.mark.advance(self.tally)?;
        self.mark.sync()?;
        Ok(())
    }

    /// Refuses further changes, and reports that the process has to end: at once or, if the disk is
    /// full, once there is room, because a store cannot be opened on a full disk.
    fn stop(self, failure: Failure, errands: &mut mpsc::Receiver<Errand>) {
        let Failure { reason, is_full } = failure;
        self.shared.set(Status::Stopped(reason.clone()));
        tracing::error!(%reason, "the database stopped accepting changes");
        while is_full && !errands.is_closed() && !self.has_room() {
            refuse_waiting(errands, &reason);
            thread::sleep(ROOM_PAUSE);
        }
        self.shared.set(Status::Failed(format!(
            "{reason}; the database has stopped, because only a new start can find out what was saved: fix this and \
             start Gatepost again"
        )));
        errands.close();
        refuse_waiting(errands, &reason);
    }

    fn has_room(&self) -> bool {
        matches!(self.shared.room(), Ok((Room::Enough, _)))
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
    // The caller may have stopped waiting; the commit is valid all the same.
    let _ = waiter.send(answer);
}

/// Turns a panic into a failure like any other, so that a panicked writer is noticed.
fn guarded<T>(act: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    let panicked = |reason| Err(Failure { reason: format!("the writer panicked: {reason}"), is_full: false });
    guard::guarded(act).unwrap_or_else(panicked)
}

impl Failure {
    /// The same, with the file in its reason.
    fn at(self, file: &Path) -> Self {
        Self { reason: format!("{}: {}", file.display(), self.reason), ..self }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self { reason: "the disk is full".into(), is_full: true }
            }
            _ => Self { reason: error.to_string(), is_full: false },
        }
    }
}

impl From<sled::Error> for Failure {
    fn from(error: sled::Error) -> Self {
        match error {
            sled::Error::Io(error) => guard::plain(error).into(),
            error => Self { reason: error.to_string(), is_full: false },
        }
    }
}
