//! Answers orders that arrive at the socket. Each order and each answer is one line of JSON.
//!
//! A connection has one order, and takes a seat only once its order has arrived. So neither a client that
//! waits between orders, for example for the reader of its list, nor one that connects and says nothing
//! holds up others. Nor does one that does not read its answer: wherever the client has to act, the one that
//! has taken longest leaves for the next. The others are in line for a seat.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
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
/// How many orders may have arrived and not be carried out yet. More are refused: every one of them is kept in
/// memory, and its connection is an open file.
const IN_LINE: usize = 64;
/// How many connections may wait for their client to send its order or read its answer.
const WAITING: usize = 64;
/// The most connections there are at once.
pub(in crate::app) const MOST_CONNECTIONS: usize = IN_LINE + WAITING;
/// How long receiving an order may take, and sending its answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long shutting down waits for unfinished orders.
const LONGEST_STOP: Duration = Duration::from_secs(8);
/// The pause after a failed accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Answers orders until `stop`, then finishes the open ones.
pub(in crate::app) async fn serve(socket: Socket, desk: Desk, stop: CancellationToken) {
    let room = Room {
        desk,
        seats: Semaphore::new(SEATS),
        line: Semaphore::new(IN_LINE),
        waiting: Waiting::default(),
        stop,
    };
    let room = Arc::new(room);
    let mut tasks = JoinSet::new();
    while let Some(stream) = room.stop.run_until_cancelled(next(&socket)).await {
        while tasks.try_join_next().is_some() {}
        let (room, place) = (Arc::clone(&room), room.waiting.enter());
        tasks.spawn(async move {
            if let Err(error) = room.attend(stream, place).await {
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

/// The connections that wait for their client.
#[derive(Default)]
struct Waiting(Mutex<VecDeque<oneshot::Sender<()>>>);

impl Waiting {
    /// A place, given up by closing or dropping it. It closes from the other side if another connection needs it.
    fn enter(&self) -> oneshot::Receiver<()> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.retain(|place| !place.is_closed());
        if places.len() == WAITING {
            places.pop_front();
        }
        let (place, leave) = oneshot::channel();
        places.push_back(place);
        leave
    }
}

/// Where orders are carried out.
struct Room {
    desk: Desk,
    seats: Semaphore,
    line: Semaphore,
    waiting: Waiting,
    stop: CancellationToken,
}

impl Room {
    /// Receives an order and answers it, as long as no other connection needs its place.
    async fn attend(&self, stream: UnixStream, mut place: oneshot::Receiver<()>) -> io::Result<()> {
        let mut stream = BufReader::new(stream);
        let received = tokio::select! {
            line = read_line(&mut stream) => Ok(line?),
            _ = &mut place => Err("too many commands are waiting"),
            () = self.stop.cancelled() => Err("the server is shutting down"),
            () = sleep(PATIENCE) => Err("no command arrived in time"),
        };
        place.close();
        let answer = match received {
            // The client only checked whether a server runs.
            Ok(line) if line.is_empty() => return Ok(()),
            Ok(line) => self.carry_out(&line).await,
            Err(reason) => Answer::Refused(reason.into()),
        };
        let mut line = serde_json::to_vec(&answer)?;
        line.push(b'\n');
        tokio::select! {
            biased;
            // Most answers are sent at once, and never wait for a place.
            sent = timeout(PATIENCE, stream.write_all(&line)) => {
                sent.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
            }
            () = async { drop(self.waiting.enter().await) } => Err(io::Error::other("its answer was not read")),
        }
    }

    async fn carry_out(&self, line: &[u8]) -> Answer {
        let Ok(_in_line) = self.line.try_acquire() else {
            return Answer::Refused("too many commands are running; try again".into());
        };
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
