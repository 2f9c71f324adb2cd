//! The contract of the store, which every engine passes, and the additional promises of sled.

mod backup;
mod codec;
mod contract;
mod crash;
pub(crate) mod damage;
mod folder;
mod large_damage;
mod mail_records;
pub(crate) mod opening;
mod postgres;
mod power;
mod process;
mod shared_records;
mod slices;
mod verifying;
mod writing;

use std::path::Path;
use std::sync::Arc;

use gatepost::domain::ports::Change;
use gatepost::domain::ports::Committed;
use gatepost::domain::ports::Store;
use gatepost::domain::ports::StoreError;
use gatepost::domain::ports::Version;
use gatepost::domain::record::Record;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::event::{Event, EventName};
use gatepost::domain::record::key::{Key, Span};
use gatepost::domain::record::time::Timestamp;
use gatepost::store::memory::MemoryStore;
use gatepost::store::sled as engine;
use gatepost::store::sled::{OpenError, Proof, Proving, Reserves, SledSettings, SledStore};
use tempfile::TempDir;

use crate::harness;
use crate::harness::chaotic::ChaoticStore;
use crate::harness::engine::seed;

/// A store under test, and its folder, which is removed with it.
struct Fixture {
    store: Arc<dyn Store>,
    _folder: Option<TempDir>,
}

/// Each of them returns nothing if this machine lacks what the engine needs.
async fn memory() -> Option<Fixture> {
    Some(Fixture { store: Arc::new(MemoryStore::new()), _folder: None })
}

async fn sled() -> Option<Fixture> {
    let folder = tempfile::tempdir().unwrap();
    Some(Fixture { store: Arc::new(open(folder.path())), _folder: Some(folder) })
}

async fn chaotic() -> Option<Fixture> {
    Some(Fixture { store: Arc::new(ChaoticStore::by_chance(seed())), _folder: None })
}

async fn postgres() -> Option<Fixture> {
    let (store, folder) = harness::postgres::store().await?;
    Some(Fixture { store, _folder: Some(folder) })
}

/// More free space than any disk has.
const ALL: Reserves = Reserves { usual: u64::MAX, last: u64::MAX };

fn settings() -> SledSettings {
    SledSettings { reserves: Reserves::NONE, ..SledSettings::new([7; 16]) }
}

fn open(folder: &Path) -> SledStore {
    SledStore::open(folder, &settings()).unwrap()
}

/// Verifies a store that no process uses.
fn verify(folder: &Path, accept: Accept) -> Result<Proof, OpenError> {
    match accept {
        Accept::No => Ok(engine::inspect(folder, &mut |_, _| {})?.proof),
        Accept::Yes => engine::accept(folder, &mut |_, _| {}),
    }
}

/// Whether a store is also accepted as the latest one.
#[derive(Clone, Copy)]
enum Accept {
    No,
    Yes,
}

/// Verifies a store that is in use.
async fn verified(store: &SledStore) -> Result<Proof, OpenError> {
    let mut verifying = store.verifying();
    loop {
        if let Proving::Whole(proof) = verifying.step()? {
            return Ok(proof);
        }
        tokio::task::yield_now().await;
    }
}

fn key(name: &str) -> Key {
    Key::from_bytes(format!("t/{name}").into_bytes())
}

fn value(number: u8) -> Record {
    Record::KeyCheck([number; 32])
}

/// A record of about `bytes` bytes.
fn long_record(bytes: usize) -> Record {
    let event = Event::new(Timestamp(0), EventName::MailSent, None, &Client::server());
    Record::Event(Event { device: "x".repeat(bytes), ..event })
}

fn put(name: &str, number: u8) -> Change {
    let mut change = Change::new();
    change.put(key(name), value(number));
    change
}

/// Commits what cannot conflict: an engine may report a conflict, but not every time.
async fn commit(store: &dyn Store, change: Change) {
    assert_eq!(answer(store, change).await, Ok(Committed::Yes));
}

/// The answer to a change, once it is not one by chance.
async fn answer(store: &dyn Store, change: Change) -> Result<Committed, StoreError> {
    for _ in 0..100 {
        match store.commit(change.clone()).await {
            Ok(Committed::Conflict) | Err(StoreError::InDoubt(_)) => {}
            answer => return answer,
        }
    }
    panic!("no answer to {change:?}");
}

fn everything() -> Span {
    Span { from: Key::from_bytes(vec![1]), until: Key::from_bytes(vec![0xff]) }
}

async fn get(store: &dyn Store, name: &str) -> Option<(Record, Version)> {
    let found = store.get(&[key(name)]).await.unwrap().pop().unwrap();
    found.map(|versioned| (versioned.record, versioned.version))
}

/// Pseudo-random numbers, the same in every run.
pub(crate) struct Seeded(pub(crate) u64);

impl Seeded {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}
