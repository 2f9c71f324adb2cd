//! Between the mail server and lettre: makes every reply bounded, printable ASCII.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::journal::{Journal, plain};

/// A connection as lettre reads and writes it, with TLS below where it is required.
///
/// Otherwise a reply of any length would be read into memory, one that is not UTF-8 would be an error,
/// and its control characters would end up in our log.
#[derive(Debug)]
pub(super) struct Wire<S> {
    stream: S,
    peer: SocketAddr,
    greeting: &'static [u8],
    heard_bytes: usize,
    journal: Journal,
}

impl<S> Wire<S> {
    /// The longest reply to one command.
    const MAX_REPLY_BYTES: usize = 64 * 1024;

    /// A connection on which the server speaks first.
    pub(super) fn new(stream: S, peer: SocketAddr, journal: &Journal) -> Self {
        Self { stream, peer, greeting: b"", heard_bytes: 0, journal: journal.clone() }
    }

    /// A connection whose greeting was read before TLS started. Lettre expects one, so it gets ours.
    pub(super) fn greeted(stream: S, peer: SocketAddr, journal: &Journal) -> Self {
        Self { greeting: b"220 TLS\r\n", ..Self::new(stream, peer, journal) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.greeting.is_empty() {
            let (now, later) = self.greeting.split_at(self.greeting.len().min(buffer.remaining()));
            buffer.put_slice(now);
            self.greeting = later;
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let heard = &mut buffer.filled_mut()[before..];
        let heard_bytes = heard.len();
        for byte in heard {
            *byte = plain(*byte);
        }
        self.journal.heard(&buffer.filled()[before..]);
        self.heard_bytes += heard_bytes;
        if self.heard_bytes > Self::MAX_REPLY_BYTES {
            return Poll::Ready(Err(io::Error::other("its reply is too long")));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.heard_bytes = 0;
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.journal.sent(&bytes[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + Sync + std::fmt::Debug> AsyncTokioStream for Wire<S> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}
