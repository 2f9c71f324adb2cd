//! Recently read records, kept decoded. Most requests need the same few: a session and its account. That there is none
//! is kept as well: otherwise the second question about an address would be answered sooner if it has an account.
//!
//! What is found here is what a reader of the newest view would find in sled. Two rules keep it so:
//!
//! - The writer increases the number of the view, then removes the keys of its group here, and only then changes them.
//! - A reader adds what it has read only if its view still has the newest number, while it holds the lock that the
//!   writer needs for removing. So a reader that comes too late adds nothing, or its record is removed again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::ports::Versioned;
use crate::domain::record::key::Key;

/// Approximate memory of an entry besides its record.
const ENTRY_BYTES: usize = 512;
/// A decoded record takes about this many times its stored size.
const DECODED: usize = 3;

/// The records, in two generations. When the younger one has half of the memory, the older one goes.
pub(super) struct Recent {
    generations: Mutex<Generations>,
    /// How much memory each generation may take.
    bytes: usize,
}

#[derive(Default)]
struct Generations {
    younger: HashMap<Key, Entry>,
    younger_bytes: usize,
    older: HashMap<Key, Entry>,
}

struct Entry {
    record: Option<Arc<Versioned>>,
    bytes: usize,
}

impl Recent {
    /// An empty cache of at most this many bytes.
    pub(super) fn within(bytes: u64) -> Self {
        Self { generations: Mutex::default(), bytes: usize::try_from(bytes / 2).unwrap_or(usize::MAX) }
    }

    /// The record or that there is none, if either is known here.
    #[expect(clippy::option_option, reason = "it is not known here, or known to be absent")]
    pub(super) fn get(&self, key: &Key) -> Option<Option<Arc<Versioned>>> {
        let mut generations = self.generations();
        if let Some(entry) = generations.younger.get(key) {
            return Some(entry.record.clone());
        }
        let (key, entry) = generations.older.remove_entry(key)?;
        let record = entry.record.clone();
        let oldest = generations.add(key, entry, self.bytes);
        drop(generations);
        drop(oldest);
        Some(record)
    }

    /// Adds a record of this many bytes, or that there is none, if that is still what the newest view shows.
    pub(super) fn keep(
        &self,
        key: &Key,
        record: Option<&Versioned>,
        stored_bytes: usize,
        is_newest: impl FnOnce() -> bool,
    ) {
        let bytes = ENTRY_BYTES + key.as_bytes().len() + DECODED * stored_bytes;
        // One that is so large would push out too many others.
        if bytes > self.bytes / 4 {
            return;
        }
        let entry = Entry { record: record.cloned().map(Arc::new), bytes };
        let mut generations = self.generations();
        // Asked under the lock, or a session that has just been ended could be found here forever.
        let oldest = is_newest().then(|| generations.add(key.clone(), entry, self.bytes));
        drop(generations);
        drop(oldest);
    }

    /// Removes keys that are about to change.
    pub(super) fn forget<'a>(&self, keys: impl Iterator<Item = &'a Key>) {
        let mut generations = self.generations();
        for key in keys {
            if let Some(entry) = generations.younger.remove(key) {
                generations.younger_bytes -= entry.bytes;
            }
            generations.older.remove(key);
        }
    }

    fn generations(&self) -> MutexGuard<'_, Generations> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    /// Returns what had to go. It is freed without the lock, which every reader needs.
    fn add(&mut self, key: Key, entry: Entry, most_bytes: usize) -> HashMap<Key, Entry> {
        let mut oldest = HashMap::new();
        if self.younger_bytes + entry.bytes > most_bytes {
            oldest = std::mem::replace(&mut self.older, std::mem::take(&mut self.younger));
            self.younger_bytes = 0;
        }
        self.younger_bytes += entry.bytes;
        if let Some(before) = self.younger.insert(key, entry) {
            self.younger_bytes -= before.bytes;
        }
        oldest
    }
}
