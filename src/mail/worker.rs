//! The worker: sends queued emails and records what happened to each.
//!
//! 1. Emails that a dead run had claimed are freed.
//! 2. As many emails as there are free places are claimed, or one if the mail server failed last time. Each
//!    is sent by its own task, so that a slow or bad recipient delays no other email.
//! 3. The mail server's reply is recorded. Only then is the place free again.
//! 4. If nothing can be sent, the worker waits until an email is queued, is due, or was not sent.
//!
//! Stopping finishes what the mail server may already have. Everything else stays queued.

use std::collections::HashSet;
use std::convert::Infallible;
use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::attempt::Try;
use super::gate::{Gate, Pass, Way};
use super::lanes::{Lanes, Seat};
use super::rate::Rate;
use super::{MailRoom, Transport};
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::outbox::{Claim, Delivery, Pace, Places};
use crate::domain::record::ids::LetterId;
use crate::domain::record::time::Timestamp;

/// How often the end of an email is recorded again while the server stops.
const LAST_TRIES: u32 = 10;

/// One run of the worker.
struct Shift {
    room: Arc<MailRoom>,
    gatepost: Arc<Gatepost>,
    stop: CancellationToken,
    lanes: Arc<Lanes>,
    gate: Arc<Gate>,
    rate: Rate,
    /// The emails that are being sent. They are not claimed again, whatever the store says about them.
    held: Mutex<HashSet<LetterId>>,
    sending: TaskTracker,
    /// A place is free.
    changed: Notify,
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
    /// There must be only one worker per store.
    pub async fn run(self: Arc<Self>, gatepost: Arc<Gatepost>, stop: CancellationToken) {
        let shift = Arc::new(Shift {
            lanes: Arc::new(Lanes::new(self.connections)),
            gate: Arc::new(Gate::new()),
            rate: Rate::new(self.per_minute),
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
        shift.sending.wait().await;
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
        while let Err(error) = self.gatepost.free_dead_claims().await {
            self.pause(&error).await;
        }
        loop {
            match AssertUnwindSafe(self.look()).catch_unwind().await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => self.pause(&error).await,
                Err(_) => self.pause(&"reading it panicked").await,
            }
        }
    }

    /// Looks into the outbox once (steps 2 and 4).
    async fn look(self: &Arc<Self>) -> Result<(), Error> {
        let room = self.free_room();
        let held = self.held().clone();
        // Claims no more than can be sent at once, so that no claim expires while its email waits for
        // a place.
        let claims = if room.places.all == 0 {
            Vec::new()
        } else {
            self.gatepost.claim_letters(room.places, &held).await?
        };
        if claims.is_empty() {
            return self.wait(&room, &held).await;
        }
        let turns = if room.places.slow == 0 { self.turns.load(Ordering::Relaxed) + 1 } else { 0 };
        self.turns.store(turns, Ordering::Relaxed);
        for claim in claims {
            self.begin(claim);
        }
        Ok(())
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
        }
        Room { places, until }
    }

    /// Whether emails wait for a place in the usual lane.
    async fn is_crowded(&self) -> Result<bool, Error> {
        if self.lanes.free().usual > 0 || self.rate.free(self.gatepost.monotonic()) == 0 {
            return Ok(false);
        }
        if self.gate.way(|at| self.gatepost.is_retry_due(at)) != Way::Open {
            return Ok(false);
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
            () = self.room.idle() => self.room.disconnect().await,
        }
        Ok(())
    }

    /// Sends an email in a task of its own (step 3).
    fn begin(self: &Arc<Self>, claim: Claim) {
        let (seat, pass) = (self.lanes.sit(claim.pace()), self.gate.enter());
        let begun_at = self.gatepost.monotonic();
        self.rate.begin(begun_at);
        self.held().insert(claim.letter().id);
        let shift = Arc::clone(self);
        self.sending.spawn(async move {
            if shift.try_letter(&claim, &seat, &pass).await.is_none() {
                shift.rate.give_back(begun_at);
            }
            shift.held().remove(&claim.letter().id);
            drop((seat, pass));
            shift.changed.notify_one();
        });
    }

    /// Returns nothing if there was nothing to send.
    async fn try_letter(&self, claim: &Claim, seat: &Seat, pass: &Pass) -> Option<()> {
        let (room, gatepost, stop) = (&*self.room, &*self.gatepost, &self.stop);
        let attempt = Try { room, gatepost, stop, claim, seat, pass };
        let attempt = async {
            tokio::select! {
                ending = attempt.make() => ending,
                never = self.keep_time(seat, pass) => match never {},
            }
        };
        // A bug of ours, or in a library that a hostile server exploits, must not end the worker.
        let ending = AssertUnwindSafe(attempt).catch_unwind().await;
        let ending = ending.unwrap_or_else(|_| {
            tracing::error!(letter.id = %claim.letter().id, "sending an email panicked; trying again later");
            let delivery =
                if seat.has_handed_over() { Delivery::Unanswered } else { Delivery::Delayed(Pace::Usual) };
            Some((delivery, None))
        });
        let (delivery, answer) = ending?;
        // Until this is recorded, another attempt would send the email twice. While stopping it is tried a few
        // more times at once, since a change in doubt is usually saved the next time.
        let mut last_tries = LAST_TRIES;
        while let Err(error) = self.gatepost.delivered(claim, delivery, answer.as_ref()).await {
            if self.stop.is_cancelled() {
                if last_tries == 0 {
                    break;
                }
                last_tries -= 1;
            }
            self.stop.run_until_cancelled(self.pause(&error)).await;
        }
        Some(())
    }

    /// Makes room for others while an attempt takes long. What happens before it announces the recipient
    /// is the mail server's trouble: it would be the same for the others.
    async fn keep_time(&self, seat: &Seat, pass: &Pass) -> Infallible {
        seat.announced().await;
        loop {
            self.gatepost.sleep(self.room.timeouts.slow).await;
            // A program that runs for so long can be used.
            if seat.has_handed_over() {
                pass.succeed();
            }
            // Without the store nothing can be sent in its place.
            let is_crowded = self.is_crowded().await.unwrap_or(false);
            seat.step_aside(is_crowded);
            self.changed.notify_one();
        }
    }

    async fn pause(&self, error: &(dyn Display + Sync)) {
        tracing::warn!(%error, "cannot use the outbox; no email is sent until this works");
        sleep(self.room.timeouts.store).await;
    }

    fn held(&self) -> MutexGuard<'_, HashSet<LetterId>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
