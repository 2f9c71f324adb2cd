//! Verifying slices: each before anything in it is read for the first time, and the rest in the background. A
//! slice whose records are not those that were committed ends the process.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use sled::Db;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

use super::beneath::attempted;
use super::digest::Digest;
use super::mark::Mark;
use super::refusal::{self, OpenError};
use super::shared::Shared;
use super::slices::{Range, Slices, records};
use super::slot::{is_altered, note_unreadable};
use super::tally::Tally;
use crate::domain::ports::StoreError;
use crate::domain::record::key::Key;
use crate::store::life::{Proof, Proving, UnreadableRecords};

/// The pause between two slices in the background, so that this takes half of one core at most.
const PAUSE: Duration = Duration::from_millis(1);
/// How often verifying a slice begins again because the writer was faster, before the writer has to wait.
const TRIES: usize = 3;

/// Whether the records of a slice are decoded as well.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    Bytes,
    Records,
}

/// A slice that was verified.
struct Proven {
    range: Range,
    records: u64,
    /// Those that cannot be decoded, if that was looked at.
    unreadable: UnreadableRecords,
}

/// Verifies slices of a store that no one uses yet, until `most` records were verified. `progress` gets how many
/// were.
pub(super) fn prove(
    folder: &Path,
    db: &Db,
    slices: &mut Slices,
    most: u64,
    progress: &mut dyn FnMut(u64),
) -> Result<(), OpenError> {
    let mut verified = 0;
    let mut from = Vec::new();
    while verified < most {
        let Some(range) = slices.unverified_after(&from) else { break };
        let expected = slices.starting_at(&range.from);
        let counted = attempted(|| {
            let mut digest = Digest::default();
            for entry in records(db, &range) {
                let (key, stored) = entry?;
                digest.add(&key, &stored);
            }
            Ok(digest)
        });
        let found = counted.map_err(|trouble| trouble.refusal(folder))?;
        if found != expected {
            return Err(refusal::damaged(folder, mismatch(db, &range, expected, found)));
        }
        slices.note_verified(&range.from);
        verified += found.records;
        progress(verified);
        from = range.from;
    }
    Ok(())
}

/// Verifies the rest of a store, as long as it is open.
pub(super) fn prove_the_rest(shared: &Weak<Shared>) {
    let mut from = Vec::new();
    while let Some(shared) = shared.upgrade() {
        let Some(range) = shared.slices().unverified_after(&from) else {
            tracing::info!("the database was verified as a whole");
            return;
        };
        // A failure has ended the store, and one that is closed is not read.
        if shared.prove_slice(&range.from, Depth::Bytes).is_err() {
            return;
        }
        from = range.from;
        drop(shared);
        thread::sleep(PAUSE);
    }
}

/// Reads hundreds of records, mostly from the disk. A thread that serves requests hands the others over meanwhile: on
/// a slow disk, a few first reads would keep all threads from what can be answered from memory.
fn unhurried<T>(act: impl FnOnce() -> T) -> T {
    let serves = Handle::try_current().is_ok_and(|it| it.runtime_flavor() == RuntimeFlavor::MultiThread);
    if serves { block_in_place(act) } else { act() }
}

impl Shared {
    /// Verifies the slice of this key, unless it was verified since the start.
    pub(super) fn prove_at(&self, key: &Key) -> Result<(), StoreError> {
        let key = key.as_bytes();
        self.prove_within(key, |slice| slice.holds(key))
    }

    /// Verifies all slices that have keys from `from` on and before `until`.
    pub(super) fn prove_between(&self, from: &Key, until: &Key) -> Result<(), StoreError> {
        self.prove_within(from.as_bytes(), |slice| slice.from.as_slice() < until.as_bytes())
    }

    fn prove_within(&self, from: &[u8], is_within: impl Fn(&Range) -> bool) -> Result<(), StoreError> {
        while !self.is_proven.load(Ordering::Relaxed) {
            let next = self.slices().unverified_after(from);
            let Some(slice) = next.filter(&is_within) else { break };
            unhurried(|| self.prove_slice(&slice.from, Depth::Bytes))?;
        }
        Ok(())
    }

