//! Sending claimed emails, each in a task of its own.
//!
//! 1. An email takes a place, and an attempt is made.
//! 2. If the email was sent, the place is free for the next one while that is recorded. Only so many ends may be
//!    unrecorded: were the store to fail for long, a crash would send all of those again.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;

use super::attempt::{Made, Try};
use super::gate::{Pass, Way};
use super::lanes::Seat;
use super::worker::Shift;
use crate::domain::outbox::{Claim, Delivery, Pace};

/// How often the end of an email is recorded again while the server stops.
const LAST_TRIES: u32 = 10;

/// What an attempt has as long as it lasts. Dropping it lets another one begin.
pub(super) struct Place {
    seat: Seat,
    pass: Pass,
    begun_at: Duration,
}

impl Shift {
    /// Gives the places that are free to the emails in the reserve.
    pub(super) fn fill(self: &Arc<Self>) {
        while !self.has_waited_long()
            && let Some((claim, place)) = self.reserve.next(|| self.place(Pace::Usual))
        {
            self.begin(claim, place);
        }
    }

    /// A place for an email of this pace, if one may begin now.
    pub(super) fn place(&self, pace: Pace) -> Option<Place> {
        let way = self.gate.way(|at| self.gatepost.is_retry_due(at));
        let (free, begun_at) = (self.lanes.free(), self.gatepost.monotonic());
        let lane = if pace == Pace::Slow { free.slow } else { free.usual };
        let is_free = matches!(way, Way::Open | Way::One)
            && lane > 0
            && self.rate.free(begun_at) > 0
            && !self.gatepost.clock_is_too_far();
        is_free.then(|| {
            self.rate.begin(begun_at);
            Place { seat: self.lanes.sit(pace), pass: self.gate.enter(), begun_at }
        })
    }

    /// Sends an email.
    pub(super) fn begin(self: &Arc<Self>, claim: Claim, place: Place) {
        let shift = Arc::clone(self);
        self.sending.spawn(async move {
            match shift.try_letter(&claim, &place).await {
                Some(made @ (Delivery::Taken, _)) => {
                    // Until there is room for its end, it keeps its place. It fails only if it is closed.
                    let _room = shift.endings.acquire().await;
                    // With other nodes, it takes no other email before this one's end is certain: one that dies
                    // would leave them more than one to send again.
                    let kept = shift.keep_or_leave(place);
                    shift.record(&claim, &made).await;
                    shift.let_go(&claim);
                    if let Some(place) = kept {
                        shift.leave(place);
                    }
                    return;
                }
                // Its place is free once that is recorded: nothing else should be tried before.
                Some(made) => shift.record(&claim, &made).await,
                None => shift.rate.give_back(place.begun_at),
            }
            shift.let_go(&claim);
            shift.leave(place);
            // It may be due later, in whatever lane.
            shift.changed.notify_one();
        });
    }

    /// What the store says about an email counts again.
    fn let_go(&self, claim: &Claim) {
        self.held().remove(&claim.letter().id);
        self.look_again();
    }

    /// Gives a place to the next email, unless the server stops.
    fn leave(self: &Arc<Self>, place: Place) {
        drop(place);
        if !self.stop.is_cancelled() {
            self.fill();
            self.look_again();
        }
    }

    /// Gives a place to the next email, or keeps it if there are other nodes.
    fn keep_or_leave(self: &Arc<Self>, place: Place) -> Option<Place> {
        if self.gatepost.has_neighbours() {
            return Some(place);
        }
        self.leave(place);
        None
    }

    /// Has the outbox looked at, unless all places are taken and there are enough emails for a while.
    fn look_again(&self) {
        if self.reserve.lacks() > 0 || self.lanes.free().usual > 0 {
            self.changed.notify_one();
        }
    }

    /// Makes an attempt. Returns nothing if there was nothing to send.
    async fn try_letter(&self, claim: &Claim, place: &Place) -> Option<Made> {
        let Place { seat, pass, .. } = place;
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
        ending.unwrap_or_else(|_| {
            tracing::error!(letter.id = %claim.letter().id, "sending an email panicked; trying again later");
            let delivery =
                if seat.has_handed_over() { Delivery::Unanswered } else { Delivery::Delayed(Pace::Usual) };
            Some((delivery, None))
        })
    }

    /// Records what became of an email. Until that is on disk, another attempt would send the email twice. While
    /// stopping it is tried a few more times at once, since a change in doubt is usually saved the next time.
    async fn record(&self, claim: &Claim, (delivery, answer): &Made) {
        let mut last_tries = LAST_TRIES;
        while let Err(error) = self.gatepost.settle(claim, *delivery, answer.as_ref()).await {
            if self.stop.is_cancelled() {
                if last_tries == 0 {
                    return;
                }
                last_tries -= 1;
            }
            self.stop.run_until_cancelled(self.pause(&error)).await;
        }
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
}
