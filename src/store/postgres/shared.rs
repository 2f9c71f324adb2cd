//! The pool that is in use, who may take a connection of it, and the commits on their way.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::task::AbortHandle;
use tokio_util::task::TaskTracker;

use super::base::Base;
use super::duty::Commits;
use super::fault::Fault;
use super::flight::{After, Outcome, Task, fly};
use super::pool::Pool;
use super::proof::Proven;
use super::waiting::{Process, Waiting};
use crate::domain::ports::StoreError;

pub(super) struct Shared {
    pub(super) base: Arc<Base>,
    state: watch::Sender<State>,
    /// One for each connection that carries commits, over all pools.
    pub(super) commits: Arc<Semaphore>,
    /// The one that is kept: for heartbeats, and for commits that only show whether commits are acknowledged.
    pub(super) kept: Arc<Semaphore>,
    pub(super) waiting: Waiting,
    pub(super) flights: TaskTracker,
    /// Whether there are records.
    pub(super) has_written: AtomicBool,
    /// Why the server refused the last commit, if that concerns all of them.
    trouble: Mutex<Option<String>>,
    /// Why this process cannot go on.
    failure: watch::Sender<Option<String>>,
}

#[derive(Clone)]
enum State {
    Open(Arc<Pool>),
    Down(String),
    Closed,
}

/// A task on its way. If no one waits for it any more, it goes on by itself.
pub(super) struct Launched {
    shared: Arc<Shared>,
    process: Process,
    task: AbortHandle,
    answer: oneshot::Receiver<Outcome>,
    has_landed: bool,
}

impl Shared {
    pub(super) fn new(base: Base) -> Self {
        let (_, commits) = base.shares();
        Self {
            base: Arc::new(base),
            state: watch::Sender::new(State::Down("the database has not been reached yet".into())),
            commits: Arc::new(Semaphore::new(commits)),
            kept: Arc::new(Semaphore::new(1)),
            waiting: Waiting::default(),
            flights: TaskTracker::new(),
            has_written: AtomicBool::new(false),
            trouble: Mutex::default(),
            failure: watch::Sender::new(None),
        }
    }

    /// The pool, once there is one.
    ///
    /// # Errors
    /// If the store is closed.
    pub(super) async fn pool(&self) -> Result<Arc<Pool>, StoreError> {
        let mut state = self.state.subscribe();
        loop {
            match &*state.borrow_and_update() {
                State::Open(pool) if !pool.is_closed() => return Ok(Arc::clone(pool)),
                State::Closed => return Err(closing()),
                State::Open(_) | State::Down(_) => {}
            }
            state.changed().await.map_err(|_| closing())?;
        }
    }

    pub(super) fn publish(&self, pool: &Arc<Pool>) {
        self.change(State::Open(Arc::clone(pool)));
    }

    pub(super) fn go_down(&self, reason: String) {
        self.change(State::Down(reason));
    }

    /// This process cannot go on.
    pub(super) fn fail(&self, reason: String) {
        self.go_down(reason.clone());
        self.failure.send_replace(Some(reason));
    }

    /// Returns why this process cannot go on, once it cannot.
    pub(super) async fn failed(&self) -> String {
        let mut failure = self.failure.subscribe();
        // The other end is held here, so it is never closed.
        let reason = failure.wait_for(Option::is_some).await.map(|reason| reason.clone());
        reason.ok().flatten().unwrap_or_default()
    }

    /// The same without waiting.
    pub(super) fn failure(&self) -> Option<String> {
        self.failure.borrow().clone()
    }

    fn change(&self, to: State) {
        self.state.send_if_modified(|state| {
            let is_open = !matches!(state, State::Closed);
            if is_open {
                *state = to;
            }
            is_open
        });
    }

    pub(super) fn is_closed(&self) -> bool {
        matches!(*self.state.borrow(), State::Closed)
    }

