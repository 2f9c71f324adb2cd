//! Answers orders that arrive at the socket. Each order and each answer is one line of JSON.
//!
//! A connection has one order. So a client that waits between orders, for example for the reader of
//! its list, does not occupy a seat, and one that hangs or sends garbage occupies one only briefly.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::Semaphore;
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
/// How long receiving an order may take, and sending its answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long shutting down waits for unfinished orders.
const LONGEST_STOP: Duration = Duration::from_secs(8);
/// The pause after a failed accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Answers orders until `stop`, then finishes the open ones.
pub(in crate::app) async fn serve(socket: Socket, desk: Desk, stop: CancellationToken) {
    let seats = Arc::new(Semaphore::new(SEATS));
    let mut tasks = JoinSet::new();
    while let Some(accepted) = stop.run_until_cancelled(next(&socket, &seats)).await {
        while tasks.try_join_next().is_some() {}
        let (stream, seat) = accepted;
        let (desk, stop) = (desk.clone(), stop.clone());
        tasks.spawn(async move {
            let _seat = seat;
            if let Err(error) = attend(stream, &desk, &stop).await {
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

/// The next connection, once there is a seat for it.
async fn next(socket: &Socket, seats: &Arc<Semaphore>) -> (UnixStream, tokio::sync::OwnedSemaphorePermit) {
    let seat = Arc::clone(seats).acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match socket.accept().await {
            Ok(stream) => return (stream, seat),
            Err(error) => {
                tracing::warn!(%error, "could not accept a command");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn attend(stream: UnixStream, desk: &Desk, stop: &CancellationToken) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let answer = match stop.run_until_cancelled(timeout(PATIENCE, read_line(&mut stream))).await {
        None => Answer::Refused("the server is shutting down".into()),
        Some(Err(_)) => Answer::Refused("no command arrived in time".into()),
        // The client only checked whether a server runs.
        Some(Ok(line)) => match line? {
            line if line.is_empty() => return Ok(()),
            line => match serde_json::from_slice(&line) {
                Ok(order) => desk.obey(order).await,
                Err(_) => Answer::Refused(
                    "the server does not know this command; are both the same version?".into(),
                ),
            },
        },
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    timeout(PATIENCE, stream.write_all(&line)).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
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
