//! Connecting to the mail server by every address it has.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::fault::{Fault, Step};
use super::journal::Journal;
use crate::mail::outcome::plainly;
use crate::mail::settings::SmtpServer;

/// How long an address may take before the next one is tried as well.
const HEAD_START: Duration = Duration::from_secs(1);
/// The most addresses that are tried.
const MAX_ADDRESSES: usize = 8;

/// Connects to a mail server.
pub(super) async fn connect(server: &SmtpServer, journal: &Journal) -> Result<TcpStream, Fault> {
    let fault = |error| Fault::new(Step::Connect, error);
    let addresses = addresses(server).await.map_err(fault)?;
    let stream = connect_to_any(addresses, journal).await.map_err(fault)?;
    // Otherwise every email waits 40 ms for an acknowledgement.
    stream.set_nodelay(true).map_err(fault)?;
    Ok(stream)
}

async fn addresses(server: &SmtpServer) -> io::Result<Vec<SocketAddr>> {
    if !server.addresses.is_empty() {
        return Ok(server.addresses.clone());
    }
    let found = tokio::net::lookup_host((server.host.as_str(), server.port)).await?;
    Ok(found.take(MAX_ADDRESSES).collect())
}

/// Tries one address after the other without waiting for those that do not answer: one that swallows every
/// packet would use up all the time for connecting. The first connection is taken.
async fn connect_to_any(addresses: Vec<SocketAddr>, journal: &Journal) -> io::Result<TcpStream> {
    let mut waiting = addresses.into_iter();
    let mut attempts = FuturesUnordered::new();
    let attempt = async |address: SocketAddr| {
        let attempt = TcpStream::connect(address).await;
        match &attempt {
            Ok(_) => journal.note("connect", address, "connected"),
            Err(error) => journal.note("connect", address, plainly(error)),
        }
        attempt
    };
    attempts.extend(waiting.next().map(attempt));
    let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        let is_last = waiting.len() == 0;
        tokio::select! {
            attempt = attempts.next() => match attempt {
                Some(Ok(stream)) => return Ok(stream),
                Some(Err(error)) => failure = error,
                None if is_last => return Err(failure),
                None => {}
            },
            () = sleep(HEAD_START), if !is_last => {}
        }
        attempts.extend(waiting.next().map(attempt));
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::{Ipv4Addr, SocketAddr};
    use std::time::Duration;

    use tokio::net::{TcpListener, TcpSocket, TcpStream};
    use tokio::time::timeout;

    use super::{Journal, connect_to_any};

    const ANY: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

    #[tokio::test]
    async fn an_address_that_swallows_every_packet_does_not_hide_the_next_one() -> io::Result<()> {
        // No one accepts, and once its queue is full, the system ignores further connections.
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from(ANY))?;
        let swallowing = socket.listen(1)?;
        let silent_at = swallowing.local_addr()?;
        let mut queue = Vec::new();
        while let Ok(stream) = timeout(Duration::from_millis(200), TcpStream::connect(silent_at)).await {
            queue.push(stream?);
        }
        let good = TcpListener::bind(ANY).await?;
        let good_at = good.local_addr()?;
        let silent = Journal::default();
        let connecting = connect_to_any(vec![silent_at, good_at], &silent);
        let stream = timeout(Duration::from_secs(20), connecting).await??;
        assert_eq!(stream.peer_addr()?, good_at);
        Ok(())
    }

    #[tokio::test]
    async fn an_address_that_refuses_is_followed_by_the_next_one() -> io::Result<()> {
        let gone_at = TcpListener::bind(ANY).await?.local_addr()?;
        let good = TcpListener::bind(ANY).await?;
        let good_at = good.local_addr()?;
        let silent = Journal::default();
        let stream = connect_to_any(vec![gone_at, good_at], &silent).await?;
        assert_eq!(stream.peer_addr()?, good_at);
        assert!(connect_to_any(vec![gone_at], &silent).await.is_err());
        assert!(connect_to_any(Vec::new(), &silent).await.is_err());
        Ok(())
    }
}
