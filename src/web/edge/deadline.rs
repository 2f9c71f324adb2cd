//! Which phase a connection is in, and how long it may stay there.
//!
//! hyper's timer runs from the moment a connection is idle to the end of the next head, so neither it
//! nor poem can distinguish an idle browser from a head sent byte by byte, and neither limits writing.
//! Here the socket, the service and the response body report to the `Line`, and `Checks` finds out when a
//! phase has lasted too long. They look at intervals, so that a request costs nothing extra: it sets no timer
//! and reads no clock.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::Limits;

/// How many times a phase is checked before its limit. It may exceed the limit by one interval.
const CHECKS: u32 = 8;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No byte of a request has arrived.
    Idle,
    /// Part of a head has arrived.
    Head,
    /// The head is complete and part of the body is missing.
    Body,
    /// The request is complete and the handler is running.
    Working,
    /// There is a response that has not been sent completely.
    Writing,
}

/// A phase and the number of phases before it, so that entering the same phase again is noticed.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Moment(u64);

impl Moment {
    const FIRST: Self = Self(0);

    fn phase(self) -> Phase {
        match self.0 & 0b111 {
            0 => Phase::Idle,
            1 => Phase::Head,
            2 => Phase::Body,
            3 => Phase::Working,
            _ => Phase::Writing,
        }
    }

    fn then(self, phase: Phase) -> Self {
        let count = (self.0 >> 3) + 1;
        Self(count << 3 | phase as u64)
    }
}

/// Counts the signs of life of all connections, so that their order is known without a clock.
#[derive(Debug, Default)]
pub(super) struct Turns(AtomicU64);

/// What one connection is doing. Only its own task writes this, never at the same time; others only look.
pub(super) struct Line {
    moment: AtomicU64,
    turns: Arc<Turns>,
    /// The turn of the last sign of life: accepted, answered, or the begin of a request.
    since: AtomicU64,
    /// Whether the phase has lasted for a whole interval of the checks.
    is_long: AtomicBool,
    /// hyper has not yet taken all of the response body.
    is_answer_open: AtomicBool,
    /// The connection was at work when one to end was looked for.
    is_unlisted: AtomicBool,
}

impl Line {
    pub(super) fn new(turns: &Arc<Turns>) -> Arc<Self> {
        Arc::new(Self {
            moment: AtomicU64::new(Moment::FIRST.0),
            turns: Arc::clone(turns),
            since: AtomicU64::new(turns.next()),
            is_long: AtomicBool::new(false),
            is_answer_open: AtomicBool::new(false),
            is_unlisted: AtomicBool::new(false),
        })
    }

    /// Whether the connection can end now without losing a request.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.moment().phase(), Phase::Idle | Phase::Head)
    }

    /// Whether no request has been received whole, so that ending the connection loses nothing that was
    /// asked.
    pub(super) fn is_unasked(&self) -> bool {
        matches!(self.moment().phase(), Phase::Idle | Phase::Head | Phase::Body)
    }

    /// The turn of the last sign of life.
    pub(super) fn since(&self) -> u64 {
        self.since.load(Ordering::SeqCst)
    }

    pub(super) fn is_unlisted(&self) -> bool {
        self.is_unlisted.load(Ordering::SeqCst)
    }

    pub(super) fn mark_unlisted(&self, is_unlisted: bool) {
        self.is_unlisted.store(is_unlisted, Ordering::SeqCst);
    }

    /// Whether a handler has been running for a whole interval of the checks.
    pub(super) fn is_long_at_work(&self) -> bool {
        self.is_long.load(Ordering::Relaxed) && self.moment().phase() == Phase::Working
    }

    /// A head is complete.
    pub(super) fn asked(&self) {
        self.enter(Phase::Body);
    }

    /// The request is complete.
    pub(super) fn received(&self) {
        self.enter(Phase::Working);
    }

    /// The response is known. Returns its body, which reports when hyper has taken all of it.
    pub(super) fn answered<B>(self: &Arc<Self>, body: B) -> Answer<B> {
        self.is_answer_open.store(true, Ordering::Relaxed);
        self.enter(Phase::Writing);
        Answer { body, line: Arc::clone(self) }
    }

    /// Bytes arrived. More bytes of the same head do not extend its deadline (Slowloris).
    pub(super) fn heard(&self) {
        if self.moment().phase() == Phase::Idle {
            self.enter(Phase::Head);
        }
    }

    /// Everything that hyper had taken has been sent.
    pub(super) fn flushed(&self) {
        if self.moment().phase() == Phase::Writing && !self.is_answer_open.load(Ordering::Relaxed) {
            self.enter(Phase::Idle);
        }
    }

    fn moment(&self) -> Moment {
        Moment(self.moment.load(Ordering::SeqCst))
    }

    fn enter(&self, phase: Phase) {
        self.is_long.store(false, Ordering::Relaxed);
        if matches!(phase, Phase::Idle | Phase::Head) {
            self.since.store(self.turns.next(), Ordering::SeqCst);
        }
        self.moment.store(self.moment().then(phase).0, Ordering::SeqCst);
    }
}

impl Turns {
    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

/// Looks at a line at intervals.
pub(super) struct Checks<'a> {
    line: &'a Line,
    limits: &'a Limits,
    ticks: Interval,
    seen: Moment,
    lasted: Duration,
}

impl<'a> Checks<'a> {
    pub(super) fn new(line: &'a Line, limits: &'a Limits) -> Self {
        let pause = [limits.idle, limits.head, limits.work, limits.write].into_iter().min();
        let mut ticks = interval(pause.expect("there are four") / CHECKS);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.reset();
        Self { line, limits, ticks, seen: line.moment(), lasted: Duration::ZERO }
    }

    /// Waits for the next check. Returns whether a phase has exceeded its limit.
    pub(super) async fn next(&mut self) -> bool {
        self.ticks.tick().await;
        let now = self.line.moment();
        let is_same = now == self.seen;
        self.lasted = if is_same { self.lasted + self.ticks.period() } else { Duration::ZERO };
        self.seen = now;
        self.line.is_long.store(is_same, Ordering::Relaxed);
        let limit = match now.phase() {
            Phase::Idle => self.limits.idle,
            Phase::Head => self.limits.head,
            // `body` has the limit of a body, which is answered when it is exceeded.
            Phase::Body | Phase::Working => self.limits.work,
            Phase::Writing => self.limits.write,
        };
        self.lasted >= limit
    }
}

/// Lets the reader of a body report that the request is complete.
#[derive(Clone)]
pub(super) struct Received(pub(super) Arc<Line>);

/// The body of a response. hyper drops it after taking the last byte.
pub(super) struct Answer<B> {
    body: B,
    line: Arc<Line>,
}

impl<B: Body + Unpin> Body for Answer<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for Answer<B> {
    fn drop(&mut self) {
        self.line.is_answer_open.store(false, Ordering::Relaxed);
    }
}
