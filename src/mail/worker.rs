//! The worker: sends queued emails and records what happened to each.
//!
//! 1. Emails whose claims no one holds are freed: those of a dead run and, after an error, those of a commit in doubt.
//! 2. As many emails as there are free places are claimed, or one if the mail server failed last time. While all
//!    goes well, more of those that were never tried are claimed in advance (`reserve`), so that one commit claims
//!    many and a free place is taken at once. They are put back as soon as they would have to wait.
//! 3. Each email is sent by its own task, so that a slow or bad recipient delays no other email (`sending`).
//! 4. If nothing can be sent, the worker waits until an email is queued, is due, or was not sent. If other nodes use
//!    the same outbox, it looks every few seconds for what they have queued or left.
//!
//! Stopping finishes what the mail server may already have. Everything else stays queued.

use std::collections::HashSet;
use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{Notify, Semaphore};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::gate::{Gate, Way};
use super::lanes::Lanes;
use super::rate::Rate;
use super::reserve::Reserve;
use super::{MailRoom, Transport};
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::outbox::{Claim, Pace, Places};
use crate::domain::record::ids::LetterId;
use crate::domain::record::time::Timestamp;

/// For each place in the usual lane, as many emails may have ended without that being on disk yet. If the process is
/// killed, they are sent once more.
const ENDINGS: usize = 4;
/// How long after the last time claims are freed that other nodes left, at least.
const LOOK_FOR_OTHERS: Duration = Duration::from_secs(4);

/// One run of the worker.
pub(super) struct Shift {
    pub(super) room: Arc<MailRoom>,
    pub(super) gatepost: Arc<Gatepost>,
    pub(super) stop: CancellationToken,
    pub(super) lanes: Arc<Lanes>,
    pub(super) gate: Arc<Gate>,
    pub(super) rate: Rate,
    pub(super) reserve: Reserve,
    /// The emails that are claimed or being sent. They are not claimed again, whatever the store says about them.
    held: Mutex<HashSet<LetterId>>,
    pub(super) sending: TaskTracker,
    /// The ends of emails that may be recorded at once, while their places are free again.
    pub(super) endings: Semaphore,
    /// A place is free.
    pub(super) changed: Notify,
    /// How often emails were claimed since the slow lane is full.
    turns: AtomicUsize,
}

/// What can be sent now.
struct Room {
    places: Places,
    /// When that changes by itself.
    until: Option<Timestamp>,
}

impl MailRoom {
    /// Sends emails until `stop`, and returns when the last one that had to be finished is recorded.
    /// There must be only one worker per run of the process.
    pub async fn run(self: Arc<Self>, gatepost: Arc<Gatepost>, stop: CancellationToken) {
        let shift = Arc::new(Shift {
            lanes: Arc::new(Lanes::new(self.connections)),
            gate: Arc::new(Gate::new()),
            rate: Rate::new(self.per_minute),
            reserve: Reserve::default(),
            endings: Semaphore::new(ENDINGS * self.connections),
            room: self,
            gatepost,
            stop,
            held: Mutex::default(),
            sending: TaskTracker::new(),
            changed: Notify::new(),
            turns: AtomicUsize::new(0),
        });
        shift.stop.run_until_cancelled(shift.work()).await;
        shift.sending.close();
        let put_back = async {
            // If this fails, the next run of the process does it.
            let _ = shift.put_back(shift.reserve.take()).await;
        };
        tokio::join!(shift.sending.wait(), put_back);
        shift.room.disconnect().await;
    }

    async fn disconnect(&self) {
        if let Transport::Carrier(carrier) = &self.transport {
            carrier.disconnect().await;
        }
    }

    /// Waits until kept connections have been idle for too long. Never returns if there are none.
    async fn idle(&self) {
        match &self.transport {
            Transport::Carrier(carrier) if carrier.is_connected() => sleep(self.timeouts.idle).await,
            _ => std::future::pending().await,
        }
    }
}

impl Shift {
    async fn work(self: &Arc<Self>) {
        let mut may_have_lost_claims = true;
        let mut looked_at = self.gatepost.monotonic();
        loop {
            let now = self.gatepost.monotonic();
            // What a node left that has ended is free only once that is known.
            if self.gatepost.has_neighbours() && now.saturating_sub(looked_at) >= LOOK_FOR_OTHERS {
                may_have_lost_claims = true;
            }
            let look = async {
                if may_have_lost_claims {
                    looked_at = now;
                    let held = self.held().clone();
                    self.gatepost.free_dead_claims(&held).await?;
                }
                self.look().await
            };
            let looked = AssertUnwindSafe(look).catch_unwind().await;
            may_have_lost_claims = !matches!(looked, Ok(Ok(())));
            match looked {
                Ok(Ok(())) => {}
                Ok(Err(error)) => self.pause(&error).await,
                Err(_) => self.pause(&"reading it panicked").await,
            }
        }
    }

