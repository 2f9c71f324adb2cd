//! The engine that the scenarios run on: the memory engine, or the one that a variable names. `cargo test`
//! sets it for the others (`engines.rs`).

use std::cell::Cell;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use gatepost::domain::ports::Store;
use gatepost::store::memory::MemoryStore;
use gatepost::store::sled::{SledSettings, SledStore};
use tempfile::TempDir;

use super::chaotic::ChaoticStore;
use super::leftovers::Leftovers;
use super::postgres;

/// Names the engine.
pub(crate) const VARIABLE: &str = "TEST_ENGINE";
/// The seed of the chaotic engine, a number.
pub(crate) const SEED: &str = "TEST_SEED";
/// The seed unless another is given.
pub(crate) const USUAL_SEED: u64 = 20_261_129;

/// The engines that scenarios run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Memory,
    Sled,
    Chaotic,
    Postgres,
}

impl Engine {
    pub(crate) const ALL: [Self; 4] = [Self::Memory, Self::Sled, Self::Chaotic, Self::Postgres];

    /// The one that this run was asked for, if it was asked for any.
    pub(crate) fn named() -> Option<Self> {
        let name = variable(VARIABLE)?;
        let engine = Self::ALL.into_iter().find(|engine| engine.to_string() == name);
        Some(engine.unwrap_or_else(|| panic!("{VARIABLE} is memory, sled, chaotic or postgres, not {name}")))
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory",
            Self::Sled => "sled",
            Self::Chaotic => "chaotic",
            Self::Postgres => "postgres",
        })
    }
}

/// The seed of the chaotic engines in this run.
pub(crate) fn seed() -> u64 {
    variable(SEED).map_or(USUAL_SEED, |seed| seed.parse().unwrap_or_else(|_| panic!("{SEED} is a number")))
}

/// A new, empty store.
pub(crate) struct Opened {
    /// As the server gets it.
    pub(crate) store: Arc<dyn Store>,
    /// As the test itself reads and writes it: the same records, without chance.
    pub(crate) calm: Arc<dyn Store>,
    /// What the server left in it that no one knows about.
    pub(crate) leftovers: Arc<Leftovers>,
    /// Its folder, if it is on a disk. Removed when it is dropped.
    pub(crate) folder: Option<TempDir>,
}

impl Opened {
    pub(crate) async fn new(engine: Engine) -> Self {
        match engine {
            Engine::Memory => Self::from(Arc::new(MemoryStore::new())),
            Engine::Chaotic => Self::chaotic(&Arc::new(ChaoticStore::by_chance(next_seed()))),
            Engine::Sled => {
                let folder = tempfile::tempdir().unwrap();
                let store = SledStore::open(folder.path(), &SledSettings::new([7; 16])).unwrap();
                Self { folder: Some(folder), ..Self::from(Arc::new(store)) }
            }
            Engine::Postgres => {
                let (store, folder) = postgres::store().await.expect("PostgreSQL is installed");
                Self { folder: Some(folder), ..Self::from(store) }
            }
        }
    }

    pub(crate) fn chaotic(store: &Arc<ChaoticStore>) -> Self {
        Self { calm: store.calm(), leftovers: store.leftovers(), ..Self::from(Arc::clone(store)) }
    }
}

impl<S: Store> From<Arc<S>> for Opened {
    fn from(store: Arc<S>) -> Self {
        Self { calm: store.clone(), store, leftovers: Arc::default(), folder: None }
    }
}

/// The seed of the next store in this thread, which runs one test: another one for each store of each test, and
/// the same in every run.
fn next_seed() -> u64 {
    thread_local!(static STORES: Cell<u64> = const { Cell::new(0) });
    let mut hasher = DefaultHasher::new();
    (seed(), std::thread::current().name(), STORES.replace(STORES.get() + 1)).hash(&mut hasher);
    hasher.finish()
}

#[expect(clippy::disallowed_methods, reason = "the environment says which engine this run is for")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
