//! Composition: from the configuration to engines, domain, doors and workers.
//!
//! | part | what it owns |
//! | --- | --- |
//! | `furnish` | the configuration as the settings of each part |
//! | `data_folder` | creating the data folder and its key |
//! | `backup` | backups by command and by the clock, and restoring them |
//! | `starting` | what happens while the store is opened |
//! | `running` | the running server: doors, mail room, sweeper |
//! | `process` | signals, and the limit of open files |
//! | `check` | `config check` |
//! | `operator` | the commands about accounts, carried out by the server or without one |
//! | `doctor` | the drills: what mail scanners and strangers do, done to this server |
//! | `failure` | why a command failed |

pub mod backup;
mod check;
mod data_folder;
pub mod doctor;
mod failure;
mod furnish;
pub mod operator;
mod process;
mod running;
mod starting;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

pub use self::check::check;
pub use self::failure::{Failure, ImportError, OperatorError};
use self::operator::{Desk, Socket, Verified};
pub use self::running::{Parts, Running};
use crate::config::Config;
use crate::config::mail::Transport;
use crate::domain::Gatepost;
use crate::domain::ports::World;
use crate::domain::record::address::EmailAddress;
use crate::domain::token::KeyRing;
use crate::mail::{MailRoom, TrialStep};
use crate::path::{self, Origin};
use crate::store::sled::{self as engine, Proof, SledStore};
use crate::web::edge::Listener;
use crate::world;

/// The engine of the store, as the log names it.
const ENGINE: &str = "sled";

/// Serves until a signal ends it.
///
/// # Errors
/// Why it could not start, or why it ended.
pub async fn serve(config: Config) -> Result<(), Failure> {
    let world = world::real();
    let stop = CancellationToken::new();
    process::stop_at_signal(stop.clone())?;
    // This comes first, so that nothing is created or changed if another server already listens here.
    let listener = Listener::bind(&config.listen)?;
    // The socket belongs to the process that has the lock, so the lock is dropped after it. Commands that
    // arrive while the store is opened wait in its backlog.
    let lock = data_folder::lock(&config.data_dir)?;
    let doors = Doors { socket: Socket::bind(&config.data_dir), listener };
    let opened = starting::open(lock.clone(), config, &doors.listener, &world, &stop).await?;
    // It was told to stop before it was open.
    let Some((config, (ring, store))) = opened else { return Ok(()) };
    let store = Arc::new(store);
    let ended = tokio::select! {
        ended = run(&config, doors, Arc::clone(&store), ring, world, stop) => ended,
        reason = store.failed() => Err(Failure::StoreFailed(reason)),
    };
    store.close().await;
    // If the store failed, that says more than what came of it.
    kept(&store).and(ended)
}

/// Whether everything was saved, after closing. The disk may have failed at the last moment.
fn kept(store: &SledStore) -> Result<(), Failure> {
    store.failure().map_or(Ok(()), |reason| Err(Failure::StoreFailed(reason)))
}

/// Where requests and commands arrive.
struct Doors {
    socket: Option<Socket>,
    listener: Listener,
}

async fn run(
    config: &Config,
    Doors { socket, listener }: Doors,
    store: Arc<SledStore>,
    ring: KeyRing,
    world: World,
    stop: CancellationToken,
) -> Result<(), Failure> {
    let origin = config.origin(listener.address());
    let mut parts =
        furnish::furnish(config, origin.clone(), Arc::<SledStore>::clone(&store), ring, world.clone());
    parts.edge.limits.connections =
        process::connections(parts.edge.limits.connections, config.mail.connections);
    let house = Running::open(parts).await?;
    let settings = furnish::desk(config, origin.clone());
    let desk = Desk::new(Arc::clone(&house.house().gatepost), Arc::clone(&store), settings, world.clone());
    announce(config, &listener, &origin);
    let backups = backup::run(config.backup.clone(), Arc::clone(&store), world.clone());
    let orders = async {
        if let Some(socket) = socket {
            operator::serve(socket, desk, stop.clone()).await;
        }
    };
    tokio::join!(house.run(listener, stop.clone()), orders, stop.run_until_cancelled(backups));
    Ok(())
}

