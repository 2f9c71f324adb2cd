//! Reading a backup. Nothing in it is trusted before its end was read: the end has the checksum.

use std::io::{self, BufRead, Read};

use xxhash_rust::xxh3::Xxh3;

use super::{END, FORMAT, Header, MAGIC};
use crate::domain::ports::Change;
use crate::domain::record::key::Key;
use crate::store::codec;

/// The longest first line, and the longest header.
const MAX_LINE_BYTES: u64 = 4096;

/// Why a file cannot be restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It is some other file.
    #[error("this is not a backup of Gatepost")]
    NotABackup,
    /// A newer version wrote it.
    #[error(
        "this backup has format {0}, which this version can't read; use the version that made it or a newer one"
    )]
    Newer(u32),
    /// Its end is missing.
    #[error("this backup is cut off after {0} records; use another one")]
    CutOff(u64),
    /// Its bytes are not the ones that were written.
    #[error("this backup is damaged ({0}); use another one")]
    Damaged(String),
    /// The operating system cannot read it.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What a whole backup turned out to hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Records in it.
    pub records: u64,
    /// Those that this version cannot read.
    pub unreadable: u64,
}

/// A backup that is being read.
pub struct Reader<R> {
    bytes: R,
    hash: Xxh3,
    header: Header,
    summary: Summary,
    last: Option<Key>,
}

impl<R: BufRead> Reader<R> {
    /// Begins to read.
    ///
    /// # Errors
    /// If it is not a backup, or from a newer version.
    pub fn new(bytes: R) -> Result<Self, BackupError> {
        let header = Header { made_at: None, commits: 0, records: 0, version: String::new() };
        let mut reader = Self { bytes, hash: Xxh3::new(), header, summary: Summary::default(), last: None };
        let first = reader.line()?;
        let format = first.strip_prefix(MAGIC).and_then(|format| format.parse().ok());
        match format.ok_or(BackupError::NotABackup)? {
            FORMAT => {}
            other => return Err(BackupError::Newer(other)),
        }
        reader.header = serde_json::from_str(&reader.line()?).map_err(|_| damaged("its header"))?;
        Ok(reader)
    }

    /// What it says about its moment.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The next record with its key, or nothing at the end. Only then is the whole backup known to be intact.
    ///
    /// # Errors
    /// If it is cut off or damaged.
    pub fn next_record(&mut self) -> Result<Option<(Key, Vec<u8>)>, BackupError> {
        let key_bytes: [u8; 2] = self.array()?;
        if key_bytes == END {
            return self.finish().map(|()| None);
        }
        let value_bytes = u32::from_be_bytes(self.array()?) as usize;
        let key_bytes = usize::from(u16::from_be_bytes(key_bytes));
        if key_bytes > Change::MAX_KEY_BYTES || value_bytes > Change::MAX_RECORD_BYTES {
            return Err(damaged(format!("the lengths of record {}", self.summary.records + 1)));
        }
        let key = Key::from_bytes(self.take(key_bytes)?);
        let value = self.take(value_bytes)?;
        if self.last.as_ref().is_some_and(|last| *last >= key) {
            return Err(damaged(format!("the order of the records at {key:?}")));
        }
        self.summary.records += 1;
        self.summary.unreadable += u64::from(codec::decode(&key, &value).is_err());
        self.last = Some(key.clone());
        Ok(Some((key, value)))
    }

    /// Reads the rest, and says what all of it holds.
    ///
    /// # Errors
    /// If it is cut off or damaged.
    pub fn check(mut self, mut progress: impl FnMut(u64)) -> Result<Summary, BackupError> {
        while self.next_record()?.is_some() {
            progress(self.summary.records);
        }
        Ok(self.summary)
    }

    fn finish(&mut self) -> Result<(), BackupError> {
        let records = u64::from_be_bytes(self.array()?);
        let expected = self.hash.digest128().to_be_bytes();
        let mut found = [0; 16];
        self.bytes.read_exact(&mut found).map_err(|error| self.broken(error))?;
        if found != expected {
            return Err(damaged("its checksum is wrong"));
        }
        if records != self.summary.records || records != self.header.records {
            return Err(damaged("the number of its records is wrong"));
        }
        if self.bytes.read(&mut [0])? > 0 {
            return Err(damaged("something follows its end"));
        }
        Ok(())
    }

    fn line(&mut self) -> Result<String, BackupError> {
        let mut line = Vec::new();
        (&mut self.bytes).take(MAX_LINE_BYTES).read_until(b'\n', &mut line)?;
        self.hash.update(&line);
        if line.pop_if(|last| *last == b'\n').is_none() {
            return Err(BackupError::NotABackup);
        }
        String::from_utf8(line).map_err(|_| BackupError::NotABackup)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BackupError> {
        let mut bytes = [0; N];
        self.bytes.read_exact(&mut bytes).map_err(|error| self.broken(error))?;
        self.hash.update(&bytes);
        Ok(bytes)
    }

    fn take(&mut self, bytes: usize) -> Result<Vec<u8>, BackupError> {
        let mut buffer = vec![0; bytes];
        self.bytes.read_exact(&mut buffer).map_err(|error| self.broken(error))?;
        self.hash.update(&buffer);
        Ok(buffer)
    }

    fn broken(&self, error: io::Error) -> BackupError {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => BackupError::CutOff(self.summary.records),
            _ => error.into(),
        }
    }
}

fn damaged(what: impl Into<String>) -> BackupError {
    BackupError::Damaged(what.into())
}
