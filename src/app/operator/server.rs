//! Answers orders that arrive at the socket. Each order and each answer is one line of JSON.
//!
//! A connection has one order, and takes a seat only once its order has arrived. So neither a client that
//! waits between orders, for example for the reader of its list, nor one that connects and says nothing
//! holds up others.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::desk::Desk;
use super::order::Answer;
use super::socket::Socket;

/// The longest order or answer.
pub(super) const MAX_LINE_BYTES: u64 = 2 << 20;
/// How many orders are carried out at once.
const SEATS: usize = 8;
/// How many connections may wait without having sent an order. The next one takes the place of the one
/// that has waited longest.
const WAITING: usize = 64;
/// How long receiving an order may take, and sending its answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long shutting down waits for unfinished orders.
const LONGEST_STOP: Duration = Duration::from_secs(8);
/// The pause after a failed accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Answers orders until `stop`, then finishes the open ones.
pub(in crate::app) async fn serve(socket: Socket, desk: Desk, stop: CancellationToken) {
    let room = Room { desk, seats: Semaphore::new(SEATS), stop };
    let room = Arc::new(room);
    let mut waiting = VecDeque::new();
    let mut tasks = JoinSet::new();
    while let Some(stream) = room.stop.run_until_cancelled(next(&socket)).await {
        while tasks.try_join_next().is_some() {}
        // A connection closes its end of the channel when its order has arrived, or when it ends.
        waiting.retain(|one: &oneshot::Sender<()>| !one.is_closed());
        if waiting.len() == WAITING {
            waiting.pop_front();
        }
        let (place, asked_to_leave) = oneshot::channel();
        waiting.push_back(place);
        let room = Arc::clone(&room);
        tasks.spawn(async move {
            if let Err(error) = room.attend(stream, asked_to_leave).await {
                tracing::warn!(%error, "could not answer a command");
            }
        });
    }
    // From now on commands find no socket, so they report which process has the store.
    drop(socket);
    let ended = async { while tasks.join_next().await.is_some() {} };
    if timeout(LONGEST_STOP, ended).await.is_err() {
        tracing::warn!("a command was interrupted; what it did so far is kept");
    }
}

/// The next connection.
async fn next(socket: &Socket) -> UnixStream {
    loop {
        match socket.accept().await {
            Ok(stream) => return stream,
            Err(error) => {
                tracing::warn!(%error, "could not accept a command");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Where orders are carried out.
struct Room {
    desk: Desk,
    seats: Semaphore,
    stop: CancellationToken,
}

impl Room {
    /// Receives an order and answers it. If the other end of `place` is dropped, another connection needs
    /// the place.
    async fn attend(&self, stream: UnixStream, mut place: oneshot::Receiver<()>) -> io::Result<()> {
        let mut stream = BufReader::new(stream);
        let answer = tokio::select! {
            line = read_line(&mut stream) => match line? {
                // The client only checked whether a server runs.
                line if line.is_empty() => return Ok(()),
                line => {
                    // The order is here, so this connection does not count as waiting any more.
                    place.close();
                    self.carry_out(&line).await
                }
            },
            _ = &mut place => Answer::Refused("too many commands are waiting".into()),
            () = self.stop.cancelled() => Answer::Refused("the server is shutting down".into()),
            () = sleep(PATIENCE) => Answer::Refused("no command arrived in time".into()),
        };
        let mut line = serde_json::to_vec(&answer)?;
        line.push(b'\n');
        let sent = timeout(PATIENCE, stream.write_all(&line)).await;
        sent.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }

    async fn carry_out(&self, line: &[u8]) -> Answer {
        let Ok(order) = serde_json::from_slice(line) else {
            return Answer::Refused(
                "the server does not know this command; are both the same version?".into(),
            );
        };
        let _seat = self.seats.acquire().await.expect("the semaphore is never closed");
        self.desk.obey(order).await
    }
}

/// Reads a line, without its end; empty if nothing was sent. Stops reading a line that is too long.
pub(super) async fn read_line(stream: &mut BufReader<UnixStream>) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    stream.take(MAX_LINE_BYTES).read_until(b'\n', &mut line).await?;
    if line.pop_if(|last| *last == b'\n').is_none() && !line.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the line has no end"));
    }
    Ok(line)
}
