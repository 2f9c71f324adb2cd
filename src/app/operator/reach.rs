//! Finds the process that has the store: a running server or, if none runs, this command itself.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::time::timeout;

use super::desk::Desk;
use super::order::{Answer, Order};
use super::server::read_line;
use super::socket::{self, connect};
use crate::app::data_folder::open_keys;
use crate::app::failure::{Failure, OperatorError};
use crate::app::furnish;
use crate::config::Config;
use crate::domain::Gatepost;
use crate::domain::ports::World;
use crate::store::sled::{self as engine, OpenError, SledSettings, SledStore};

/// How long an answer may take. Generous, because the server's disk may be slow.
const PATIENCE: Duration = Duration::from_mins(1);

/// What to do if there is no store yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Create one, as the first start of the server does.
    Make,
    /// Fail: there is nothing to show or to change, so the folder is probably wrong.
    Refuse,
}

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
    pub async fn reach(mut config: Config, world: World, missing: Missing) -> Result<Self, Failure> {
        let folder = config.data_dir.clone();
        if connect(&folder).is_ok() {
            return Ok(Self::Server { folder });
        }
        // Without this, a user who may not look into the folder would be told that it has no database.
        engine::check_owner(&folder)?;
        if missing == Missing::Refuse && !engine::is_known(&folder) {
            return Err(OpenError::NoStore { folder }.into());
        }
        let ring = open_keys(&mut config, &world)?;
        // This reads the whole store and blocks meanwhile, but nothing else runs yet.
        let store = match SledStore::open(&folder, &SledSettings::new(world.random())) {
            Ok(store) => Arc::new(store),
            // A server may have started just now.
            Err(OpenError::InUse { .. }) if connect(&folder).is_ok() => return Ok(Self::Server { folder }),
            Err(error) => return Err(error.into()),
        };
        let settings = furnish::domain(&config);
        let gatepost = Gatepost::open(Arc::<SledStore>::clone(&store), world.clone(), ring, settings).await?;
        Ok(Self::Alone { desk: Desk::new(Arc::new(gatepost), config.origin(None), world), store })
    }

    /// Has an order carried out.
    ///
    /// # Errors
    /// Why it was not carried out.
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

    /// Closes the store if it was opened.
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
