//! What the engine on PostgreSQL promises beyond the contract, on real servers: one that crashes, one that is promoted,
//! standbys that stop, connections that are cut, and settings under which an acknowledged commit could be lost.

mod doubt;
mod failover;
mod heartbeats;
mod life;
mod refused;
mod rights;
mod server_clock;
mod standbys;
mod tls;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gatepost::domain::ports::{Change, Committed, Store, StoreError};
use gatepost::store::postgres::{Durable, PostgresSettings, PostgresStore, Refusal};
use gatepost::world;
use tokio::task::JoinHandle;

use super::{get, put};
use crate::harness::postgres::Server;

/// What a commit says that waits for a standby.
const A_COMMIT_WAITS: &str = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'SyncRep'";

/// A primary that waits for one standby, and that standby.
async fn pair() -> Option<(Server, Server)> {
    let primary = Server::start("")?;
    let standby = primary.standby("");
    primary.set("synchronous_standby_names", "ANY 1 (*)").await;
    primary.wait_until("SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'quorum'").await;
    Some((primary, standby))
}

/// Opens a store, and makes its schema.
async fn opened(settings: impl Fn() -> PostgresSettings) -> Arc<PostgresStore> {
    PostgresStore::create(settings(), world::real()).await.unwrap();
    Arc::new(PostgresStore::open(settings(), world::real()).await.unwrap())
}

/// Settings under which a standby must have every commit.
fn majority(server: &Server, folder: &Path, timeout: Duration) -> PostgresSettings {
    PostgresSettings { durable: Durable::Majority, timeout, ..server.settings("gatepost", folder) }
}

/// Why a store is not opened, nor made.
async fn refusal(settings: impl Fn() -> PostgresSettings) -> String {
    let created: Result<(), Refusal> = PostgresStore::create(settings(), world::real()).await;
    match created {
        Err(refusal) => refusal.to_string(),
        Ok(()) => PostgresStore::open(settings(), world::real()).await.unwrap_err().to_string(),
    }
}

/// A commit on its way.
fn begin(store: &Arc<PostgresStore>, change: Change) -> JoinHandle<Result<Committed, StoreError>> {
    let store = Arc::clone(store);
    tokio::spawn(async move { store.commit(change).await })
}

/// Commits until the store accepts it, as people do who try again. A refusal may come at once, so the tries are not
/// counted.
async fn commit_at_last(store: &PostgresStore, name: &str, number: u8) {
    let trying = async {
        while store.commit(put(name, number)).await != Ok(Committed::Yes) {
            tokio::task::yield_now().await;
        }
    };
    let tried = tokio::time::timeout(Duration::from_mins(1), trying).await;
    assert!(tried.is_ok(), "the store does not recover: {:?}", store.writable());
}

/// Whether a record is there.
async fn has(store: &PostgresStore, name: &str) -> bool {
    get(store, name).await.is_some()
}
