//! The keys of nodes that share a store. A key seals only once every node opens what it seals:
//!
//! 1. A new key only opens, and the store does not know it. Each node says in its record which keys it can open.
//! 2. It seals once the store knows it. That is one commit with the state of the store, as joining is, so no node that
//!    lacks it joins meanwhile. Every node finds it there with its next heartbeat, or at its start.
//! 3. A key is retired only while no node seals with it.

use std::collections::BTreeSet;

use crate::domain::error::Error;
use crate::domain::operator::refusal::Refusal;
use crate::domain::ports::{Change, Committed, StoreError, Version};
use crate::domain::read::{Nodes, Watched, known_keys, name_of, nodes, put_ended, put_key, watch};
use crate::domain::record::ids::{KeyId, RunId};
use crate::domain::record::key::Key;
use crate::domain::record::node::Node;
use crate::domain::token::KeyRing;
use crate::domain::{Gatepost, MAX_ATTEMPTS};

/// The other nodes whose keys are not as they should be.
struct Unlike {
    /// Those that may still run.
    names: Vec<String>,
    /// Those that do not.
    ended: Vec<(RunId, Version)>,
}

impl Gatepost {
    /// Tells the other nodes at once which keys this one has.
    pub(in crate::domain) fn tell_neighbours(&self) {
        if let Some(neighbours) = &self.neighbours {
            neighbours.hurry();
        }
    }

    /// The key that only opens so far, if there is one.
    #[must_use]
    pub fn waiting_key(&self) -> Option<KeyId> {
        self.ring.waiting()
    }

    /// The key that seals.
    #[must_use]
    pub fn sealing_key(&self) -> KeyId {
        self.ring.newest()
    }

    /// Whether a key was retired.
    ///
    /// # Errors
    /// `House`.
    pub async fn is_retired(&self, id: KeyId) -> Result<bool, Refusal> {
        let known = known_keys(&*self.store).await.map_err(Error::from)?;
        Ok(known.iter().any(|key| key.id == id && key.is_retired()))
    }

    /// The nodes that cannot open what this key seals.
    ///
    /// # Errors
    /// `House`.
    pub async fn nodes_without_key(&self, id: KeyId) -> Result<Vec<String>, Refusal> {
        Ok(self.unlike(|keys| !keys.contains(&id)).await?.names)
    }

    /// The nodes that still have this key.
    ///
    /// # Errors
    /// `House`.
    pub async fn nodes_with_key(&self, id: KeyId) -> Result<Vec<String>, Refusal> {
        Ok(self.unlike(|keys| keys.contains(&id)).await?.names)
    }

    /// An id for a key that no node has, after those in a key file.
    ///
    /// # Errors
    /// `NodeHasKeys` if a node has a key that is not in this ring: two different ones might get the same id; `NoId`;
    /// `House`.
    pub async fn free_key_id(&self, in_file: &KeyRing) -> Result<KeyId, Refusal> {
        let known = known_keys(&*self.store).await.map_err(Error::from)?;
        let taken: BTreeSet<u8> = known.iter().map(|key| key.id.0).collect();
        let is_foreign = |key: &KeyId| !in_file.holds(*key) && !taken.contains(&key.0);
        let names = self.unlike(|keys| keys.iter().any(is_foreign)).await?.names;
        if !names.is_empty() {
            return Err(Refusal::NodeHasKeys(names.join(", ")));
        }
        in_file.free_ids().find(|id| !taken.contains(&id.0)).ok_or(Refusal::NoId)
    }

    /// From now on a key seals that only opened so far (step 2).
    ///
    /// # Errors
    /// `NodesLackKey`; `House`.
    pub async fn seal_with_key(&self, id: KeyId) -> Result<(), Refusal> {
        for attempt in 0..MAX_ATTEMPTS {
            self.pause(attempt).await;
            // In this order: whoever joins after the state was read changes it, and then this commit is refused.
            let state = self.store.get(&[Key::state()]).await.map_err(Error::from)?.pop().flatten();
            let unlike = self.unlike(|keys| !keys.contains(&id)).await?;
            if !unlike.names.is_empty() {
                return Err(Refusal::NodesLackKey(id.0, unlike.names.join(", ")));
            }
            let known = known_keys(&*self.store).await.map_err(Error::from)?;
            let mut change = Change::new();
            change.expect(Key::state(), state.as_ref().map(|found| found.version));
            if let Some(state) = state {
                // Only its version changes.
                change.put(Key::state(), state.record);
            }
            for (run, version) in unlike.ended {
                // If one of them goes on after all, it lacks the key.
                put_ended(&mut change, run, version, self.world.now());
            }
            if let Some(check) = self.ring.checks().find(|(key, _)| *key == id) {
                put_key(&mut change, check, &known);
            }
            if self.store.commit(change).await.map_err(Error::from)? == Committed::Yes {
                self.ring.seal_with(id);
                self.tell_neighbours();
                tracing::info!(event = "key_rotated", key = id.0, "a new key seals from now on");
                return Ok(());
            }
        }
        Err(Error::from(StoreError::Busy).into())
    }

    /// Refuses while another node seals with a key (step 3).
    ///
    /// # Errors
    /// `NodesSeal`; `House`.
    pub async fn refuse_if_sealing(&self, id: KeyId) -> Result<(), Refusal> {
        let names = self.unlike(|keys| keys.first() == Some(&id)).await?.names;
        if names.is_empty() { Ok(()) } else { Err(Refusal::NodesSeal(id.0, names.join(", "))) }
    }

    /// The other nodes with such keys. A process that has not joined has to watch them to know which have ended.
    async fn unlike(&self, is_unlike: impl Fn(&[KeyId]) -> bool) -> Result<Unlike, Refusal> {
        let matters = |run: RunId, node: Option<&Node>| {
            run != self.run && is_unlike(node.map(|node| node.keys.as_slice()).unwrap_or_default())
        };
        if self.neighbours.is_none() {
            let watched = watch(&*self.store, &self.world, matters).await.map_err(Error::from)?;
            if let Watched::Ended(ended) = watched {
                return Ok(Unlike { names: Vec::new(), ended });
            }
        }
        let mut unlike = Unlike { names: Vec::new(), ended: Vec::new() };
        let all: Nodes = nodes(&*self.store).await.map_err(Error::from)?;
        for (run, node) in all {
            if !matters(run, node.as_ref().map(|(node, _)| node)) {
                continue;
            }
            match self.neighbours.as_ref().and_then(|neighbours| neighbours.ended(run)?.0) {
                Some(version) => unlike.ended.push((run, version)),
                None => unlike.names.push(format!("{} (run {run})", name_of(run, node.as_ref()))),
            }
        }
        Ok(unlike)
    }
}
