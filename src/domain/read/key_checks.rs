//! The keys that the store knows, by their check values.

use crate::domain::Gatepost;
use crate::domain::ports::{Change, Store, StoreError, Unreadable, Version};
use crate::domain::read::misplaced;
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::ids::KeyId;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::password::PasswordHash;
use crate::domain::token::KeyRing;

/// In the place of the check value of a key that was retired. It stays, so that a key file that still has the
/// key does not bring it back.
pub(in crate::domain) const RETIRED: [u8; 32] = [0; 32];

/// A key that the store knows.
pub(in crate::domain) struct KnownKey {
    pub(in crate::domain) id: KeyId,
    check: [u8; 32],
    version: Version,
}

impl KnownKey {
    pub(in crate::domain) fn is_retired(&self) -> bool {
        self.check == RETIRED
    }

    /// The version of its record.
    pub(in crate::domain) fn version(&self) -> Version {
        self.version
    }
}

/// All keys that the store knows. Without one of these records the wrong key could not be told from the right
/// one, so none is stepped over.
pub(in crate::domain) async fn known_keys(store: &dyn Store) -> Result<Vec<KnownKey>, StoreError> {
    let known = store.scan(&Span::key_checks(), usize::from(u8::MAX)).await?;
    let known = known.into_iter().map(|(key, reading)| {
        let found = reading?;
        match (found.record, key.as_bytes().last()) {
            (Record::KeyCheck(check), Some(id)) => {
                Ok(KnownKey { id: KeyId(*id), check, version: found.version })
            }
            _ => Err(misplaced(&key)),
        }
    });
    Ok(known.collect::<Result<Vec<_>, Unreadable>>()?)
}

/// Adds to `change` that the store knows every key of a ring.
///
/// # Errors
/// The id of a key that the store knows and the ring lacks, or has another one for.
pub(in crate::domain) fn put_keys(
    change: &mut Change,
    ring: &KeyRing,
    known: &[KnownKey],
) -> Result<(), KeyId> {
    for key in known.iter().filter(|key| !key.is_retired()) {
        if !ring.checks().any(|check| check == (key.id, key.check)) {
            return Err(key.id);
        }
    }
    for (id, check) in ring.checks().filter(|(id, _)| !ring.is_waiting(*id)) {
        put_key(change, (id, check), known);
    }
    Ok(())
}

/// Adds to `change` that the store knows a key.
pub(in crate::domain) fn put_key(change: &mut Change, (id, check): (KeyId, [u8; 32]), known: &[KnownKey]) {
    let before = known.iter().find(|key| key.id == id);
    if before.is_none_or(KnownKey::is_retired) {
        change.expect(Key::key_check(id.0), before.map(|key| key.version));
        // Caused by the operator's keys. There are 64 at most, and they are never removed.
        change.put(Key::key_check(id.0), Record::KeyCheck(check));
    }
}

/// Makes a ring what the store says of its keys: those that were retired are dropped, except `but`, and one that only
/// opened so far seals once the store knows it. Returns those that were dropped.
pub(in crate::domain) fn fit_keys(ring: &KeyRing, known: &[KnownKey], but: Option<KeyId>) -> Vec<KeyId> {
    for key in known.iter().filter(|key| !key.is_retired()) {
        ring.seal_with(key.id);
    }
    let dropped = known.iter().filter(|key| key.is_retired() && Some(key.id) != but && ring.holds(key.id));
    let dropped: Vec<KeyId> = dropped.map(|key| key.id).collect();
    for id in &dropped {
        ring.drop_key(*id);
    }
    dropped
}

impl Gatepost {
    /// Another node may have rotated or retired a key: from now on this one does as the store says, too.
    pub(in crate::domain) async fn follow_keys(&self) -> Result<(), StoreError> {
        let (known, before) = (known_keys(&*self.store).await?, self.ring.newest());
        for id in fit_keys(&self.ring, &known, None) {
            tracing::info!(event = "key_retired", key = id.0, "a key opens nothing from now on");
        }
        let newest = self.ring.newest();
        if newest != before {
            tracing::info!(event = "key_rotated", key = newest.0, "a new key seals from now on");
        }
        Ok(())
    }

    /// An account as it counts: a password that was hashed with a retired key is none. An imported one stays,
    /// because every commit that replaces one has to count it.
    pub(in crate::domain) fn as_it_counts(&self, mut account: Account) -> Account {
        if self.has_lost_password(&account) {
            account.password = None;
        }
        account
    }

    /// Whether an account has a password that does not count.
    pub(in crate::domain) fn has_lost_password(&self, account: &Account) -> bool {
        let is_lost = |hash: &PasswordHash| !hash.is_imported() && !self.ring.holds(hash.recipe.pepper);
        account.password.as_ref().is_some_and(is_lost)
    }
}
