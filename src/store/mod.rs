//! Engines behind the `Store` port, and the encoding of stored records.
//!
//! | part | what it owns |
//! | --- | --- |
//! | [`backup`] | all records of one moment in a file, whatever engine they came from |
//! | [`codec`] | the bytes of a record: format version, checksum, bincode |
//! | [`sled`] | the default engine: one folder, one writer, each part verified before it is read |
//! | [`postgres`] | the shared engine: several processes on one PostgreSQL |
//! | [`memory`] | the engine for tests: nothing is kept |
//! | [`life`] | the port's second half: opening, failing, closing, verifying, and all records of one moment |
//! | [`moving`] | moving a store to another place |
//! | [`embedded`], [`shared`] | the engine in the data folder, and those that processes share, for all who name no engine |
//! | `side_file` | replacing a small file beside a store |
//!
//! An engine implements [`Engine`] and only moves bytes and versions; everything about records and
//! limits is done once, here. Another engine is one file plus one line in the contract suite
//! (`tests/it/store`), which every engine passes.

pub mod backup;
pub mod codec;
pub mod embedded;
pub mod life;
pub mod memory;
pub mod moving;
pub mod postgres;
pub mod shared;
mod side_file;
pub mod sled;

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::domain::ports::Change;
use crate::domain::ports::Class;
use crate::domain::ports::Committed;
use crate::domain::ports::Reading;
use crate::domain::ports::Store;
use crate::domain::ports::StoreError;
use crate::domain::ports::Version;
use crate::domain::ports::Versioned;
use crate::domain::record::Record;
use crate::domain::record::key::{Key, Span};

/// An ordered map of bytes with three operations. It makes the promises of [`Store`], but does not
/// have to check its limits.
pub trait Engine: Send + Sync + 'static {
    /// How the engine returns a stored record.
    type Bytes: AsRef<[u8]> + Send;

    /// For each key its bytes and version, or `None`, all as of one moment.
    fn read(
        &self,
        keys: &[Key],
    ) -> impl Future<Output = Result<Vec<Option<Kept<Self::Bytes>>>, StoreError>> + Send;

    /// The same, decoded. An engine may have kept some of them.
    fn records(&self, keys: &[Key]) -> impl Future<Output = Result<Vec<Option<Reading>>, StoreError>> + Send {
        async move {
            let found = self.read(keys).await?;
            let decode = |(key, kept): (&Key, Option<Kept<_>>)| kept.map(|kept| decoded(key, &kept));
            Ok(keys.iter().zip(found).map(decode).collect())
        }
    }

    /// The first `limit` records of `span` in the order of their keys, as of one moment.
    fn page(
        &self,
        span: &Span,
        limit: usize,
    ) -> impl Future<Output = Result<Page<Self::Bytes>, StoreError>> + Send;

    /// Writes the whole change if every expectation in it holds; returns once it is durable.
    fn write(&self, change: CodedChange) -> impl Future<Output = Result<Committed, StoreError>> + Send;

    /// Whether a change of any class would be accepted now; the reason if not.
    fn takes_writes(&self) -> Result<(), StoreError>;
}

/// A stored record, as it was read.
#[derive(Clone, Debug)]
pub struct Kept<B> {
    /// The bytes that [`codec`] wrote.
    pub bytes: B,
    /// Their version.
    pub version: Version,
}

/// Neighbouring records in the order of their keys.
pub type Page<B> = Vec<(Key, Kept<B>)>;

/// A change with encoded records, within all limits.
#[derive(Clone, Debug)]
pub struct CodedChange {
    /// What it is for. An engine without room refuses some classes.
    pub class: Class,
    /// A key and the version it must still have; `None` if it must still be absent.
    pub expectations: Vec<(Key, Option<Version>)>,
    /// A key and its new bytes; `None` deletes it. No key appears twice.
    pub writes: Vec<(Key, Option<Vec<u8>>)>,
}

#[async_trait]
impl<E: Engine> Store for E {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, StoreError> {
        keys.iter().try_for_each(check_key)?;
        let found = self.records(keys).await?;
        Ok(found.into_iter().map(Option::transpose).collect::<Result<_, _>>()?)
    }

    async fn scan(&self, span: &Span, limit: usize) -> Result<Vec<(Key, Reading)>, StoreError> {
        let page = self.page(span, limit).await?;
        let decode = |(key, kept): (Key, Kept<_>)| {
            let reading = decoded(&key, &kept);
            (key, reading)
        };
        Ok(page.into_iter().map(decode).collect())
    }

    async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        self.write(CodedChange::new(change)?).await
    }

    fn writable(&self) -> Result<(), StoreError> {
        self.takes_writes()
    }
}

fn decoded<B: AsRef<[u8]>>(key: &Key, kept: &Kept<B>) -> Reading {
    Ok(Versioned { record: codec::decode(key, kept.bytes.as_ref())?, version: kept.version })
}

impl CodedChange {
    /// All keys it depends on or writes.
    fn keys(&self) -> impl Iterator<Item = &Key> {
        let written = self.writes.iter().map(|(key, _)| key);
        self.expectations.iter().map(|(key, _)| key).chain(written)
    }

    /// Encodes a change; refuses one that exceeds the limits.
    fn new(change: Change) -> Result<Self, StoreError> {
        let Change { class, expectations, writes } = change;
        check("writes", writes.len(), Change::MAX_WRITES)?;
        check("expectations", expectations.len(), Change::MAX_EXPECTATIONS)?;
        let mut keys = BTreeSet::new();
        if !writes.iter().all(|(key, _)| keys.insert(key)) {
            return Err(StoreError::Refused("a change writes one key twice".into()));
        }
        let writes = writes.into_iter().map(coded_write).collect::<Result<Vec<_>, _>>()?;
        expectations.iter().try_for_each(|(key, _)| check_key(key))?;
        let expected_bytes: usize = expectations.iter().map(|(key, _)| key.as_bytes().len()).sum();
        let written_bytes: usize =
            writes.iter().map(|(key, bytes)| key.as_bytes().len() + bytes.as_ref().map_or(0, Vec::len)).sum();
        check("bytes", expected_bytes + written_bytes, Change::MAX_BYTES)?;
        Ok(Self { class, expectations, writes })
    }
}

fn coded_write((key, record): (Key, Option<Record>)) -> Result<(Key, Option<Vec<u8>>), StoreError> {
    check_key(&key)?;
    let bytes = record.map(|record| codec::encode(&key, &record)).transpose()?;
    // Sled keeps larger values in separate files, which it never syncs.
    check("bytes of one record", bytes.as_ref().map_or(0, Vec::len), Change::MAX_RECORD_BYTES)?;
    Ok((key, bytes))
}

/// A key must not be empty, too long, or one of those reserved for engines.
fn check_key(key: &Key) -> Result<(), StoreError> {
    check("bytes of one key", key.as_bytes().len(), Change::MAX_KEY_BYTES)?;
    match key.as_bytes().first() {
        None | Some(0) => Err(StoreError::Refused(format!("{key:?} is not a key for records"))),
        Some(_) => Ok(()),
    }
}

fn check(what: &str, size: usize, most: usize) -> Result<(), StoreError> {
    if size <= most {
        return Ok(());
    }
    Err(StoreError::Refused(format!("{size} {what}, but at most {most} are allowed")))
}
