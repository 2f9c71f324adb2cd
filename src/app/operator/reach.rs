//! Whoever has the store: a running server, or else this command itself.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::time::timeout;

use super::server::read_line;
use super::socket::{self, connect};
use super::{Answer, Desk, Order};
use crate::app::{Failure, furnish, open_keys};
use crate::config::Config;
use crate::domain::Gatepost;
use crate::domain::ports::World;
use crate::store::sled::{self as engine, OpenError, SledSettings, SledStore};

/// How long an answer may take: the store of a server may be slow.
const PATIENCE: Duration = Duration::from_mins(1);

/// What to do where there is no store yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Make one, as the first start of the server does.
    Make,
    /// Say so: there is nothing to show or to change, and the folder is a mistake.
    Refuse,
}

/// Why an order was not obeyed.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// For a reason in words.
    #[error("{0}")]
    Refused(String),
    /// The server went away, or does not answer.
    #[error("{}: the server does not answer: {error}", path.display())]
    Silent {
        /// The socket.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The server answered what was not asked.
    #[error("the server answered what was not asked: is it of the same version?")]
    OtherAnswer,
}

/// Who obeys.
pub enum Operator {
    /// A running server.
    Server {
        /// Its data folder.
        folder: PathBuf,
    },
    /// This process: no server runs.
    Alone {
        /// Where orders are obeyed.
        desk: Desk,
        /// The store, to be closed afterwards.
        store: Arc<SledStore>,
    },
}

impl Operator {
    /// Finds a running server, or opens the store in its place. Within a tokio runtime.
    ///
    /// # Errors
    /// Why neither can be: `InUse` where a process has the store and does not listen.
    pub async fn reach(mut config: Config, world: World, missing: Missing) -> Result<Self, Failure> {
        let folder = config.data_dir.clone();
        if connect(&folder).is_ok() {
            return Ok(Self::Server { folder });
        }
        if missing == Missing::Refuse && !engine::is_known(&folder) {
            return Err(OpenError::NoStore { folder }.into());
        }
        let ring = open_keys(&mut config, &world)?;
        // This reads the whole store and blocks meanwhile: nothing else is there to be held up.
        let store = match SledStore::open(&folder, &SledSettings::new(world.random())) {
            Ok(store) => Arc::new(store),
            // A server may just have started.
            Err(OpenError::InUse { .. }) if connect(&folder).is_ok() => return Ok(Self::Server { folder }),
            Err(error) => return Err(error.into()),
        };
        let settings = furnish::domain(&config);
        let gatepost = Gatepost::open(Arc::<SledStore>::clone(&store), world.clone(), ring, settings).await?;
        Ok(Self::Alone { desk: Desk::new(Arc::new(gatepost), config.origin(None), world), store })
    }

    /// Has an order obeyed.
    ///
    /// # Errors
    /// Why it was not.
    pub async fn order(&self, order: Order) -> Result<Answer, Failure> {
        let answer = match self {
            Self::Alone { desk, .. } => desk.obey(order).await,
            Self::Server { folder } => {
                let silent = |error| OperatorError::Silent { path: socket::path(folder), error };
                let asked = timeout(PATIENCE, ask(folder, &order)).await;
                asked.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(silent)?
            }
        };
        match answer {
            Answer::Refused(reason) => Err(OperatorError::Refused(reason).into()),
            answer => Ok(answer),
        }
    }

    /// Lets go of the store, where it was opened.
    pub async fn leave(self) {
        if let Self::Alone { desk, store } = self {
            drop(desk);
            store.close().await;
        }
    }
}

async fn ask(folder: &std::path::Path, order: &Order) -> io::Result<Answer> {
    let mut line = serde_json::to_vec(order)?;
    line.push(b'\n');
    let mut stream = BufReader::new(connect(folder)?);
    stream.write_all(&line).await?;
    match read_line(&mut stream).await? {
        line if line.is_empty() => Err(io::ErrorKind::UnexpectedEof.into()),
        line => Ok(serde_json::from_slice(&line)?),
    }
}
