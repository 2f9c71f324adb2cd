//! Which phase a connection is in, and how long it may stay there.
//!
//! hyper's timer runs from the moment a connection is idle to the end of the next head, so neither it
//! nor poem can distinguish an idle browser from a head sent byte by byte, and neither limits writing.
//! Here the socket, the service and the response body report to the `Line`, and one future ends the
//! connection when a phase has lasted too long. That future checks at intervals, so that a request
//! costs nothing extra: it sets no timer and reads no clock.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use std::{io, io::IoSlice};

use hyper::body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::sleep;

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

/// What one connection is doing. Only its own task writes this, never at the same time; others only look.
pub(super) struct Line {
    moment: AtomicU64,
    /// How long the phase has lasted, to one interval of the checks.
    lasted_ms: AtomicU64,
    /// hyper has not yet taken all of the response body.
    is_answer_open: AtomicBool,
}

impl Line {
    pub(super) fn new() -> Arc<Self> {
        let moment = AtomicU64::new(Moment::FIRST.0);
        Arc::new(Self { moment, lasted_ms: AtomicU64::new(0), is_answer_open: AtomicBool::new(false) })
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

    /// How long the phase has lasted, to one interval of the checks.
    pub(super) fn lasted_ms(&self) -> u64 {
        self.lasted_ms.load(Ordering::Relaxed)
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

    /// Returns when a phase has exceeded its limit.
    pub(super) async fn overrun(&self, limits: &Limits) {
        let pause = [limits.idle, limits.head, limits.work, limits.write].into_iter().min();
        let pause = pause.expect("there are four") / CHECKS;
        let (mut seen, mut lasted) = (self.moment(), Duration::ZERO);
        loop {
            sleep(pause).await;
            let now = self.moment();
            lasted = if now == seen { lasted + pause } else { Duration::ZERO };
            seen = now;
            self.lasted_ms.store(u64::try_from(lasted.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
            let limit = match now.phase() {
                Phase::Idle => limits.idle,
                Phase::Head => limits.head,
                // `body` has the limit of a body, which is answered when it is exceeded.
                Phase::Body | Phase::Working => limits.work,
                Phase::Writing => limits.write,
            };
            if lasted >= limit {
                return;
            }
        }
    }

    /// Bytes arrived. More bytes of the same head do not extend its deadline (Slowloris).
    fn heard(&self) {
        if self.moment().phase() == Phase::Idle {
            self.enter(Phase::Head);
        }
    }

    /// Everything that hyper had taken has been sent.
    fn flushed(&self) {
        if self.moment().phase() == Phase::Writing && !self.is_answer_open.load(Ordering::Relaxed) {
            self.enter(Phase::Idle);
        }
    }

    fn moment(&self) -> Moment {
        Moment(self.moment.load(Ordering::Relaxed))
    }

    fn enter(&self, phase: Phase) {
        self.lasted_ms.store(0, Ordering::Relaxed);
        self.moment.store(self.moment().then(phase).0, Ordering::Relaxed);
    }
}

/// Lets the reader of a body report that the request is complete.
#[derive(Clone)]
pub(super) struct Received(pub(super) Arc<Line>);

/// A socket that reports to its line.
pub(super) struct Watched<S> {
    pub(super) socket: S,
    pub(super) line: Arc<Line>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.socket).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.line.heard();
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.socket).poll_flush(cx);
        // hyper flushes the socket only when it has nothing left to write.
        if matches!(outcome, Poll::Ready(Ok(()))) {
            self.line.flushed();
        }
        outcome
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

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
