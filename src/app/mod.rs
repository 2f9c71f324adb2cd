//! Composition: configuration to engines to domain to doors and workers.

mod furnish;
pub mod operator;
mod process;
mod running;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use self::operator::{Desk, ImportError, OperatorError, Socket};
pub use self::running::{Parts, Running};
use crate::config::key_file::{self, KeyFileError, Stored};
use crate::config::mail::Transport;
use crate::config::{Config, Mistakes};
use crate::domain::ports::World;
use crate::domain::record::address::EmailAddress;
use crate::domain::token::KeyRing;
use crate::domain::upkeep::OpenError;
use crate::mail::{MailRoom, TrialError};
use crate::path::{self, Origin};
use crate::store::sled::{self as engine, Accept, Proof, SledSettings, SledStore};
use crate::web::edge::{ListenError, Listener};
use crate::world;

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The configuration has mistakes.
    #[error(transparent)]
    Configuration(#[from] Mistakes),
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
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] engine::OpenError),
    /// The store and the key ring do not fit.
    #[error(transparent)]
    House(#[from] OpenError),
    /// The place to listen at is taken, or not ours.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The store failed while it was in use: only a new start can tell what is on the disk.
    #[error("the store failed: {0}")]
    StoreFailed(String),
    /// The test letter was not taken.
    #[error(transparent)]
    Trial(#[from] TrialError),
    /// An order was not obeyed.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// Accounts were not taken over.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The system refuses something else.
    #[error(transparent)]
    System(#[from] io::Error),
}

/// Serves until a signal ends it.
///
/// # Errors
/// What kept it from starting, or made it end.
pub async fn serve(mut config: Config) -> Result<(), Failure> {
    let world = world::real();
    let stop = CancellationToken::new();
    process::stop_at_signal(stop.clone())?;
    process::raise_file_limit();
    // First of all: where another server listens, nothing is made or changed. Connections that come
    // while the store is proven wait in the backlog.
    let listener = Listener::bind(&config.listen)?;
    let ring = open_keys(&mut config, &world)?;
    // This reads the whole store and blocks meanwhile: nothing else is there to be held up yet.
    let store = SledStore::open(&config.data_dir, &SledSettings::new(world.random()))?;
    let store = Arc::new(store);
    let ended = tokio::select! {
        ended = run(&config, listener, Arc::clone(&store), ring, world, stop) => ended,
        reason = store.failed() => Err(Failure::StoreFailed(reason)),
    };
    store.close().await;
    ended
}

async fn run(
    config: &Config,
    listener: Listener,
    store: Arc<SledStore>,
    ring: KeyRing,
    world: World,
    stop: CancellationToken,
) -> Result<(), Failure> {
    let origin = config.origin(listener.address());
    let house = Running::open(furnish::furnish(config, origin.clone(), store, ring, world.clone())).await?;
    // The store is ours by now, and the socket goes before it is let go.
    let socket = Socket::bind(&config.data_dir);
    let desk = Desk::new(Arc::clone(&house.house().gatepost), origin.clone(), world);
    announce(config, &listener, &origin);
    let orders = async {
        if let Some(socket) = socket {
            operator::serve(socket, desk, stop.clone()).await;
        }
    };
    tokio::join!(house.run(listener, stop.clone()), orders);
    Ok(())
}

/// The line that tells where everything is.
fn announce(config: &Config, listener: &Listener, origin: &Origin) {
    let listen = match listener.address() {
        Some(address) => address.to_string(),
        None => config.listen.to_string(),
    };
    let data_dir = config.data_dir.display();
    let mail = match &config.mail.transport {
        Transport::Mailbox => format!("shown on {}", origin.link(path::MAILBOX)),
        sent => format!("sent by {sent}"),
    };
    tracing::info!(listen, public_url = %origin, data_dir = %data_dir, mail, "serving");
}

/// Sends a letter without link or code, past the outbox. What whoever took it answered.
///
/// # Errors
/// At which step it failed, and what was said there.
pub async fn send_test_letter(config: Config, to: &EmailAddress) -> Result<String, Failure> {
    let room = MailRoom::new(furnish::mail(&config, config.origin(None)));
    Ok(room.send_trial(to, &world::real()).await?)
}

/// Proves that the store is whole and the one that was left behind, or takes it for that.
///
/// # Errors
/// What is wrong with it, and the command that helps.
pub fn verify_store(config: &Config, accept: Accept) -> Result<Proof, Failure> {
    Ok(engine::verify(&config.data_dir, accept)?)
}

/// The keys and, beneath them, a data folder that can be written to.
fn open_keys(config: &mut Config, world: &World) -> Result<KeyRing, Failure> {
    let folder = |error| Failure::DataFolder { path: config.data_dir.clone(), error };
    process::data_folder(&config.data_dir).map_err(folder)?;
    if let Some(ring) = config.keys.take() {
        return Ok(ring);
    }
    let stored = if engine::is_known(&config.data_dir) { Stored::Something } else { Stored::Nothing };
    Ok(key_file::read_or_make(&config.data_dir, stored, world)?)
}
