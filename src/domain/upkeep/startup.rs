//! Opening the store, after checking that the key ring belongs to it. If the store was restored, its next
//! generation begins.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::domain::ports::{Change, Committed, Store, StoreError, World};
use crate::domain::read::{known_keys, put_keys};
use crate::domain::record::Record;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::reckoning::Reckoning;
use crate::domain::record::salt::SaltSeed;
use crate::domain::record::store_generation::StoreGeneration;
use crate::domain::record::time::Timestamp;
use crate::domain::token::KeyRing;
use crate::domain::{Gatepost, Lasting, MAX_ATTEMPTS, Settings};

/// How far from the newest event the clock can be at start without being doubted.
const NEAR: Duration = Duration::from_hours(7 * 24);

/// Why the store cannot be opened.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The ring lacks a key of the store, or has a different one with the same id. Every token and code
    /// would be refused, so nothing is served.
    #[error(
        "this database belongs to a different key ({id}) than the one that was found; restore its key file \
         from your backup, or set key_file or GATEPOST_KEY"
    )]
    WrongKey {
        /// The key's id.
        id: u8,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Gatepost {
    /// Checks that the key ring belongs to the store, remembers keys that are new in the ring, and ends what
    /// a restored store has brought back.
    ///
    /// # Errors
    /// `WrongKey`, before anything is served or written; `Store`.
    pub async fn open(
        store: Arc<dyn Store>,
        world: World,
        ring: KeyRing,
        settings: Settings,
    ) -> Result<Self, OpenError> {
        for _ in 0..MAX_ATTEMPTS {
            // On a conflict, another process has just opened it: the next look finds what that one wrote.
            let Some(lasting) = prepare(&*store, &world, &ring).await? else { continue };
            return Ok(Self::new(store, world, ring, lasting, settings));
        }
        Err(StoreError::Busy.into())
    }
}

/// Checks the keys and remembers new ones. Returns what lasts, which the first start makes, or nothing if
/// another process wrote at the same time.
async fn prepare(store: &dyn Store, world: &World, ring: &KeyRing) -> Result<Option<Lasting>, OpenError> {
    let known = known_keys(store).await?;
    for key in known.iter().filter(|key| key.is_retired() && ring.holds(key.id)) {
        let id = key.id.0;
        tracing::warn!("key {id} was retired and is not used; remove its line from where the keys are");
        ring.drop_key(key.id);
    }
    let mut change = Change::new();
    put_keys(&mut change, ring, &known).map_err(|id| OpenError::WrongKey { id: id.0 })?;
    let lasting = lasting(store, world, &mut change).await?;
    if !change.writes.is_empty() && store.commit(change).await? == Committed::Conflict {
        return Ok(None);
    }
    Ok(Some(lasting))
}

/// Reads what lasts, and adds to `change` what is not there yet.
async fn lasting(store: &dyn Store, world: &World, change: &mut Change) -> Result<Lasting, StoreError> {
    let misplaced = |what: &str| StoreError::Damaged(format!("{what} is of the wrong kind"));
    let keys = [Key::salt_seed(), Key::store_generation(), Key::restored()];
    let mut found = store.get(&keys).await?.into_iter();
    let salts = match found.next().flatten().map(|found| found.record) {
        Some(Record::SaltSeed(seed)) => seed,
        Some(_) => return Err(misplaced("the seed of salts")),
        None => {
            let seed = SaltSeed(world.random());
            change.expect(Key::salt_seed(), None);
            // Written once per store and never removed.
            change.put(Key::salt_seed(), Record::SaltSeed(seed));
            seed
        }
    };
    let generation = found.next().flatten();
    let version = generation.as_ref().map(|found| found.version);
    let mut store_generation = match generation.map(|found| found.record) {
        Some(Record::StoreGeneration(generation)) => generation,
        Some(_) => return Err(misplaced("the generation of the database")),
        None => StoreGeneration::default(),
    };
    if let Some(restored) = found.next().flatten() {
        // Whoever restored it was told so.
        tracing::info!(
            "this database was restored: all sessions are ended, and all links and codes are void"
        );
        store_generation = store_generation.next();
        change.expect(Key::restored(), Some(restored.version));
        change.delete(Key::restored());
        change.expect(Key::store_generation(), version);
        // Caused by the operator. One per store, never removed.
        change.put(Key::store_generation(), Record::StoreGeneration(store_generation));
    }
    let reckoning = Mutex::new(first_reckoning(store, world).await?);
    Ok(Lasting { salts, store_generation, reckoning })
}

/// Whether the clock can be believed at start. If it is far from the newest event, either it is wrong or
/// the server was not running, and an hour is little to wait for what cannot be brought back.
async fn first_reckoning(store: &dyn Store, world: &World) -> Result<Reckoning, StoreError> {
    let (monotonic, now) = (world.clock.monotonic(), world.now());
    let has_events = async |from| Ok::<_, StoreError>(!store.scan(&Span::events(from), 1).await?.is_empty());
    if !has_events(Timestamp::default()).await? {
        if store.scan(&Span::marks(), 1).await?.is_empty() {
            return Ok(Reckoning::new(monotonic, now));
        }
        // Events go after a while, so the last one may have been removed before the clock went wrong.
        tracing::warn!(
            "the database has no event to compare the clock with; check the clock. Nothing that has expired is \
             removed for an hour"
        );
        return Ok(Reckoning::doubting(monotonic, now));
    }
    if has_events(now.minus(NEAR)).await? && !has_events(now.plus(NEAR)).await? {
        return Ok(Reckoning::new(monotonic, now));
    }
    tracing::warn!(
        "the clock is more than 7 days away from the newest event in the database; check the clock. Nothing that \
         has expired is removed for an hour"
    );
    Ok(Reckoning::doubting(monotonic, now))
}
