//! Finds the process that has the store: a running server or, if none runs, this command itself.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::time::{sleep, timeout};

use super::desk::Desk;
use super::order::{Answer, Order, Verified};
use super::server::read_line;
use super::socket::{self, connect};
use super::work::{MAX_PIECE_BYTES, Part, Work};
use crate::app::data_folder;
use crate::app::failure::{Failure, OperatorError};
use crate::app::furnish;
use crate::app::shared_store;
use crate::config::Config;
use crate::domain::Gatepost;
use crate::domain::ports::{Company, World};
use crate::domain::upkeep::Consistency;
use crate::store::embedded;
use crate::store::life::{Life, Refusal};
use crate::world;

/// How long an answer may take, or a part of it. Generous, because the server's disk may be slow.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often verifying looks whether a process that has the store has ended: for longer than a server takes to
/// stop.
const STOP_TRIES: usize = 50;
const STOP_PAUSE: Duration = Duration::from_millis(100);

/// The process that carries out orders.
pub enum Operator {
    /// A running server.
    Server {
        /// Its data folder.
        folder: PathBuf,
    },
    /// This process, because no server runs.
    Alone {
        /// Carries out the orders.
        desk: Desk,
        /// The store, which is closed afterwards.
        store: Arc<dyn Life>,
    },
}

impl Operator {
    /// Finds a running server, or opens the store if there is none. Needs a tokio runtime.
    ///
    /// # Errors
    /// Why neither is possible: `InUse` if a process has the store but does not listen.
    pub async fn reach(mut config: Config, world: World) -> Result<Self, Failure> {
        let folder = config.data_dir.clone();
        if connect(&folder).is_ok() {
            return Ok(Self::Server { folder });
        }
        // Without this, a user who may not look into the folder would be told that it has no database.
        embedded::check_owner(&folder)?;
        let opened = match config.store.shared().cloned() {
            Some(settings) => shared_store::open_as_guest(&settings, &mut config, &world).await,
            // This blocks meanwhile, but nothing else runs yet.
            None => data_folder::open(&mut config),
        };
        let (ring, store) = match opened {
            Ok(opened) => opened,
            // A server may have started just now.
            Err(Failure::Store(Refusal::InUse { .. })) if connect(&folder).is_ok() => {
                return Ok(Self::Server { folder });
            }
            Err(error) => return Err(error),
        };
        let settings = furnish::domain(&config);
        let gatepost = Gatepost::open(store.clone(), Company::Alone, world.clone(), ring, settings).await?;
        // A database of an earlier version lacks them, and without a server no one else makes them.
        if let Err(error) = gatepost.make_indexes().await {
            tracing::warn!(%error, "cannot make the list of administrators right now; trying again later");
        }
        let (gatepost, served) = (Arc::new(gatepost), Arc::clone(&store));
        let settings = furnish::desk(&config, config.origin(None));
        Ok(Self::Alone { desk: Desk::new(gatepost, served, settings, world), store })
    }

    /// The server that runs with a data folder, if there is one. Needs a tokio runtime.
    ///
    /// # Errors
    /// `NotOurs` if only another user could find one.
    pub fn running(folder: &Path) -> Result<Option<Self>, Failure> {
        embedded::check_owner(folder)?;
        Ok(connect(folder).is_ok().then(|| Self::Server { folder: folder.to_owned() }))
    }

    /// Has an order carried out.
    ///
    /// # Errors
    /// Why it was not carried out.
    pub async fn order(&self, order: Order) -> Result<Answer, Failure> {
        self.follow(order, |_, _, _| Ok(())).await
    }

    /// Has an order carried out that may take long. `on` gets every part of the answer before the last: how many
    /// records are done, out of how many, and the next bytes of a backup.
    ///
    /// # Errors
    /// Why it was not carried out.
    pub async fn follow(
        &self,
        order: Order,
        on: impl FnMut(u64, u64, &[u8]) -> Followed,
    ) -> Result<Answer, Failure> {
        let answer = match self {
            Self::Alone { desk, .. } => follow(desk.begin(order).await, on).await?,
            Self::Server { folder } => match follow_there(folder, &order, on).await {
                Err(Unanswered::Silent(error)) => return Err(silent(folder, error).into()),
                Err(Unanswered::Failed(failure)) => return Err(failure),
                Ok(answer) => answer,
            },
        };
        match answer {
            Answer::Refused(reason) => Err(OperatorError::Refused(reason).into()),
            answer => Ok(answer),
        }
    }

    /// Closes the store if it was opened.
    ///
    /// # Errors
    /// `StoreFailed` if the disk failed at the last moment.
    pub async fn leave(self) -> Result<(), Failure> {
        let Self::Alone { desk, store } = self else { return Ok(()) };
        drop(desk);
        store.close().await;
        store.failure().map_or(Ok(()), |reason| Err(Failure::StoreFailed(reason)))
    }
}

/// What becomes of a part of an answer.
type Followed = Result<(), Failure>;

