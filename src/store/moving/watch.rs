//! Whether any server uses a store that several share.

use std::collections::BTreeMap;
use std::time::Duration;

use super::refused;
use crate::domain::ports::{Store, StoreError, Versioned, World};
use crate::domain::record::Record;
use crate::domain::record::key::{Key, Span};
use crate::store::life::Refusal;

/// After that, a node that is alive has shown it.
const WATCHED: Duration = Duration::from_secs(25);
/// More have never joined, even with those that were lost.
const MOST_NODES: usize = 90;

/// The nodes that had joined when this began.
pub(in crate::store) struct Watch {
    begun: Duration,
    nodes: BTreeMap<Key, Versioned>,
}

impl Watch {
    pub(in crate::store) async fn begin(store: &dyn Store, world: &World) -> Result<Self, Refusal> {
        let begun = world.clock.monotonic();
        Ok(Self { begun, nodes: nodes(store).await.map_err(|error| refused(&error))? })
    }

    /// Waits until a node that is alive has certainly shown it. Returns the records of the others.
    ///
    /// # Errors
    /// If one of them is alive, or another one has begun.
    pub(in crate::store) async fn end(
        self,
        store: &dyn Store,
        world: &World,
    ) -> Result<BTreeMap<Key, Versioned>, Refusal> {
        if !self.nodes.is_empty() {
            let watched = world.clock.monotonic().saturating_sub(self.begun);
            world.clock.sleep(WATCHED.saturating_sub(watched)).await;
        }
        let now = nodes(store).await.map_err(|error| refused(&error))?;
        let is_alive = |(key, node): &(&Key, &Versioned)| {
            self.nodes.get(key).is_none_or(|before| before.version != node.version)
        };
        let names: Vec<String> = now.iter().filter(is_alive).map(|(key, node)| name_of(key, node)).collect();
        if names.is_empty() {
            return Ok(now);
        }
        Err(Refusal::Other(format!(
            "this database is in use by {}; stop every server that uses it first",
            names.join(", ")
        )))
    }
}

fn name_of(key: &Key, node: &Versioned) -> String {
    match &node.record {
        Record::Node(node) => node.profile.name.clone(),
        _ => format!("{key:?}"),
    }
}

/// The records of the nodes that have joined. One that cannot be read is left out.
async fn nodes(store: &dyn Store) -> Result<BTreeMap<Key, Versioned>, StoreError> {
    let page = store.scan(&Span::nodes(), MOST_NODES).await?;
    Ok(page.into_iter().filter_map(|(key, reading)| Some((key, reading.ok()?))).collect())
}
