//! Answers orders that arrive at the socket. Each order and each answer is one line of JSON.
//!
//! A connection has one order, and takes a seat only once its order has arrived. So neither a client that
//! waits between orders, for example for the reader of its list, nor one that connects and says nothing
//! holds up others. Nor does one that does not read its answer: once all places are taken, the connection that
//! has waited longest for its client leaves for the next. No one is accepted until one can leave.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::desk::Desk;
use super::order::Answer;
use super::socket::Socket;
use super::work::{Part, Work};
use crate::domain::ports::Clock;

/// The longest order or answer.
pub(super) const MAX_LINE_BYTES: u64 = 2 << 20;
/// How many orders are carried out at once.
const SEATS: usize = 8;
/// How many connections are attended to. Each may keep an order or an answer in memory, and is an open file.
const PLACES: usize = 127;
/// The most connections there are at once: the last one waits for a place.
pub(in crate::app) const MOST_CONNECTIONS: usize = PLACES + 1;
/// How much of an answer is sent before the client is known to read it.
const PIECE: usize = 64 << 10;
/// How long a client may take for one step when another connection needs its place. Long enough for a busy
/// machine to wake a client that does its part.
const GRACE: Duration = Duration::from_secs(1);
/// How often a connection looks whether one can leave for it.
const LOOK: Duration = Duration::from_millis(20);
/// How long receiving an order may take, and sending a piece of its answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long shutting down waits for unfinished orders.
const LONGEST_STOP: Duration = Duration::from_secs(8);
/// The pause after a failed accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Answers orders until `stop`, then finishes the open ones.
pub(in crate::app) async fn serve(socket: Socket, desk: Desk, stop: CancellationToken) {
    let waiting = Waiting { clock: desk.clock(), longest_first: Mutex::default() };
    let room =
        Room { desk, seats: Semaphore::new(SEATS), places: Arc::new(Semaphore::new(PLACES)), waiting, stop };
    let room = Arc::new(room);
    let mut tasks = JoinSet::new();
    while let Some(stream) = room.stop.run_until_cancelled(next(&socket)).await {
        while tasks.try_join_next().is_some() {}
        let Some(place) = room.stop.run_until_cancelled(room.place()).await else { break };
        let room = Arc::clone(&room);
        tasks.spawn(async move {
            if let Err(error) = room.attend(stream).await {
                tracing::warn!(%error, "could not answer a command");
            }
            drop(place);
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

/// The connections that wait for their client, and since when; the one that has waited longest is first.
struct Waiting {
    clock: Arc<dyn Clock>,
    longest_first: Mutex<VecDeque<(Duration, oneshot::Sender<()>)>>,
}

impl Waiting {
    /// Waits for one step of a client.
    async fn wait<T>(&self, step: impl Future<Output = io::Result<T>>) -> Result<T, Unanswered> {
        let leave = self.enter();
        tokio::select! {
            biased;
            // What has arrived is never turned away.
            done = step => done.map_err(Unanswered::Failed),
            _ = leave => Err(Unanswered::Displaced),
            () = sleep(PATIENCE) => Err(Unanswered::Late),
        }
    }

    fn enter(&self) -> oneshot::Receiver<()> {
        let (sender, leave) = oneshot::channel();
        let mut waiting = self.longest_first.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|(_, sender)| !sender.is_closed());
        waiting.push_back((self.clock.monotonic(), sender));
        leave
    }

    /// Tells the connection that has waited longest to leave, unless it only just began.
    fn displace(&self) {
        let mut waiting = self.longest_first.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|(_, sender)| !sender.is_closed());
        let over = self.clock.monotonic().saturating_sub(GRACE);
        if waiting.front().is_some_and(|(since, _)| *since <= over) {
            waiting.pop_front();
        }
    }
}

/// Why a client did not do its part.
#[derive(Debug, thiserror::Error)]
enum Unanswered {
    #[error("too many commands are waiting")]
    Displaced,
    #[error("the client took too long")]
    Late,
    #[error(transparent)]
    Failed(io::Error),
}

/// Where orders are carried out.
struct Room {
    desk: Desk,
    seats: Semaphore,
    places: Arc<Semaphore>,
    waiting: Waiting,
    stop: CancellationToken,
}

impl Room {
    /// Waits for a place.
    async fn place(&self) -> OwnedSemaphorePermit {
        loop {
            match timeout(LOOK, Arc::clone(&self.places).acquire_owned()).await {
                Ok(place) => return place.expect("the semaphore is never closed"),
                Err(_) => self.waiting.displace(),
            }
        }
    }

    /// Receives an order and answers it.
    async fn attend(&self, stream: UnixStream) -> Result<(), Unanswered> {
        let mut stream = BufReader::new(stream);
        let received = tokio::select! {
            biased;
            line = self.waiting.wait(read_line(&mut stream)) => line,
            () = self.stop.cancelled() => {
                let refusal = Answer::Refused("the server is shutting down".into());
                return self.send(&mut stream, &refusal.into()).await;
            }
        };
        let mut work = Some(match received {
            // The client only checked whether a server runs.
            Ok(line) if line.is_empty() => return Ok(()),
            Ok(line) => self.begin(&line).await,
            Err(Unanswered::Failed(error)) => return Err(Unanswered::Failed(error)),
            Err(reason) => Work::Done(Answer::Refused(reason.to_string())),
        });
        while let Some(going_on) = work {
            let (part, rest) = going_on.next().await;
            self.send(&mut stream, &part).await?;
            work = rest;
        }
        Ok(())
    }

    /// Has the order in a line carried out. One that takes long gives its seat to others.
    async fn begin(&self, line: &[u8]) -> Work {
        let Ok(order) = serde_json::from_slice(line) else {
            return Work::Done(Answer::Refused(
                "the server does not know this command; are both the same version?".into(),
            ));
        };
        let _seat = self.seats.acquire().await.expect("the semaphore is never closed");
        self.desk.begin(order).await
    }

    /// Sends a part of an answer in pieces, so that a client that reads is not taken for one that does not.
    async fn send(&self, stream: &mut BufReader<UnixStream>, part: &Part) -> Result<(), Unanswered> {
        let mut line = serde_json::to_vec(&part.answer).map_err(|error| Unanswered::Failed(error.into()))?;
        line.push(b'\n');
        for piece in line.chunks(PIECE).chain(part.bytes.chunks(PIECE)) {
            self.waiting.wait(stream.write_all(piece)).await?;
        }
        Ok(())
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
