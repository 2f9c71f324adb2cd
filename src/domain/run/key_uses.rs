//! When keys for programs were used last, until `upkeep` writes it. No answer waits for that.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::record::app_key::{AppKey, KeyUse};
use crate::domain::record::ids::{AccountId, AppKeyId};
use crate::domain::record::key::Key;

/// How many keys are remembered at most. Beyond that, a use is not noted, and the next one is.
const MAX_KEYS: usize = 100_000;

type Name = (AccountId, AppKeyId);

/// The keys that were used since that was last written.
#[derive(Default)]
pub(in crate::domain) struct AppKeyUses(Mutex<HashMap<Name, KeyUse>>);

/// A use that is not written yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain) struct NotedUse {
    name: Name,
    pub(in crate::domain) its: KeyUse,
}

impl NotedUse {
    /// The key of the record.
    pub(in crate::domain) fn key(&self) -> Key {
        Key::app_key(self.name.0, self.name.1)
    }
}

impl AppKeyUses {
    /// A key was used.
    pub(in crate::domain) fn note(&self, key: &AppKey, its: KeyUse) {
        let (mut uses, name) = (self.uses(), (key.account, key.id));
        if uses.len() < MAX_KEYS || uses.contains_key(&name) {
            uses.insert(name, its);
        }
    }

    /// The last use of a key, as far as anyone knows. What is noted here was due when it was, so it is newer than what
    /// was stored then; another run may have written a newer one since.
    pub(in crate::domain) fn of(&self, key: &AppKey) -> Option<KeyUse> {
        let noted = self.uses().get(&(key.account, key.id)).copied();
        match (noted, key.last_use) {
            (Some(noted), Some(stored)) if AppKey::is_use_due(Some(stored), noted.at) => Some(noted),
            (Some(noted), None) => Some(noted),
            (_, stored) => stored,
        }
    }

    /// Everything that is not written yet.
    pub(in crate::domain) fn unwritten(&self) -> Vec<NotedUse> {
        self.uses().iter().map(|(name, its)| NotedUse { name: *name, its: *its }).collect()
    }

    /// These are written, or their keys are gone. Keeps what was noted since.
    pub(in crate::domain) fn forget(&self, written: &[NotedUse]) {
        let mut uses = self.uses();
        for it in written {
            if uses.get(&it.name) == Some(&it.its) {
                uses.remove(&it.name);
            }
        }
    }

    fn uses(&self) -> MutexGuard<'_, HashMap<Name, KeyUse>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
