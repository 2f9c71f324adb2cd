//! Finds the process that has the store: a running server or, if none runs, this command itself.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::time::{sleep, timeout};

use super::desk::Desk;
use super::order::{Answer, Order};
use super::server::read_line;
use super::socket::{self, connect};
use crate::app::data_folder;
use crate::app::failure::{Failure, OperatorError};
use crate::app::furnish;
use crate::config::Config;
use crate::domain::Gatepost;
use crate::domain::ports::World;
use crate::store::sled::{self as engine, Accept, OpenError, Proof, SledStore};

/// How long an answer may take. Generous, because the server's disk may be slow.
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
        store: Arc<SledStore>,
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
        engine::check_owner(&folder)?;
        // This reads the whole store and blocks meanwhile, but nothing else runs yet.
        let (ring, store) = match data_folder::open(&mut config) {
            Ok((ring, store)) => (ring, Arc::new(store)),
            // A server may have started just now.
            Err(Failure::Store(OpenError::InUse { .. })) if connect(&folder).is_ok() => {
                return Ok(Self::Server { folder });
            }
            Err(error) => return Err(error),
        };
        let settings = furnish::domain(&config);
        let gatepost = Gatepost::open(Arc::<SledStore>::clone(&store), world.clone(), ring, settings).await?;
        let (gatepost, served) = (Arc::new(gatepost), Arc::clone(&store));
        let settings = furnish::desk(&config, config.origin(None));
        Ok(Self::Alone { desk: Desk::new(gatepost, served, settings, world), store })
    }

    /// The server that runs with a data folder, if there is one. Needs a tokio runtime.
    ///
    /// # Errors
    /// `NotOurs` if only another user could find one.
    pub fn running(folder: &Path) -> Result<Option<Self>, Failure> {
        engine::check_owner(folder)?;
        Ok(connect(folder).is_ok().then(|| Self::Server { folder: folder.to_owned() }))
    }

    /// Has an order carried out.
    ///
    /// # Errors
    /// Why it was not carried out.
    pub async fn order(&self, order: Order) -> Result<Answer, Failure> {
        let answer = match self {
            Self::Alone { desk, .. } => desk.obey(order).await,
            Self::Server { folder } => {
                let asked = async {
                    if order.reads_everything() {
                        return ask(folder, &order).await;
                    }
                    let asked = timeout(PATIENCE, ask(folder, &order)).await;
                    asked.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
                };
                let asked = asked.await;
                asked.map_err(|error| silent(folder, error))?
            }
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

/// Verifies the store of a data folder. If a server runs, it does this, however long that takes; otherwise this
/// process does. A process that has the store and does not listen is waited for: it is probably stopping.
pub(in crate::app) async fn verify(folder: &Path) -> Result<Proof, Failure> {
    for attempt in 0..STOP_TRIES {
        if let Some(proof) = verify_served(folder).await {
            return proof;
        }
        match data_folder::verify(folder, Accept::No) {
            Err(Failure::Store(OpenError::InUse { pid, .. })) => {
                if attempt == 0 {
                    tracing::warn!("waiting for process {pid}, which uses the data folder");
                }
                sleep(STOP_PAUSE).await;
            }
            verified => return verified,
        }
    }
    data_folder::verify(folder, Accept::No)
}

/// Has the running server verify its store. Nothing if no server runs, or if it ended before it answered:
/// one that is starting may find that it cannot use the store.
async fn verify_served(folder: &Path) -> Option<Result<Proof, Failure>> {
    if connect(folder).is_err() {
        return None;
    }
    Some(match ask(folder, &Order::VerifyStore {}).await {
        Ok(Answer::Verified(proof)) => Ok(proof),
        Ok(Answer::Refused(reason)) => Err(OperatorError::Refused(reason).into()),
        Ok(_) => Err(OperatorError::OtherAnswer.into()),
        Err(_) if connect(folder).is_err() => return None,
        Err(error) => Err(silent(folder, error).into()),
    })
}

fn silent(folder: &Path, error: io::Error) -> OperatorError {
    OperatorError::Silent { path: socket::path(folder), error }
}

async fn ask(folder: &Path, order: &Order) -> io::Result<Answer> {
    let mut line = serde_json::to_vec(order)?;
    line.push(b'\n');
    let mut stream = BufReader::new(connect(folder)?);
    stream.write_all(&line).await?;
    match read_line(&mut stream).await? {
        line if line.is_empty() => Err(io::ErrorKind::UnexpectedEof.into()),
        line => Ok(serde_json::from_slice(&line)?),
    }
}