    /// Ends the pool, and lets nothing begin any more.
    pub(super) fn close(&self) {
        if let State::Open(pool) = self.state.send_replace(State::Closed) {
            pool.close(Fault::Unreachable("the database is closing".into()));
        }
    }

    /// Remembers in the side file that there are records.
    pub(super) async fn note_records(&self) {
        let floor = &self.base.floor;
        if self.has_written.load(Ordering::Relaxed)
            && !floor.is_used()
            && let Err(error) = floor.note_records().await
        {
            tracing::warn!(%error, "cannot write {}", floor.path().display());
        }
    }

    /// Whether every connection for commits carries one that was given up. Nothing would be gained by waiting.
    pub(super) fn is_stuck(&self) -> bool {
        self.commits.available_permits() == 0 && self.waiting.count() >= self.base.shares().1
    }

    /// What to say if nothing could be done in time.
    pub(super) fn unavailable(&self) -> StoreError {
        let silent = || StoreError::Refused("the database did not answer in time".into());
        self.writable().err().unwrap_or_else(silent)
    }

    pub(super) fn writable(&self) -> Result<(), StoreError> {
        match &*self.state.borrow() {
            State::Open(_) if self.is_stuck() || self.waiting.is_any_old() => {
                Err(StoreError::Refused("no standby acknowledges changes".into()))
            }
            State::Open(pool) if !pool.is_closed() => {
                let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
                trouble.clone().map_or(Ok(()), |why| Err(StoreError::Refused(why)))
            }
            State::Open(_) => Err(StoreError::Refused("the database is being proved again".into())),
            State::Down(reason) => Err(StoreError::Refused(reason.clone())),
            State::Closed => Err(closing()),
        }
    }

    /// Sends a task. The connection goes back to its pool once it was answered, or is never used again.
    pub(super) fn launch(
        self: &Arc<Self>,
        pool: Arc<Pool>,
        proven: Proven<Commits>,
        permit: OwnedSemaphorePermit,
        task: Task,
    ) -> Launched {
        let (id, began) = proven.process;
        let process = Process { id, began, server: proven.life.started };
        let (sender, answer) = oneshot::channel();
        let shared = Arc::clone(self);
        let running = self.flights.spawn(async move {
            let (outcome, after) = fly(&proven, &task, shared.base.settings.durable).await;
            shared.waiting.answered(process);
            shared.note(&outcome);
            match after {
                // The clock that was noted for this connection does not fit.
                After::Usable if matches!(outcome, Outcome::Late) => {}
                After::Usable => pool.give_back(proven),
                After::Ended => {
                    shared.waiting.keep(process, permit);
                    pool.doubted.notify_one();
                }
                After::Close(fault) => {
                    tracing::warn!(reason = %fault, "connections to the database are proved again");
                    pool.close(fault);
                }
            }
            // If no one waits for it, it has been given up.
            let _ = sender.send(outcome);
        });
        let task = running.abort_handle();
        Launched { shared: Arc::clone(self), process, task, answer, has_landed: false }
    }

    /// Remembers what stops all commits, for `/readyz`.
    fn note(&self, outcome: &Outcome) {
        let trouble = match outcome {
            Outcome::Done(_) | Outcome::Conflict => None,
            Outcome::Refused(why) => Some(why.clone()),
            Outcome::Late | Outcome::Busy | Outcome::Doubt(_) => return,
        };
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

fn closing() -> StoreError {
    StoreError::Refused("the database is closing".into())
}

impl Launched {
    /// Waits for what becomes of it.
    pub(super) async fn landed(&mut self) -> Outcome {
        let outcome = (&mut self.answer).await;
        self.has_landed = true;
        outcome.unwrap_or_else(|_| Outcome::Doubt("the answer of the database was lost".into()))
    }
}

impl Drop for Launched {
    fn drop(&mut self) {
        if !self.has_landed {
            self.shared.waiting.give_up(self.process, self.task.clone());
        }
    }
}