    /// Compares the records of the slice that `key` is in with its digest.
    fn prove_slice(&self, key: &[u8], depth: Depth) -> Result<Proven, StoreError> {
        let mut tries = 0;
        loop {
            let slices = self.slices();
            let (range, expected, view) = (slices.range_at(key), slices.at(key).1.digest, self.view()?);
            let waiting = (tries >= TRIES).then_some(slices);
            let mut unreadable = UnreadableRecords::default();
            let found = self.unpanicked(|| {
                view.digest(&range, &mut |key, stored| {
                    if depth == Depth::Records {
                        note_unreadable(&mut unreadable, key, stored);
                    }
                })
            })?;
            if waiting.is_none() && !self.is_of_one_moment(&view) {
                tries += 1;
                continue;
            }
            drop(waiting);
            if found != expected {
                return Err(self.fail(&mismatch(&view.db, &range, expected, found)));
            }
            let mut slices = self.slices();
            slices.note_verified(&range.from);
            self.is_proven.store(slices.are_verified(), Ordering::Relaxed);
            return Ok(Proven { range, records: found.records, unreadable });
        }
    }
}

/// Verifying everything while the store is in use, step by step.
pub struct Verifying {
    shared: Arc<Shared>,
    /// Where the next step begins; `None` after the last one.
    from: Option<Vec<u8>>,
    done: u64,
    unreadable: UnreadableRecords,
}

impl Verifying {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, from: Some(Vec::new()), done: 0, unreadable: UnreadableRecords::default() }
    }

    /// Verifies the next part.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn step(&mut self) -> Result<Proving, OpenError> {
        let refuse = |error: StoreError| self.shared.refusal(&error);
        let tally = self.shared.view().map_err(refuse)?.tally;
        let Some(from) = self.from.take() else { return self.end(tally).map(Proving::Whole) };
        let proven = self.shared.prove_slice(&from, Depth::Records).map_err(refuse)?;
        self.done += proven.records;
        self.unreadable.and(proven.unreadable);
        self.from = proven.range.until;
        Ok(Proving::SoFar { done: self.done, all: tally.digest.records })
    }

    fn end(&mut self, Tally { id, commits, digest }: Tally) -> Result<Proof, OpenError> {
        let folder = self.shared.folder();
        // The side file may be ahead of what readers see by the group that is being written, and may just be written.
        let mark = (0..TRIES).map(|_| Mark::read(&folder)).find(Result::is_ok);
        match mark.unwrap_or_else(|| Mark::read(&folder))? {
            None => Err(OpenError::MarkMissing { folder }),
            Some(mark) if mark.id != id => Err(OpenError::Foreign { folder }),
            Some(_) => {
                let unreadable = std::mem::take(&mut self.unreadable);
                Ok(Proof { records: digest.records, commits, unreadable, restored: false })
            }
        }
    }
}

/// Which records are lost or altered: their range, and the first one whose own checksum shows it.
fn mismatch(db: &Db, range: &Range, expected: Digest, found: Digest) -> String {
    let altered = attempted(|| {
        for entry in records(db, range) {
            let (key, stored) = entry?;
            let key = Key::from_bytes(key.to_vec());
            if is_altered(&key, &stored) {
                return Ok(format!(", and {key:?} is not as it was written"));
            }
        }
        Ok(String::new())
    });
    // If the records cannot be read again, the range has to do.
    let altered = altered.unwrap_or_default();
    let Range { from, until } = range;
    let from = Key::from_bytes(from.clone());
    let place = match until {
        Some(until) => format!("from {from:?} to {:?}", Key::from_bytes(until.clone())),
        None => format!("from {from:?} on"),
    };
    if found.records == expected.records {
        return format!("the records {place} do not match their digest{altered}");
    }
    format!("{} records {place}, but {} were saved{altered}", found.records, expected.records)
}
