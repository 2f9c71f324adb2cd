//! Orders about the keys. The key file is written by the process that has the store, so it and the store
//! agree whenever either ends.

use std::path::{Path, PathBuf};

use tokio::sync::MutexGuard;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use super::desk::Desk;
use super::order::{Answer, Retired, Rotated};
use crate::config::access::View;
use crate::config::key_file::{self, KeyPlace};
use crate::domain::operator::{KeyUses, Refusal};
use crate::domain::record::ids::KeyId;
use crate::domain::token::{KeyRing, key_lines};

/// Shows that no one else changes the keys meanwhile.
pub(in crate::app) struct Turn<'a>(#[expect(dead_code, reason = "it is held")] MutexGuard<'a, ()>);

impl Desk {
    /// Waits until no command changes the keys.
    pub(in crate::app) async fn turn_at_keys(&self) -> Turn<'_> {
        Turn(self.keys.lock().await)
    }

    /// Reads the key file again, if there is one. Returns its keys if they are other ones than those in use.
    pub(in crate::app) async fn read_keys(&self, _: &Turn<'_>) -> Result<Option<KeyRing>, String> {
        let KeyPlace::File(path) = self.settings.keys.clone() else { return Ok(None) };
        let found = spawn_blocking(move || key_file::read(&path, View::Own)).await;
        let ring = found.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        let is_new = self.gatepost.check_keys(&ring).await.map_err(|refusal| refusal.to_string())?;
        Ok(is_new.then_some(ring))
    }

    /// Takes up keys that were read.
    pub(in crate::app) async fn take_keys(&self, keys: Option<KeyRing>, _: &Turn<'_>) -> Result<(), String> {
        match keys {
            Some(ring) => self.gatepost.adopt_keys(ring).await.map_err(|refusal| refusal.to_string()),
            None => Ok(()),
        }
    }

    /// What depends on each key.
    pub(super) async fn list_keys(&self) -> Result<Answer, String> {
        self.gatepost.key_uses().await.map(Answer::Keys).map_err(|error| error.to_string())
    }

    /// Adds a key that seals from now on. If the place of the keys cannot be written, only says what belongs
    /// there.
    pub(super) async fn rotate_key(&self) -> Result<Answer, String> {
        let _turn = self.keys.lock().await;
        let KeyPlace::File(path) = &self.settings.keys else {
            return Ok(self.to_be_put(self.gatepost.next_key(), None));
        };
        let (text, in_file) = read(path)?;
        if !self.gatepost.has_key(in_file.newest()) {
            // A rotation that was interrupted, or one whose line the operator has put there.
            return self.adopt(in_file).await;
        }
        if let Some(id) = in_file.waiting() {
            // From when the store was shared.
            self.gatepost.seal_with_key(id).await.map_err(|refusal| refusal.to_string())?;
            replace(path, &key_lines::with_sealing(&text, id)).await?;
            let place = self.settings.keys.to_string();
            return Ok(Answer::Rotated(Rotated {
                key: id.0,
                place,
                line: None,
                reason: None,
                opening: None,
            }));
        }
        let id = in_file.next_id();
        let mut new = key_lines::new_line(id, &self.world);
        new.push_str(&text);
        match replace(path, &new).await {
            Ok(()) => self.adopt(adopted(&new)?).await,
            Err(reason) => Ok(self.to_be_put(id, Some(reason))),
        }
    }

    /// Retires a key, and removes its line from the key file. One that is in use only if that is `forced`.
    pub(super) async fn retire_key(&self, id: KeyId, forced: bool) -> Result<Answer, String> {
        let _turn = self.keys.lock().await;
        if self.gatepost.has_key(id) {
            if !forced {
                self.refuse_if_used(id).await?;
            }
            self.gatepost.retire_key(id).await.map_err(|refusal| refusal.to_string())?;
        } else if !self.is_left_over(id) {
            return Err(Refusal::NoKey(id.0).to_string());
        }
        let left = match &self.settings.keys {
            KeyPlace::File(path) => remove(path, id).await.err(),
            KeyPlace::Environment => Some("only you can change it".to_owned()),
        };
        let beginning = left.is_some().then(|| key_lines::beginning(id).trim_end().to_owned());
        Ok(Answer::Retired(Retired {
            key: id.0,
            place: self.settings.keys.to_string(),
            beginning,
            reason: left,
            nodes: None,
        }))
    }

    async fn adopt(&self, ring: KeyRing) -> Result<Answer, String> {
        let key = ring.newest().0;
        self.gatepost.adopt_keys(ring).await.map_err(|refusal| refusal.to_string())?;
        let place = self.settings.keys.to_string();
        Ok(Answer::Rotated(Rotated { key, place, line: None, reason: None, opening: None }))
    }

    fn to_be_put(&self, id: KeyId, reason: Option<String>) -> Answer {
        let line = key_lines::new_line(id, &self.world).trim_end().to_owned();
        let place = self.settings.keys.to_string();
        Answer::Rotated(Rotated { key: id.0, place, line: Some(line), reason, opening: None })
    }

    pub(super) async fn refuse_if_used(&self, id: KeyId) -> Result<(), String> {
        let uses = self.gatepost.key_uses().await.map_err(|error| error.to_string())?;
        match uses.iter().find(|uses| uses.key == id.0) {
            Some(uses) if !uses.seals && !uses.is_unused() => Err(in_use(uses)),
            _ => Ok(()),
        }
    }

    /// Whether a key that was retired still has its line in the key file.
    fn is_left_over(&self, id: KeyId) -> bool {
        match &self.settings.keys {
            KeyPlace::File(path) => read(path).is_ok_and(|(_, ring)| ring.holds(id)),
            KeyPlace::Environment => false,
        }
    }
}

fn in_use(KeyUses { key, passwords, sessions, links, .. }: &KeyUses) -> String {
    let counted = |count: &u64, one: &str| format!("{count} {one}{}", if *count == 1 { "" } else { "s" });
    format!(
        "key {key} is still in use: {}, {}, {}. With --force, those passwords count as none, those sessions end, \
         and those links no longer work",
        counted(passwords, "password"),
        counted(sessions, "session"),
        counted(links, "link")
    )
}

/// The keys of a text that becomes a key file.
pub(super) fn adopted(text: &str) -> Result<KeyRing, String> {
    KeyRing::parse(text).map_err(|error| error.to_string())
}

/// The text of a key file, and its keys.
pub(super) fn read(path: &Path) -> Result<(Zeroizing<String>, KeyRing), String> {
    let text = key_file::text(path).map_err(|error| error.to_string())?;
    let ring = KeyRing::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok((text, ring))
}

/// Removes the line of a key, if it is there.
pub(super) async fn remove(path: &Path, id: KeyId) -> Result<(), String> {
    let (text, _) = read(path)?;
    let rest = key_lines::without(&text, id);
    if *rest == *text { Ok(()) } else { replace(path, &rest).await }
}

/// Writes a key file, off the threads that serve requests.
pub(super) async fn replace(path: &Path, text: &str) -> Result<(), String> {
    let (path, text): (PathBuf, _) = (path.to_owned(), Zeroizing::new(text.to_owned()));
    let written = spawn_blocking(move || key_file::replace(&path, &text)).await;
    written.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}
