//! The keys of a group, before it and after it, and how a value is stored in sled.

use std::collections::BTreeMap;

use sled::{Db, IVec};

use super::guard::plain;
use crate::domain::ports::{StoreError, Version};
use crate::domain::record::key::Key;
use crate::store::life::UnreadableRecords;
use crate::store::{Kept, codec};

/// The keys a group touches.
pub(super) type Slots = BTreeMap<Key, Slot>;

/// A key before the group and after it.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) before: Option<Stored>,
    pub(super) after: Option<Stored>,
    pub(super) is_written: bool,
}

/// A value in sled: eight bytes of version, then the record.
#[derive(Clone, Debug)]
pub struct Stored(IVec);

impl Stored {
    const VERSION_BYTES: usize = 8;

    pub(super) fn new(version: u64, bytes: &[u8]) -> Self {
        Self(IVec::from([&version.to_be_bytes(), bytes].concat()))
    }

    /// The value of a key in sled.
    pub(super) fn read(db: &Db, key: &Key) -> Result<Option<Self>, StoreError> {
        let found = db.get(key.as_bytes()).map_err(unreadable)?;
        found.map(|stored| Self::checked(key, stored)).transpose()
    }

    pub(super) fn checked(key: &Key, stored: IVec) -> Result<Self, StoreError> {
        if stored.len() < Self::VERSION_BYTES {
            return Err(StoreError::Damaged(format!("the record under {key:?} has no version")));
        }
        Ok(Self(stored))
    }

    pub(super) fn version(&self) -> Version {
        let (version, _) = self.0.split_first_chunk().expect("a stored value begins with its version");
        Version(u64::from_be_bytes(*version))
    }

    /// All bytes, the version included.
    pub(super) fn whole(&self) -> &IVec {
        &self.0
    }

    pub(super) fn kept(self) -> Kept<Self> {
        Kept { version: self.version(), bytes: self }
    }
}

impl AsRef<[u8]> for Stored {
    fn as_ref(&self) -> &[u8] {
        &self.0[Self::VERSION_BYTES..]
    }
}

/// A read that fails is an error, never "not found".
pub(super) fn unreadable(error: sled::Error) -> StoreError {
    match error {
        sled::Error::Io(error) => StoreError::Refused(format!("cannot read the database: {}", plain(error))),
        error => StoreError::Damaged(error.to_string()),
    }
}

/// Notes a record whose bytes are the ones that were written, but which this version cannot read.
pub(super) fn note_unreadable(unreadable: &mut UnreadableRecords, key: &Key, stored: &[u8]) {
    let read =
        Stored::checked(key, stored.into()).and_then(|stored| Ok(codec::decode(key, stored.as_ref())?));
    if let Err(error) = read {
        unreadable.note(&error);
    }
}

/// Whether the bytes of a record are certainly not the ones that were written.
pub(super) fn is_altered(key: &Key, stored: &[u8]) -> bool {
    Stored::checked(key, stored.into()).map_or(true, |stored| codec::is_altered(key, stored.as_ref()))
}
