//! Backups: all records of one moment in one file, in a format of their own. So a backup can be restored
//! whatever engine it came from, and by later versions.
//!
//! A line that names the format and its version; a line of JSON about the moment; the records in the order of
//! their keys, each with the lengths of key and value (two and four bytes, big-endian), its key, and the bytes
//! that [`codec`](super::codec) wrote; two zero bytes as the end; the number of records; and a checksum of
//! everything before it. A backup contains everything but the key.
//!
//! | part | what it owns |
//! | --- | --- |
//! | this file | the bytes, as they are written |
//! | `read` | the same, read and checked |
//! | `file` | a new file: written beside its place, read back, and renamed |

mod file;
mod read;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

pub use self::file::{Draft, DraftError, UNFINISHED};
pub use self::read::{BackupError, Reader, Summary};
use crate::domain::record::key::Key;

/// What the first line says before the version.
const MAGIC: &str = "gatepost backup ";
/// The version this program writes. It reads all versions up to this one.
const FORMAT: u32 = 1;
/// Two bytes for the length of a key, which no record can have.
const END: [u8; 2] = [0, 0];

/// What a backup says about its moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// When it was begun (RFC 3339); nothing for one that was made before an upgrade.
    pub made_at: Option<String>,
    /// How many commits the store had seen.
    pub commits: u64,
    /// How many records follow.
    pub records: u64,
    /// The version of the program that wrote it.
    pub version: String,
}

impl Header {
    /// The header of a backup that this program begins at `made_at`.
    #[must_use]
    pub fn new(made_at: Option<String>, commits: u64, records: u64) -> Self {
        Self { made_at, commits, records, version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

/// Turns records into the bytes of a backup, piece by piece.
pub struct Encoder {
    hash: Xxh3,
    records: u64,
}

impl Encoder {
    /// Begins a backup. Returns its first bytes, too.
    #[must_use]
    pub fn begin(header: &Header) -> (Self, Vec<u8>) {
        let header = serde_json::to_string(header).expect("a header has only texts and numbers");
        let bytes = format!("{MAGIC}{FORMAT}\n{header}\n").into_bytes();
        let mut encoder = Self { hash: Xxh3::new(), records: 0 };
        encoder.hash.update(&bytes);
        (encoder, bytes)
    }

    /// Appends the bytes of one record, which must come after all before it.
    pub fn record(&mut self, key: &Key, value: &[u8], out: &mut Vec<u8>) {
        let begin = out.len();
        let key = key.as_bytes();
        let key_bytes = u16::try_from(key.len()).expect("a key has at most 512 bytes");
        let value_bytes = u32::try_from(value.len()).expect("a record has at most 60 KiB");
        out.extend_from_slice(&key_bytes.to_be_bytes());
        out.extend_from_slice(&value_bytes.to_be_bytes());
        out.extend_from_slice(key);
        out.extend_from_slice(value);
        self.hash.update(&out[begin..]);
        self.records += 1;
    }

    /// The last bytes.
    #[must_use]
    pub fn end(mut self) -> Vec<u8> {
        let mut bytes = END.to_vec();
        bytes.extend_from_slice(&self.records.to_be_bytes());
        self.hash.update(&bytes);
        bytes.extend_from_slice(&self.hash.digest128().to_be_bytes());
        bytes
    }
}