    /// Looks into the outbox once (steps 2 and 4).
    async fn look(self: &Arc<Self>) -> Result<(), Error> {
        if self.gatepost.clock_is_too_far() {
            // Other nodes may send them meanwhile.
            self.put_back(self.reserve.take()).await?;
            self.look_later().await;
            return Ok(());
        }
        if !self.reserve.is_empty() {
            // Without a free place for slow ones, some places are for the newest emails.
            if self.free_room().places.slow == 0 || self.has_waited_long() {
                self.put_back(self.reserve.take()).await?;
            }
            self.fill();
        }
        let room = self.free_room();
        let held = self.held().clone();
        let claims = if room.places.are_none() {
            Vec::new()
        } else {
            self.gatepost.claim_letters(room.places, &held).await?
        };
        if claims.is_empty() {
            return self.wait(&room, &held).await;
        }
        let turns = if room.places.slow == 0 { self.turns.load(Ordering::Relaxed) + 1 } else { 0 };
        self.turns.store(turns, Ordering::Relaxed);
        self.held().extend(claims.iter().map(|claim| claim.letter().id));
        let mut without_place = Vec::new();
        for claim in claims {
            if claim.pace() == Pace::Usual {
                self.reserve.add(claim);
            } else if let Some(place) = self.place(Pace::Slow) {
                self.begin(claim, place);
            } else {
                // The mail server failed while this was claimed.
                without_place.push(claim);
            }
        }
        self.fill();
        self.put_back(without_place).await
    }

    /// Puts back what was claimed and has no place, so that no claim expires while its email waits for one. If that
    /// fails, no one holds these claims any more, and they are freed before the next look.
    async fn put_back(&self, claims: Vec<Claim>) -> Result<(), Error> {
        for claim in &claims {
            self.held().remove(&claim.letter().id);
        }
        if claims.is_empty() { Ok(()) } else { self.gatepost.put_back(&claims).await }
    }

    /// Whether the next email in the reserve has waited so long that its claim could end while it is sent.
    pub(super) fn has_waited_long(&self) -> bool {
        self.reserve.waits_until().is_some_and(|at| self.gatepost.is_retry_due(at))
    }

    fn free_room(&self) -> Room {
        let mut places = self.lanes.free();
        let way = self.gate.way(|at| self.gatepost.is_retry_due(at));
        let until = match way {
            Way::Open => None,
            Way::One => {
                places.all = places.all.min(1);
                None
            }
            Way::Shut(until) => {
                places = Places::default();
                until
            }
        };
        let now = self.gatepost.monotonic();
        let free = self.rate.free(now);
        if free == 0 && until.is_none() {
            let until = Some(self.gatepost.in_a_while(self.rate.wait(now)));
            return Room { places: Places::default(), until };
        }
        places.all = places.all.min(free);
        if places.slow == 0 {
            // Half of the places, and a single one every second time, beginning with the first.
            places.newest = (places.usual + 1 - self.turns.load(Ordering::Relaxed) % 2) / 2;
        } else if way == Way::Open && !self.rate.is_limited() {
            places.ahead = self.reserve.lacks();
        }
        Room { places, until }
    }

    /// Whether emails wait for a place in the usual lane.
    pub(super) async fn is_crowded(&self) -> Result<bool, Error> {
        if self.lanes.free().usual > 0 || self.rate.free(self.gatepost.monotonic()) == 0 {
            return Ok(false);
        }
        if self.gate.way(|at| self.gatepost.is_retry_due(at)) != Way::Open {
            return Ok(false);
        }
        if !self.reserve.is_empty() {
            return Ok(true);
        }
        let one = Places { usual: 1, all: 1, ..Places::default() };
        let held = self.held().clone();
        self.gatepost.has_claim_due(one, &held).await
    }

    async fn wait(&self, room: &Room, held: &HashSet<LetterId>) -> Result<(), Error> {
        let next = match room.until {
            Some(until) => Some(until),
            None => self.gatepost.next_claim_due(room.places, held).await?,
        };
        let due = async {
            match next {
                Some(at) => self.gatepost.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.gatepost.letter_queued() => {}
            () = self.changed.notified() => {}
            () = self.gate.opened() => {}
            () = due => {}
            () = self.look_later() => {}
            () = self.room.idle() => self.room.disconnect().await,
        }
        Ok(())
    }

    /// Waits until it is time to look for what other nodes have queued or left. Never returns if there are none.
    async fn look_later(&self) {
        match self.gatepost.looks_again_after() {
            Some(after) => self.gatepost.sleep(after).await,
            None => std::future::pending().await,
        }
    }

    pub(super) async fn pause(&self, error: &(dyn Display + Sync)) {
        tracing::warn!(%error, "cannot use the outbox; no email is sent until this works");
        sleep(self.room.timeouts.store).await;
    }

    pub(super) fn held(&self) -> MutexGuard<'_, HashSet<LetterId>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
