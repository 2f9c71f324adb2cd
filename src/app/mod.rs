//! Composition: from the configuration to engines, domain, doors and workers.
//!
//! | part | what it owns |
//! | --- | --- |
//! | `furnish` | the configuration as the settings of each part |
//! | `data_folder` | creating the data folder and its key |
//! | `backup` | backups by command and by the clock, and restoring them |
//! | `moving` | moving the store to another place |
//! | `shared_store` | opening a store that several servers share |
//! | `survey` | what administrators see of the machine |
//! | `starting` | what happens while the store is opened |
//! | `running` | the running server: doors, mail room, sweeper |
//! | `reload` | reading the configuration again, at SIGHUP |
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
pub mod moving;
pub mod operator;
mod process;
mod reload;
mod running;
mod shared_store;
mod starting;
mod survey;

use std::sync::Arc;

use tokio::signal::unix::Signal;
use tokio_util::sync::CancellationToken;

pub use self::check::check;
pub use self::failure::{Failure, ImportError, OperatorError};
use self::operator::{Desk, Socket, Verified};
use self::reload::Reload;
pub use self::running::{Parts, Running, Switch};
use self::survey::Lookout;
use crate::config::again::{Loaded, Reader};
use crate::config::mail::Transport;
use crate::config::{Config, Mistakes};
use crate::domain::Gatepost;
use crate::domain::ports::{Company, World};
use crate::domain::record::address::EmailAddress;
use crate::domain::token::KeyRing;
use crate::mail::{MailRoom, TrialStep};
use crate::path::{self, Origin};
use crate::store::embedded;
use crate::store::life::{Life, Proof, Refusal};
use crate::store::shared;
use crate::web::edge::Listener;
use crate::world;

/// Serves with the configuration that `load` reads, until a signal ends it.
///
/// # Errors
/// Why it could not start, or why it ended.
pub async fn serve(load: impl FnOnce() -> Result<Loaded, Mistakes>) -> Result<(), Failure> {
    // First of all: whoever changes the configuration while it is read sends a signal that must not be lost.
    let hangups = process::hangups()?;
    let Loaded { config, reader, .. } = load()?;
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
    let ended = tokio::select! {
        ended = run((config, reader, hangups), doors, Arc::clone(&store), ring, world, stop) => ended,
        reason = store.failed() => Err(Failure::StoreFailed(reason)),
    };
    store.close().await;
    // If the store failed, that says more than what came of it.
    kept(&*store).and(ended)
}

/// Whether everything was saved, after closing. The disk may have failed at the last moment.
fn kept(store: &dyn Life) -> Result<(), Failure> {
    store.failure().map_or(Ok(()), |reason| Err(Failure::StoreFailed(reason)))
}

/// Where requests and commands arrive.
struct Doors {
    socket: Option<Socket>,
    listener: Listener,
}

async fn run(
    (config, reader, hangups): (Config, Reader, Signal),
    Doors { socket, listener }: Doors,
    store: Arc<dyn Life>,
    ring: KeyRing,
    world: World,
    stop: CancellationToken,
) -> Result<(), Failure> {
    let origin = config.origin(listener.address());
    let lookout = Arc::new(Lookout::new(&config, store.name(), world.clone()));
    let settings = (Arc::clone(&store), reader.settings());
    let mut parts = furnish::furnish(&config, origin.clone(), settings, ring, world.clone(), lookout);
    parts.edge.limits.connections =
        process::connections(parts.edge.limits.connections, config.mail.connections);
    let house = Running::open(parts).await?;
    let settings = furnish::desk(&config, origin.clone());
    let desk = Desk::new(Arc::clone(&house.house().gatepost), Arc::clone(&store), settings, world.clone());
    announce(&config, &listener, &origin, store.name());
    let gatepost = Arc::clone(&house.house().gatepost);
    let backups = backup::run(config.backup.clone(), Arc::clone(&store), gatepost, world.clone());
    let reload = Reload::new((config, reader), origin, house.switch(), desk.clone());
    let keys = desk.clone();
    let orders = async {
        if let Some(socket) = socket {
            operator::serve(socket, desk, stop.clone()).await;
        }
    };
    let others = async {
        tokio::join!(
            orders,
            stop.run_until_cancelled(backups),
            stop.run_until_cancelled(reload.run(hangups)),
            stop.run_until_cancelled(reload::follow_key_file(&keys)),
        );
        Ok(())
    };
    // A run that must not go on ends at once, with all of it.
    tokio::try_join!(house.run(listener, stop.clone()), others)?;
    Ok(())
}

/// Logs what serves where: the line to look for when two servers are confused, or settings are doubted.
fn announce(config: &Config, listener: &Listener, origin: &Origin, engine: &str) {
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
    tracing::info!(
        version,
        listen,
        public_url = %origin,
        engine,
        data_dir = %data_dir,
        key,
        mail,
        "unsafe" = config.dangers_in_one_line(),
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
/// If there is a store already; `NoKey`.
pub async fn create_store(mut config: Config) -> Result<(), Failure> {
    if config.store.shared().is_some() {
        let sentence = "`gatepost store create` is for store.url = \"sled\"; run `gatepost store init`";
        return Err(Refusal::Other(sentence.into()).into());
    }
    let world = world::real();
    let (ring, store) = data_folder::create_for_key(&mut config, &world)?;
    // This writes the check of the key, so that no other key is taken for it from now on.
    let gatepost = Gatepost::open(store.clone(), Company::Alone, world, ring, furnish::domain(&config)).await;
    store.close().await;
    gatepost?;
    kept(&*store)
}

/// Makes an empty store that servers share, or completes one. Returns where it is, and the statements that let the role
/// of the servers use it.
///
/// # Errors
/// One line that names the setting and what helps.
pub async fn init_store(config: &Config) -> Result<(String, Vec<String>), Failure> {
    let Some(settings) = config.store.shared() else {
        let sentence = "`gatepost store init` makes a database in PostgreSQL; set store.url to one. The one in the \
                        data folder is made by the first start";
        return Err(Refusal::Other(sentence.into()).into());
    };
    let grants = shared::init(settings, "ROLE", world::real()).await?;
    Ok((settings.to_string(), grants))
}

/// Verifies that the store is intact and the latest one, and that its records fit together. A running server
/// verifies its own store, and one that is starting does so once it runs. `progress` gets how far that is, out of
/// how much.
///
/// # Errors
/// What is wrong with it, and the command that helps.
pub async fn verify_store(config: &Config, progress: &mut dyn FnMut(u64, u64)) -> Result<Proof, Failure> {
    let Verified { proof, misfits } = operator::verify(config, progress).await?;
    if misfits.count > 0 {
        return Err(Failure::Misfits(misfits));
    }
    readable(proof)
}

/// Verifies that the store is intact, and accepts it as the latest one.
///
/// # Errors
/// Why it is not accepted. A running server has found its store to be the latest, so there is nothing to accept.
pub async fn accept_store(config: &Config, progress: &mut dyn FnMut(u64, u64)) -> Result<Proof, Failure> {
    let proof = if let Some(settings) = config.store.shared() {
        let _lock = data_folder::lock(&config.data_dir)?;
        shared::accept(settings, world::real(), progress).await?
    } else {
        data_folder::expect_store(&config.data_dir)?;
        embedded::accept(&config.data_dir, progress)?
    };
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
