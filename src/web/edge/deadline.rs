//! Which phase a connection is in, and how long it may stay there.
//!
//! hyper's own timer starts with the connection's silence and ends with the head, so it can tell an
//! idle browser from a dripping head as little as poem can, and nothing of theirs bounds
//! the writing. Here the socket, the service and the answer's body each tell the `Line` what they
//! see, and one future ends the connection when a phase has lasted too long. It looks now and then,
//! so that a request costs it nothing: no timer is set, no clock is read.

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

/// How often a phase is looked at before its limit: it may last longer by one look.
const LOOKS: u32 = 8;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing of a request has come.
    Idle,
    /// Some of a head has come.
    Head,
    /// The head is whole; body and handler.
    Working,
    /// There is an answer, not yet wholly sent.
    Writing,
}

/// A phase, and how many came before it: one that was left and entered again is another.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Moment(u64);

impl Moment {
    const FIRST: Self = Self(0);

    fn phase(self) -> Phase {
        match self.0 & 0b11 {
            0 => Phase::Idle,
            1 => Phase::Head,
            2 => Phase::Working,
            _ => Phase::Writing,
        }
    }

    fn then(self, phase: Phase) -> Self {
        let count = (self.0 >> 2) + 1;
        Self(count << 2 | phase as u64)
    }
}

/// What one connection is doing. Told and looked at by its task alone, one after the other.
pub(super) struct Line {
    moment: AtomicU64,
    /// The answer has more bytes than hyper has taken so far.
    is_answer_open: AtomicBool,
}

impl Line {
    pub(super) fn new() -> Arc<Self> {
        let moment = AtomicU64::new(Moment::FIRST.0);
        Arc::new(Self { moment, is_answer_open: AtomicBool::new(false) })
    }

    /// Whether no request would be lost if the connection ended now.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.moment().phase(), Phase::Idle | Phase::Head)
    }

    /// A head is whole.
    pub(super) fn asked(&self) {
        self.enter(Phase::Working);
    }

    /// The answer is known; returns its body, which will tell when it was handed over.
    pub(super) fn answered<B>(self: &Arc<Self>, body: B) -> Answer<B> {
        self.is_answer_open.store(true, Ordering::Relaxed);
        self.enter(Phase::Writing);
        Answer { body, line: Arc::clone(self) }
    }

    /// Returns when a phase has lasted longer than it may.
    pub(super) async fn overrun(&self, limits: &Limits) {
        let pause = [limits.idle, limits.head, limits.work, limits.write].into_iter().min();
        let pause = pause.expect("there are four") / LOOKS;
        let (mut seen, mut lasted) = (self.moment(), Duration::ZERO);
        loop {
            sleep(pause).await;
            let now = self.moment();
            lasted = if now == seen { lasted + pause } else { Duration::ZERO };
            seen = now;
            let limit = match now.phase() {
                Phase::Idle => limits.idle,
                Phase::Head => limits.head,
                Phase::Working => limits.work,
                Phase::Writing => limits.write,
            };
            if lasted >= limit {
                return;
            }
        }
    }

    /// Bytes came. A dripping head moves its deadline by nothing (Slowloris).
    fn heard(&self) {
        if self.moment().phase() == Phase::Idle {
            self.enter(Phase::Head);
        }
    }

    /// All that hyper had taken was sent.
    fn flushed(&self) {
        if self.moment().phase() == Phase::Writing && !self.is_answer_open.load(Ordering::Relaxed) {
            self.enter(Phase::Idle);
        }
    }

    fn moment(&self) -> Moment {
        Moment(self.moment.load(Ordering::Relaxed))
    }

    fn enter(&self, phase: Phase) {
        self.moment.store(self.moment().then(phase).0, Ordering::Relaxed);
    }
}

/// A socket that tells its line what it sees.
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
        // hyper flushes the socket only when it has nothing left to write itself.
        if matches!(outcome, Poll::Ready(Ok(()))) {
            self.line.flushed();
        }
        outcome
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

/// The body of an answer; dropped by hyper when it has taken the last of it.
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
