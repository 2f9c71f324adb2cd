//! Which phase a connection is in, and how long it may stay there.
//!
//! hyper's own timer starts with the connection's silence and ends with the head, so it can tell an
//! idle browser from a dripping head as little as poem can (FACTS 3), and nothing of theirs bounds
//! the writing. Here the socket, the service and the answer's body each tell the `Line` what they
//! see, and one future ends the connection when a phase has lasted too long.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::{io, io::IoSlice};

use hyper::body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio::time::timeout;

use super::Limits;

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

/// What one connection is doing.
pub(super) struct Line {
    phase: watch::Sender<Phase>,
    /// The answer has more bytes than hyper has taken so far.
    is_answer_open: AtomicBool,
}

impl Line {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { phase: watch::Sender::new(Phase::Idle), is_answer_open: AtomicBool::new(false) })
    }

    /// Whether no request would be lost if the connection ended now.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(*self.phase.borrow(), Phase::Idle | Phase::Head)
    }

    /// A head is whole.
    pub(super) fn asked(&self) {
        self.phase.send_replace(Phase::Working);
    }

    /// The answer is known; returns its body, which will tell when it was handed over.
    pub(super) fn answered<B>(self: &Arc<Self>, body: B) -> Answer<B> {
        self.is_answer_open.store(true, Ordering::Relaxed);
        self.phase.send_replace(Phase::Writing);
        Answer { body, line: Arc::clone(self) }
    }

    /// Returns when a phase has lasted longer than it may.
    pub(super) async fn overrun(&self, limits: &Limits) {
        let mut phase = self.phase.subscribe();
        loop {
            let limit = match *phase.borrow_and_update() {
                Phase::Idle => limits.idle,
                Phase::Head => limits.head,
                Phase::Working => limits.work,
                Phase::Writing => limits.write,
            };
            if timeout(limit, phase.changed()).await.is_err() {
                return;
            }
        }
    }

    /// Bytes came. A dripping head moves its deadline by nothing (Slowloris).
    fn heard(&self) {
        self.step(Phase::Idle, Phase::Head);
    }

    /// All that hyper had taken was sent.
    fn flushed(&self) {
        if !self.is_answer_open.load(Ordering::Relaxed) {
            self.step(Phase::Writing, Phase::Idle);
        }
    }

    fn step(&self, from: Phase, to: Phase) {
        self.phase.send_if_modified(|phase| {
            let is_there = *phase == from;
            if is_there {
                *phase = to;
            }
            is_there
        });
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
