//! Opening the store, after checking that the key ring belongs to it. If the store was restored, its next
//! generation begins. If other nodes share it, this run joins them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::domain::ports::{Change, Committed, Company, Store, StoreError, World};
use crate::domain::read::{fit_keys, known_keys, put_keys};
use crate::domain::record::Record;
use crate::domain::record::admins::Admins;
use crate::domain::record::ids::{KeyId, RunId};
use crate::domain::record::key::{Key, Span};
use crate::domain::record::reckoning::Reckoning;
use crate::domain::record::salt::SaltSeed;
use crate::domain::record::store_generation::StoreGeneration;
use crate::domain::record::time::Timestamp;
use crate::domain::token::KeyRing;
use crate::domain::upkeep::refusal::OpenError;
use crate::domain::upkeep::runs::{Joining, Past, join, take_new_course};
use crate::domain::{Gatepost, Lasting, MAX_ATTEMPTS, Settings};

/// How far from the newest event the clock can be at start without being doubted.
const NEAR: Duration = Duration::from_hours(7 * 24);
/// More runs than that hardly end before anything else happens in a store.
const ENDED_RUNS: usize = 100;

impl Gatepost {
    /// Checks that the key ring belongs to the store, remembers keys that are new in the ring, ends what a restored
    /// store has brought back, and joins the other nodes, if there can be any.
    ///
    /// # Errors
    /// `WrongKey` and `Run`, before anything is served or written; `Store`.
    pub async fn open(
        store: Arc<dyn Store>,
        company: Company,
        world: World,
        ring: KeyRing,
        settings: Settings,
    ) -> Result<Self, OpenError> {
        for attempt in 0..MAX_ATTEMPTS {
            world.rest_before(attempt).await;
            // On a conflict, another process has just opened it: the next look finds what that one wrote.
            let Some((lasting, joining)) = prepare(&*store, &company, &world, &ring).await? else { continue };
            let (run, neighbours) = match (company, joining) {
                (Company::Shared(member), Some(joining)) => {
                    let neighbours = joining.joined(Arc::clone(&store), &world, *member).await?;
                    (neighbours.run, Some(Arc::new(neighbours)))
                }
                _ => (RunId(world.random()), None),
            };
            return Ok(Self::new((store, neighbours), run, world, ring, lasting, settings));
        }
        Err(StoreError::Busy.into())
    }
}

/// Refuses a key ring that lacks a key of the store, or has another one in its place.
///
/// # Errors
/// `WrongKey`; `Store`.
pub async fn check_keys(store: &dyn Store, ring: &KeyRing) -> Result<(), OpenError> {
    let known = known_keys(store).await?;
    put_keys(&mut Change::new(), ring, &known).map_err(|id| OpenError::WrongKey { id: id.0 })
}

/// Checks the keys and remembers new ones. Returns what lasts, which the first start makes, or nothing if
/// another process wrote at the same time.
async fn prepare(
    store: &dyn Store,
    company: &Company,
    world: &World,
    ring: &KeyRing,
) -> Result<Option<(Lasting, Option<Joining>)>, OpenError> {
    let known = known_keys(store).await?;
    for KeyId(id) in fit_keys(ring, &known, None) {
        tracing::warn!("key {id} was retired and is not used; remove its line from where the keys are");
    }
    let mut change = Change::new();
    put_keys(&mut change, ring, &known).map_err(|id| OpenError::WrongKey { id: id.0 })?;
    let (lasting, past) = lasting(store, world, &mut change).await?;
    let joining = match company {
        Company::Alone => None,
        Company::Shared(member) => Some(join(&mut change, store, world, ring.ids(), member, past).await?),
    };
    let is_restored = past == Past::Restored;
    if is_restored && joining.is_none() {
        take_new_course(&mut change, store, world).await?;
    }
    if !change.writes.is_empty() && store.commit(change).await? == Committed::Conflict {
        return Ok(None);
    }
    Ok(Some((lasting, joining)))
}

/// Reads what lasts, and adds to `change` what is not there yet. Returns what became of the store before, too.
async fn lasting(
    store: &dyn Store,
    world: &World,
    change: &mut Change,
) -> Result<(Lasting, Past), StoreError> {
    let misplaced = |what: &str| StoreError::Damaged(format!("{what} is of the wrong kind"));
    let keys = [Key::salt_seed(), Key::store_generation(), Key::restored()];
    let mut found = store.get(&keys).await?.into_iter();
    let mut past = Past::Used;
    let salts = match found.next().flatten().map(|found| found.record) {
        Some(Record::SaltSeed(seed)) => seed,
        Some(_) => return Err(misplaced("the seed of salts")),
        None => {
            let seed = SaltSeed(world.random());
            change.expect(Key::salt_seed(), None);
            // Written once per store and never removed.
            change.put(Key::salt_seed(), Record::SaltSeed(seed));
            if put_first_indexes(store, change).await? {
                past = Past::None;
            }
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
    let restored = found.next().flatten();
    if let Some(restored) = &restored {
        past = Past::Restored;
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
    Ok((Lasting { salts, store_generation, reckoning }, past))
}

/// Adds to `change` the indexes of a store that no one has used yet. Those of a store without them, but with accounts, are
/// made from these. Returns whether it is a new one.
async fn put_first_indexes(store: &dyn Store, change: &mut Change) -> Result<bool, StoreError> {
    let has_admins = store.get(&[Key::admins()]).await?.into_iter().flatten().next().is_some();
    if has_admins || !store.scan(&Span::accounts(), 1).await?.is_empty() {
        return Ok(false);
    }
    change.expect(Key::admins(), None);
    // Written once per store and never removed.
    change.put(Key::admins(), Record::Admins(Admins::none()));
    Ok(true)
}

/// Whether the clock can be believed at start. If it is far from the newest event, either it is wrong or
/// the server was not running, and an hour is little to wait for what cannot be brought back.
async fn first_reckoning(store: &dyn Store, world: &World) -> Result<Reckoning, StoreError> {
    let (monotonic, now) = (world.clock.monotonic(), world.now());
    let has_events = async |from| Ok::<_, StoreError>(!store.scan(&Span::events(from), 1).await?.is_empty());
    if !has_events(Timestamp::default()).await? {
        // A run that ended leaves a mark, and no event.
        let marks = store.scan(&Span::marks(), ENDED_RUNS).await?;
        if marks.len() < ENDED_RUNS && marks.iter().all(|(key, _)| !key.is_kept()) {
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