/// Logs what serves where: the line to look for when two servers are confused, or settings are doubted.
fn announce(config: &Config, listener: &Listener, origin: &Origin) {
    let listen = match listener.address() {
        Some(address) => address.to_string(),
        None => config.listen.to_string(),
    };
    let data_dir = config.data_dir.display();
    let mail = match &config.mail.transport {
        Transport::Mailbox => format!("shown on {}", origin.link(path::MAILBOX)),
        sent => sent.to_string(),
    };
    let (version, key) = (env!("CARGO_PKG_VERSION"), config.key_place.to_string());
    let dangers = Some(config.dangers().join("; ")).filter(|dangers| !dangers.is_empty());
    tracing::info!(
        version,
        listen,
        public_url = %origin,
        engine = ENGINE,
        data_dir = %data_dir,
        key,
        mail,
        "unsafe" = dangers,
        "serving"
    );
}

/// Sends an email without a link or code, bypassing the outbox. Returns the reply of the mail server
/// or program. Each step of the conversation is passed to `progress` once it is over.
///
/// # Errors
/// The step that failed, and the reason.
pub async fn send_test_letter(
    config: Config,
    to: &EmailAddress,
    mut progress: impl FnMut(&TrialStep),
) -> Result<String, Failure> {
    let (room, mut steps) = MailRoom::new(furnish::mail(&config, config.origin(None))).with_steps();
    let world = world::real();
    let sending = async move { room.send_trial(to, &world).await };
    tokio::pin!(sending);
    let sent = loop {
        tokio::select! {
            biased;
            Some(step) = steps.recv() => progress(&step),
            sent = &mut sending => break sent,
        }
    };
    // The last one may have come with the end.
    while let Ok(step) = steps.try_recv() {
        progress(&step);
    }
    Ok(sent?)
}

/// Creates an empty store for an existing key, which no start of the server does.
///
/// # Errors
/// `Exists` if there is a store already; `NoKey`.
pub async fn create_store(mut config: Config) -> Result<(), Failure> {
    let world = world::real();
    let (ring, store) = data_folder::create_for_key(&mut config, &world)?;
    let store = Arc::new(store);
    // This writes the check of the key, so that no other key is taken for it from now on.
    let gatepost =
        Gatepost::open(Arc::<SledStore>::clone(&store), world, ring, furnish::domain(&config)).await;
    store.close().await;
    gatepost?;
    kept(&store)
}

/// Verifies that the store is intact and the latest one, and that its records fit together. A running server
/// verifies its own store, and one that is starting does so once it runs. `progress` gets how far that is, out of
/// how much.
///
/// # Errors
/// What is wrong with it, and the command that helps.
pub async fn verify_store(config: &Config, progress: &mut dyn FnMut(u64, u64)) -> Result<Proof, Failure> {
    let Verified { proof, misfits } = operator::verify(&config.data_dir, progress).await?;
    if misfits.count > 0 {
        return Err(Failure::Misfits(misfits));
    }
    readable(proof)
}

/// Verifies that the store is intact, and accepts it as the latest one.
///
/// # Errors
/// Why it is not accepted. A running server has found its store to be the latest, so there is nothing to accept.
pub fn accept_store(config: &Config, progress: &mut dyn FnMut(u64, u64)) -> Result<Proof, Failure> {
    data_folder::expect_store(&config.data_dir)?;
    let proof = engine::accept(&config.data_dir, progress)?;
    // It is accepted all the same: what needs such a record fails, and nothing else does.
    if let Some(first) = &proof.unreadable.first {
        tracing::warn!(
            count = proof.unreadable.count,
            "records cannot be read by this version; the first: {first}"
        );
    }
    Ok(proof)
}

fn readable(proof: Proof) -> Result<Proof, Failure> {
    match &proof.unreadable.first {
        Some(first) => {
            Err(Failure::UnreadableRecords { count: proof.unreadable.count, first: first.clone() })
        }
        None => Ok(proof),
    }
}
