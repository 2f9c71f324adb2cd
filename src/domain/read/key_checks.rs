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
    for (id, check) in ring.checks() {
        let before = known.iter().find(|key| key.id == id);
        if before.is_none_or(KnownKey::is_retired) {
            change.expect(Key::key_check(id.0), before.map(|key| key.version));
            // Caused by the operator's keys. There are 64 at most, and they are never removed.
            change.put(Key::key_check(id.0), Record::KeyCheck(check));
        }
    }
    Ok(())
}

impl Gatepost {
    /// An account as it counts: a password that was hashed with a retired key is none. An imported one stays,
    /// because every commit that replaces one has to count it.
    pub(in crate::domain) fn as_it_counts(&self, mut account: Account) -> Account {
        let is_lost = |hash: &PasswordHash| !hash.is_imported() && !self.ring.holds(hash.recipe.pepper);
        if account.password.as_ref().is_some_and(is_lost) {
            account.password = None;
        }
        account
    }
}
