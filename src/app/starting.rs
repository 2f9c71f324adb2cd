//! Opening the store while the server already answers: that it is alive, and that it is not ready yet.

use std::pin::Pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::data_folder::{self, Opened};
use super::failure::Failure;
use super::furnish;
use super::shared_store;
use crate::config::Config;
use crate::domain::ports::World;
use crate::store::embedded::FolderLock;
use crate::web::edge::{Limits, Listener, serve};
use crate::web::starting;

/// How long a client that was told to wait may take to read that, once the server is ready.
const LONGEST_GOODBYE: Duration = Duration::from_millis(500);

/// Opens the store, and returns the configuration too; or returns nothing if `stop` came first.
pub(super) async fn open(
    lock: FolderLock,
    config: Config,
    listener: &Listener,
    world: &World,
    stop: &CancellationToken,
) -> Result<Option<(Config, Opened)>, Failure> {
    let origin = config.origin(listener.address());
    let site = Arc::new(furnish::site(&config, origin.clone(), Vec::new()));
    let mut edge = furnish::edge(&config, origin);
    edge.limits = Limits { stop: LONGEST_GOODBYE, ..edge.limits };
    let doors = starting(site, edge.clone(), world.clone());
    let mut opening = opening(lock, config, world.clone())?;
    let is_over = stop.child_token();
    let answer = serve(listener, doors, edge, is_over.clone());
    tokio::pin!(answer);
    let opened = tokio::select! {
        biased;
        opened = &mut opening => opened,
        // It stops answering only when it was told to stop.
        () = &mut answer => return Ok(None),
    };
    is_over.cancel();
    answer.await;
    opened.map(Some)
}

type Opening = Pin<Box<dyn Future<Output = Result<(Config, Opened), Failure>> + Send>>;

fn opening(lock: FolderLock, mut config: Config, world: World) -> Result<Opening, Failure> {
    let Some(settings) = config.store.shared().cloned() else { return in_a_thread(lock, config, world) };
    Ok(Box::pin(async move {
        let opened = shared_store::open(&settings, &lock, &mut config, &world).await?;
        Ok((config, opened))
    }))
}

/// Opens the store in a thread of its own, because that blocks. If the process ends meanwhile, it is killed, which
/// harms no store.
fn in_a_thread(lock: FolderLock, mut config: Config, world: World) -> Result<Opening, Failure> {
    let (sender, opening) = oneshot::channel();
    thread::Builder::new().name("store-opening".into()).spawn(move || {
        let opened = data_folder::open_or_create(lock, &mut config, &world).map(|opened| (config, opened));
        // If no one waits any more, the store is closed again.
        drop(sender.send(opened));
    })?;
    Ok(Box::pin(async { opening.await.expect("the thread that opens the store always says how that ended") }))
}
