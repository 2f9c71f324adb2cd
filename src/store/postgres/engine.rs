//! The engine as those see it who name no engine.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::timeout;

use super::PostgresStore;
use super::fault::plainly;
use super::moment::{Moment, Pages};
use crate::domain::ports::{MAX_REMEMBERED_BYTES, SharedEngine, StoreError};
use crate::domain::record::time::Timestamp;
use crate::store::life::{Life, Snapshot, Verifying};

/// How many connections the server has, and how many of them it keeps for others.
const ROOM: &str = "SELECT current_setting('max_connections')::bigint,
    current_setting('superuser_reserved_connections')::bigint
        + coalesce(current_setting('reserved_connections', true)::bigint, 0)";
const CLOCK: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";

#[async_trait]
impl Life for PostgresStore {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn shared(self: Arc<Self>) -> Option<Arc<dyn SharedEngine>> {
        Some(self)
    }

    /// A server that is away, or that must not be used, is waited for. Another database is none that was used here.
    async fn failed(&self) -> String {
        self.shared.failed().await
    }

    async fn close(&self) {
        Self::close(self).await;
    }

    fn failure(&self) -> Option<String> {
        self.shared.failure()
    }

    async fn verify(self: Arc<Self>) -> Result<Box<dyn Verifying>, StoreError> {
        Ok(Box::new(Pages::new(Moment::open(&self.shared).await?)))
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        Ok(Box::new(Pages::new(Moment::open(&self.shared).await?)))
    }
}

#[async_trait]
impl SharedEngine for PostgresStore {
    async fn remember(&self, bytes: &[u8]) -> Result<(), StoreError> {
        if bytes.len() > MAX_REMEMBERED_BYTES {
            return Err(StoreError::Refused(format!("{} bytes are too many to be remembered", bytes.len())));
        }
        let floor = &self.shared.base.floor;
        let unwritten =
            |error| StoreError::Refused(format!("cannot write {}: {error}", floor.path().display()));
        floor.remember(bytes.to_vec()).await.map_err(unwritten)
    }

    async fn remembered(&self) -> Result<Vec<u8>, StoreError> {
        Ok(self.shared.base.floor.remembered().unwrap_or_default())
    }

    async fn time(&self) -> Result<Option<Timestamp>, StoreError> {
        let limit = self.shared.base.settings.timeout;
        let asking = async {
            let pool = self.shared.pool().await?;
            let reader = pool.reader().await.map_err(|fault| StoreError::Refused(fault.to_string()))?;
            let row =
                reader.link.row(CLOCK, &[]).await.map_err(|error| StoreError::Refused(plainly(&error)))?;
            Ok(u64::try_from(row.get::<_, i64>(0)).ok().map(Timestamp))
        };
        timeout(limit, asking).await.unwrap_or_else(|_| Err(self.shared.unavailable()))
    }

    fn is_another(&self) -> bool {
        self.shared.base.floor.is_another()
    }

    async fn warn_if_crowded(&self, nodes: usize) {
        let asking = async {
            let reader = self.shared.pool().await.ok()?.reader().await.ok()?;
            reader.link.row(ROOM, &[]).await.ok()
        };
        // Whatever keeps this from being asked is reported elsewhere.
        let Ok(Some(row)) = timeout(self.shared.base.settings.timeout, asking).await else { return };
        let (most, reserved): (i64, i64) = (row.get(0), row.get(1));
        let connections = self.shared.base.settings.connections;
        let needed = i64::try_from(nodes.saturating_mul(connections)).unwrap_or(i64::MAX);
        if needed > most - reserved {
            tracing::warn!(
                nodes,
                connections,
                max_connections = most,
                reserved,
                "the nodes may need more connections than the database has; raise its max_connections, or lower \
                 store.connections"
            );
        }
    }
}
