//! Obeying orders that come over the socket: a line of JSON each, answered by one.
//!
//! A connection brings one order. So a client that waits in between, for a reader of its list say,
//! keeps no seat, and one that hangs or sends rubbish keeps one for a while and harms nobody.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::socket::Socket;
use super::{Answer, Desk};

/// The longest line, an order or an answer.
pub(super) const MAX_LINE_BYTES: u64 = 2 << 20;
/// How many orders are obeyed at once.
const SEATS: usize = 8;
/// How long an order may take to come, and its answer to be taken.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a stop waits for orders that have begun.
const LONGEST_STOP: Duration = Duration::from_secs(8);
/// How long to leave a socket alone that cannot accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Obeys until `stop`, and then what had begun.
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
                tracing::warn!(%error, "an order was not answered");
            }
        });
    }
    // Whoever comes now finds nobody, and is told who has the store.
    drop(socket);
    let ended = async { while tasks.join_next().await.is_some() {} };
    if timeout(LONGEST_STOP, ended).await.is_err() {
        tracing::warn!("an order is cut: what it has done so far stands");
    }
}

/// The next connection that has a seat.
async fn next(socket: &Socket, seats: &Arc<Semaphore>) -> (UnixStream, tokio::sync::OwnedSemaphorePermit) {
    let seat = Arc::clone(seats).acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match socket.accept().await {
            Ok(stream) => return (stream, seat),
            Err(error) => {
                tracing::warn!(%error, "accept_failed");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn attend(stream: UnixStream, desk: &Desk, stop: &CancellationToken) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let answer = match stop.run_until_cancelled(timeout(PATIENCE, read_line(&mut stream))).await {
        None => Answer::Refused("the server is stopping".into()),
        Some(Err(_)) => Answer::Refused("no order came in time".into()),
        // Somebody only looked whether anybody is there.
        Some(Ok(line)) => match line? {
            line if line.is_empty() => return Ok(()),
            line => match serde_json::from_slice(&line) {
                Ok(order) => desk.obey(order).await,
                Err(_) => Answer::Refused(
                    "this is no order that the server knows: is it of the same version?".into(),
                ),
            },
        },
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    timeout(PATIENCE, stream.write_all(&line)).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// A line without its end; nothing, where nobody sent any. What is too long is read no further.
pub(super) async fn read_line(stream: &mut BufReader<UnixStream>) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    stream.take(MAX_LINE_BYTES).read_until(b'\n', &mut line).await?;
    if line.pop_if(|last| *last == b'\n').is_none() && !line.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a line has no end"));
    }
    Ok(line)
}
