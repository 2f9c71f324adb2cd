//! Composition: configuration to engines to domain to doors and workers.

mod process;

use std::io;
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use crate::config::key_file::{self, KeyFileError, Stored};
use crate::config::{Config, Listen};
use crate::domain::ports::World;
use crate::domain::token::KeyRing;

/// Why the server does not run, or no longer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The data folder cannot be made or written to.
    #[error("{}: the data folder cannot be used: {error}", path.display())]
    DataFolder {
        /// Which folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// There is no key ring.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The place to listen at is taken, or not ours.
    #[error("cannot listen on {listen}: {error}")]
    Listen {
        /// Where.
        listen: Listen,
        /// What the system says.
        error: io::Error,
    },
    /// The system refuses something else.
    #[error(transparent)]
    System(#[from] io::Error),
}

/// Serves until a signal ends it.
///
/// # Errors
/// What kept it from starting, or made it end.
pub async fn serve(mut config: Config, world: World) -> Result<(), Failure> {
    let stop = CancellationToken::new();
    process::stop_at_signal(stop.clone())?;
    process::raise_file_limit();
    let ring = open_keys(&mut config, &world)?;
    tracing::info!(?ring, "ready");
    stop.cancelled().await;
    Ok(())
}

/// The keys and, beneath them, a data folder that can be written to.
fn open_keys(config: &mut Config, world: &World) -> Result<KeyRing, Failure> {
    let folder = |error| Failure::DataFolder { path: config.data_dir.clone(), error };
    process::data_folder(&config.data_dir).map_err(folder)?;
    match config.keys.take() {
        Some(ring) => Ok(ring),
        None => Ok(key_file::read_or_make(&config.data_dir, stored(&config.data_dir), world)?),
    }
}

fn stored(data_dir: &Path) -> Stored {
    if ["store", "store.mark"].iter().any(|name| data_dir.join(name).exists()) {
        Stored::Something
    } else {
        Stored::Nothing
    }
}