/// Verifies the store of a data folder. If a server runs, it does this, however long that takes; otherwise this
/// process does. A process that has the store and does not listen is waited for: it is probably stopping.
pub(in crate::app) async fn verify(
    config: &Config,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Verified, Failure> {
    let folder = &config.data_dir;
    if let Some(settings) = config.store.shared() {
        if let Some(verified) = verify_served(folder, progress).await {
            return verified;
        }
        let store = shared_store::open_to_look(settings, &world::real()).await?;
        let verified = verify_beside(&store, progress).await;
        store.close().await;
        return verified;
    }
    for attempt in 0..STOP_TRIES {
        if let Some(verified) = verify_served(folder, progress).await {
            return verified;
        }
        match verify_here(folder, progress).await {
            Err(Failure::Store(Refusal::InUse { pid, .. })) => {
                if attempt == 0 {
                    tracing::warn!("waiting for process {pid}, which uses the data folder");
                }
                sleep(STOP_PAUSE).await;
            }
            verified => return verified,
        }
    }
    verify_here(folder, progress).await
}

/// Verifies a store that servers may use.
async fn verify_beside(
    store: &Arc<dyn Life>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Verified, Failure> {
    let on = |done, all, _: &[u8]| {
        progress(done, all);
        Ok(())
    };
    match follow(Work::verify(Arc::clone(store)).await, on).await? {
        Answer::Verified(verified) => Ok(verified),
        Answer::Refused(reason) => Err(OperatorError::Refused(reason).into()),
        _ => Err(OperatorError::OtherAnswer.into()),
    }
}

async fn verify_here(folder: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<Verified, Failure> {
    data_folder::expect_store(folder)?;
    // Each record is looked at twice.
    let (proof, inspected) = embedded::inspect(folder, &mut |done, all| progress(done, all * 2))?;
    let mut consistency = Consistency::default();
    loop {
        let found = consistency.step(&*inspected).await;
        if let Some(misfits) = found.map_err(|error| OperatorError::Refused(error.to_string()))? {
            return Ok(Verified { proof, misfits });
        }
        progress(proof.records + consistency.done(), proof.records * 2);
    }
}

/// Has the running server verify its store. Nothing if no server runs, or if it ended before it answered:
/// one that is starting may find that it cannot use the store.
async fn verify_served(
    folder: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Option<Result<Verified, Failure>> {
    if connect(folder).is_err() {
        return None;
    }
    let on = |done, all, _: &[u8]| {
        progress(done, all);
        Ok(())
    };
    Some(match follow_there(folder, &Order::VerifyStore {}, on).await {
        Ok(Answer::Verified(verified)) => Ok(verified),
        Ok(Answer::Refused(reason)) => Err(OperatorError::Refused(reason).into()),
        Ok(_) => Err(OperatorError::OtherAnswer.into()),
        Err(_) if connect(folder).is_err() => return None,
        Err(Unanswered::Silent(error)) => Err(silent(folder, error).into()),
        Err(Unanswered::Failed(failure)) => Err(failure),
    })
}

/// Why there is no answer.
enum Unanswered {
    /// The server did not send one.
    Silent(io::Error),
    /// A part of it was of no use.
    Failed(Failure),
}

impl From<io::Error> for Unanswered {
    fn from(error: io::Error) -> Self {
        Self::Silent(error)
    }
}

async fn follow(mut work: Work, mut on: impl FnMut(u64, u64, &[u8]) -> Followed) -> Result<Answer, Failure> {
    loop {
        match work.next().await {
            (Part { answer: Answer::Progress { done, all, .. }, bytes }, Some(rest)) => {
                on(done, all, &bytes)?;
                work = rest;
            }
            (part, _) => return Ok(part.answer),
        }
    }
}

async fn follow_there(
    folder: &Path,
    order: &Order,
    mut on: impl FnMut(u64, u64, &[u8]) -> Followed,
) -> Result<Answer, Unanswered> {
    let mut line = serde_json::to_vec(order).map_err(io::Error::from)?;
    line.push(b'\n');
    let mut stream = BufReader::new(connect(folder)?);
    stream.write_all(&line).await?;
    loop {
        let line = read_line(&mut stream);
        let line = if order.reads_everything() { line.await } else { in_time(line).await }?;
        if line.is_empty() {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        match serde_json::from_slice(&line).map_err(io::Error::from)? {
            Answer::Progress { done, all, bytes } => {
                let mut piece = vec![0; bytes.min(MAX_PIECE_BYTES)];
                in_time(stream.read_exact(&mut piece)).await?;
                on(done, all, &piece).map_err(Unanswered::Failed)?;
            }
            answer => return Ok(answer),
        }
    }
}

/// Waits for the next part of an answer.
async fn in_time<T>(part: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(PATIENCE, part).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

fn silent(folder: &Path, error: io::Error) -> OperatorError {
    OperatorError::Silent { path: socket::path(folder), error }
}
