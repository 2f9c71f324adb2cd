//! The bytes of a stored record, the same in every engine.
//!
//! One byte of format version, eight bytes of checksum over key and value, then the record in
//! bincode. A format never changes: a new one gets the next version, and older ones stay readable.

use std::ops::RangeInclusive;

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::domain::ports::Change;
use crate::domain::ports::{StoreError, Unreadable};
use crate::domain::record::Record;
use crate::domain::record::key::Key;
use crate::domain::record::state::FORMAT_WITH_ADMINS;

const FORMAT: u8 = 1;
/// The format versions of a store that this program reads. In a later one than `FORMAT` the bytes of a record are the same,
/// but there are kinds of records that earlier programs would neither read nor keep up.
pub const FORMATS: RangeInclusive<u8> = FORMAT..=FORMAT_WITH_ADMINS;
const HEAD_BYTES: usize = 1 + 8;

/// The bytes of `record` under `key`.
///
/// # Errors
/// `Refused` if the record cannot be encoded.
pub fn encode(key: &Key, record: &Record) -> Result<Vec<u8>, StoreError> {
    let mut bytes = vec![0; HEAD_BYTES];
    bincode::serde::encode_into_std_write(record, &mut bytes, config())
        .map_err(|error| StoreError::Refused(format!("cannot encode the record under {key:?}: {error}")))?;
    let checksum = checksum(key, &bytes[HEAD_BYTES..]).to_be_bytes();
    bytes[0] = FORMAT;
    bytes[1..HEAD_BYTES].copy_from_slice(&checksum);
    Ok(bytes)
}

/// The record whose bytes are stored under `key`.
///
/// # Errors
/// If these are not the bytes that were written under this key, or a newer version wrote them.
pub fn decode(key: &Key, bytes: &[u8]) -> Result<Record, Unreadable> {
    let unreadable = |reason: &str| Unreadable { key: key.clone(), reason: reason.to_owned() };
    let (format, rest) = bytes.split_first().ok_or_else(|| unreadable("is empty"))?;
    if *format != FORMAT {
        return Err(unreadable("has a format that this version can't read"));
    }
    let (sum, body) = rest.split_first_chunk().ok_or_else(|| unreadable("is cut off"))?;
    if u64::from_be_bytes(*sum) != checksum(key, body) {
        return Err(unreadable("does not match its checksum"));
    }
    let (record, read) = bincode::serde::decode_from_slice(body, config())
        .map_err(|error| unreadable(&format!("cannot be read: {error}")))?;
    // bincode silently accepts trailing bytes, but a record of another shape must not pass.
    if read == body.len() { Ok(record) } else { Err(unreadable("is longer than its content")) }
}

/// Whether these are certainly not the bytes that were written under `key`. A format that this version does not know
/// may be a newer one.
#[must_use]
pub fn is_altered(key: &Key, bytes: &[u8]) -> bool {
    match bytes.split_first() {
        Some((&FORMAT, rest)) => {
            rest.split_first_chunk().is_none_or(|(sum, body)| u64::from_be_bytes(*sum) != checksum(key, body))
        }
        Some(_) => false,
        None => true,
    }
}

/// Covers the key too, so that a record that ended up under another key is detected.
fn checksum(key: &Key, body: &[u8]) -> u64 {
    xxh3_64_with_seed(body, xxh3_64(key.as_bytes()))
}

fn config() -> impl bincode::config::Config {
    bincode::config::standard().with_limit::<{ Change::MAX_RECORD_BYTES }>()
}
