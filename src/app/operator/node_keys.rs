//! Orders about the keys of nodes that share a store. The file of one node is changed, and the operator copies it to the
//! others, which read it by themselves.

use std::path::PathBuf;

use super::desk::Desk;
use super::keys::{adopted, read, remove, replace};
use super::order::{Answer, Opening, Retired, Rotated};
use crate::config::key_file::KeyPlace;
use crate::domain::operator::Refusal;
use crate::domain::record::ids::KeyId;
use crate::domain::token::key_lines;

impl Desk {
    /// Whether other nodes may use the store.
    pub(in crate::app) fn is_shared(&self) -> bool {
        self.store.clone().shared().is_some()
    }

    /// Adds a key that opens or, if there is one already, says which nodes lack it.
    pub(super) async fn rotate_shared_key(&self) -> Result<Answer, String> {
        let turn = self.turn_at_keys().await;
        let path = self.shared_key_file()?;
        self.take_keys(self.read_keys(&turn).await?, &turn).await?;
        if let Some(id) = self.gatepost.waiting_key() {
            let lacking = self.gatepost.nodes_without_key(id).await.map_err(in_words)?;
            return Ok(opening(id, &path, Opening { is_new: false, lacking }));
        }
        let (text, in_file) = read(&path)?;
        let id = self.gatepost.free_key_id(&in_file).await.map_err(in_words)?;
        let unwritten = |reason| format!("{}: {reason}; no key was rotated", path.display());
        let new = key_lines::with_opening(&text, id, &self.world);
        replace(&path, &new).await.map_err(unwritten)?;
        self.gatepost.adopt_keys(adopted(&new)?).await.map_err(in_words)?;
        let lacking = self.gatepost.nodes_without_key(id).await.map_err(in_words)?;
        Ok(opening(id, &path, Opening { is_new: true, lacking }))
    }

    /// Has a key seal that only opens so far.
    pub(super) async fn seal_with_key(&self) -> Result<Answer, String> {
        let turn = self.turn_at_keys().await;
        let path = self.shared_key_file()?;
        self.take_keys(self.read_keys(&turn).await?, &turn).await?;
        let Some(id) = self.gatepost.waiting_key() else {
            let sealing = self.gatepost.sealing_key().0;
            return Err(format!(
                "there is no key that waits to seal, and key {sealing} seals; `gatepost key rotate` adds one"
            ));
        };
        self.gatepost.seal_with_key(id).await.map_err(in_words)?;
        let (text, _) = read(&path)?;
        // The store says that it seals, so this only puts the lines in order.
        if let Err(reason) = replace(&path, &key_lines::with_sealing(&text, id)).await {
            tracing::warn!(reason, "{}: could not put the keys in order", path.display());
        }
        let place = self.settings.keys.to_string();
        Ok(Answer::Rotated(Rotated { key: id.0, place, line: None, reason: None, opening: None }))
    }

    /// Retires a key, removes its line from the key file, and says which nodes still have it.
    pub(super) async fn retire_shared_key(&self, id: KeyId, forced: bool) -> Result<Answer, String> {
        let _turn = self.turn_at_keys().await;
        let path = self.shared_key_file()?;
        // Before it is retired: then all that have it drop it soon, and their files still have it.
        let nodes = self.gatepost.nodes_with_key(id).await.map_err(in_words)?;
        if self.gatepost.has_key(id) {
            if !forced {
                self.refuse_if_used(id).await?;
            }
            self.gatepost.refuse_if_sealing(id).await.map_err(in_words)?;
            self.gatepost.retire_key(id).await.map_err(in_words)?;
        } else if !self.gatepost.is_retired(id).await.map_err(in_words)? {
            return Err(Refusal::NoKey(id.0).to_string());
        }
        let reason = remove(&path, id).await.err();
        let beginning = reason.is_some().then(|| key_lines::beginning(id).trim_end().to_owned());
        let place = self.settings.keys.to_string();
        Ok(Answer::Retired(Retired { key: id.0, place, beginning, reason, nodes: Some(nodes) }))
    }

    fn shared_key_file(&self) -> Result<PathBuf, String> {
        match &self.settings.keys {
            KeyPlace::File(path) => Ok(path.clone()),
            KeyPlace::Environment => {
                Err("the keys are in GATEPOST_KEY, which no command can change; put them into a \
                                          file, and name it with key_file"
                    .into())
            }
        }
    }
}

fn opening(id: KeyId, path: &std::path::Path, opening: Opening) -> Answer {
    let place = path.display().to_string();
    Answer::Rotated(Rotated { key: id.0, place, line: None, reason: None, opening: Some(opening) })
}

#[expect(clippy::needless_pass_by_value, reason = "it is what an error is mapped with")]
fn in_words(refusal: Refusal) -> String {
    refusal.to_string()
}
