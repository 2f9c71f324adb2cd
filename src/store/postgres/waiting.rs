//! Commits that were given up. A server does not notice that its client hung up while it waits for a standby, so each of
//! them still takes one of its connections, and counts as one of ours until it is over there.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedSemaphorePermit;
use tokio::task::AbortHandle;
use tokio_postgres::Error;

use super::link::Link;

/// A process of a server: its number there, when it began, and when the server did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) id: i32,
    pub(super) began: i64,
    pub(super) server: i64,
}

#[derive(Default)]
pub(super) struct Waiting(Mutex<Vec<Entry>>);

struct Entry {
    process: Process,
    /// The task that still waits for the answer and has the permit. Without one, the connection has ended.
    task: Option<AbortHandle>,
    /// Held until the process is gone.
    _permit: Option<OwnedSemaphorePermit>,
    /// Whether it was there at the last look already. Before that, its message may still be on its way.
    is_old: bool,
}

impl Drop for Entry {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

impl Waiting {
    /// No one waits for the answer any more, but the task does.
    pub(super) fn give_up(&self, process: Process, task: AbortHandle) {
        self.entries().push(Entry { process, task: Some(task), _permit: None, is_old: false });
    }

    /// The connection has ended without an answer.
    pub(super) fn keep(&self, process: Process, permit: OwnedSemaphorePermit) {
        self.entries().push(Entry { process, task: None, _permit: Some(permit), is_old: false });
    }

    /// The answer came after all.
    pub(super) fn answered(&self, process: Process) {
        self.entries().retain_mut(|entry| {
            let is_it = entry.process == process;
            if is_it {
                // The task is the one that says so.
                entry.task = None;
            }
            !is_it
        });
    }

    pub(super) fn count(&self) -> usize {
        self.entries().len()
    }

    /// Whether one of them was still there when they were looked at. Locks do not last that long, so it waits for a standby.
    pub(super) fn is_any_old(&self) -> bool {
        self.entries().iter().any(|entry| entry.is_old)
    }

    /// Forgets all of them. Their connections are closed.
    pub(super) fn clear(&self) {
        self.entries().clear();
    }

    /// Forgets those whose process is gone, or has nothing to do: then its answer was lost on the way.
    pub(super) async fn look(&self, link: &Link, server: i64) -> Result<(), Error> {
        let processes: Vec<i32> = self.entries().iter().map(|entry| entry.process.id).collect();
        let alive = link
            .list(
                "SELECT pid, (extract(epoch FROM backend_start) * 1000000)::bigint, state IS NOT DISTINCT FROM 'idle'
                 FROM pg_stat_activity WHERE pid = ANY($1)",
                &[&processes],
            )
            .await?;
        // Whether a process is there, and whether it has something to do.
        let is_busy = |process: &Process| {
            let found = alive.iter().find(|row| row.get::<_, i32>(0) == process.id);
            let found = found.filter(|row| row.get::<_, Option<i64>>(1) == Some(process.began));
            found.filter(|_| process.server == server).map(|row| !row.get::<_, bool>(2))
        };
        self.entries().retain_mut(|entry| {
            let was_old = std::mem::replace(&mut entry.is_old, true);
            match is_busy(&entry.process) {
                Some(is_busy) => is_busy || !was_old,
                None => false,
            }
        });
        Ok(())
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
