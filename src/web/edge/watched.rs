//! The socket of a connection. It reports what happens to the line and the place, and notices a client that is
//! gone while its request is at work.

use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::{io, io::IoSlice};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::places::Place;

/// How much is read at once. hyper doubles its buffer with each read that fills it, and keeps it as long as the
/// connection is open: thousands of bodies that never end would take more memory for that than for their bytes.
const PIECE_BYTES: usize = 4096;

/// A socket that reports to its place.
pub(super) struct Watched<'a, S> {
    pub(super) socket: S,
    pub(super) place: &'a Place,
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<'_, S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = if buffer.remaining() > PIECE_BYTES {
            let mut piece = [MaybeUninit::uninit(); PIECE_BYTES];
            let mut piece = ReadBuf::uninit(&mut piece);
            let outcome = Pin::new(&mut self.socket).poll_read(cx, &mut piece);
            buffer.put_slice(piece.filled());
            outcome
        } else {
            Pin::new(&mut self.socket).poll_read(cx, buffer)
        };
        if buffer.filled().len() > before {
            self.place.line.heard();
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<'_, S> {
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
        ready!(Pin::new(&mut self.socket).poll_flush(cx))?;
        // hyper flushes the socket only when it has nothing left to write.
        self.place.line.flushed();
        self.place.is_free_again();
        // A client may end its side and wait for the response, so its end of file says nothing while a handler
        // is running. Writing nothing fails only if the connection is gone.
        if self.place.line.is_long_at_work() {
            ready!(Pin::new(&mut self.socket).poll_write(cx, &[]))?;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
