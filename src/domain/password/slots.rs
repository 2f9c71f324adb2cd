//! The threads that hash passwords: a few slots, each with memory of its own, and a short queue.
//!
//! Argon2id needs 19 MiB and some ten milliseconds of a core. Without slots, a flood of sign-ins would use
//! up all memory; with a thread for each, it would slow down all other pages. A slot takes the next
//! password from the queue by itself, so none is idle while anything waits.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::oneshot;
use zeroize::Zeroize;

use super::Password;
use super::memory::LargeMemory;
use crate::domain::ports::StoreError;
use crate::domain::record::password::{Cost, Method, PasswordHash, Recipe};
use crate::domain::token::Pepper;

/// How many passwords can wait for a slot. Beyond that, clients are told to try again later.
const MAX_WAITING: usize = 64;
/// How many of these places are kept for known browsers and people who are signed in. Otherwise a flood of
/// strangers' sign-ins would keep everyone out.
const KEPT: usize = MAX_WAITING / 4;

/// Who waits for a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain) enum Line {
    /// Anyone.
    Anyone,
    /// A known browser, or someone signed in.
    Known,
}

impl Line {
    /// How many can wait before this one has to be sent away.
    fn places(self) -> usize {
        match self {
            Self::Anyone => MAX_WAITING - KEPT,
            Self::Known => MAX_WAITING,
        }
    }
}

/// The slots of this process. Their threads end when it is dropped.
pub(in crate::domain) struct Slots {
    queue: SyncSender<Job>,
    shared: Arc<Shared>,
}

/// What the slots of a process share.
struct Shared {
    waiting: Mutex<Receiver<Job>>,
    /// How many are waiting.
    count: AtomicUsize,
    hashed: AtomicU64,
    large: LargeMemory,
}

/// A password to hash with some recipes one after another, and where to send the results.
struct Job {
    password: Password,
    recipes: Vec<(Recipe, Pepper)>,
    answer: oneshot::Sender<Result<Vec<PasswordHash>, argon2::Error>>,
}

impl Slots {
    pub(in crate::domain) fn new(slots: usize) -> Self {
        let (queue, waiting) = sync_channel(MAX_WAITING);
        let (waiting, count) = (Mutex::new(waiting), AtomicUsize::default());
        let (hashed, large) = (AtomicU64::default(), LargeMemory::default());
        let shared = Arc::new(Shared { waiting, count, hashed, large });
        for _ in 0..slots {
            let shared = Arc::clone(&shared);
            let slot = thread::Builder::new().name("password-slot".into());
            slot.spawn(move || work(&shared)).expect("the system has a thread for each core");
        }
        Self { queue, shared }
    }

    /// How many hashes have been started.
    pub(in crate::domain) fn hashed(&self) -> u64 {
        self.shared.hashed.load(Ordering::Relaxed)
    }

    /// How many passwords wait for a slot.
    pub(in crate::domain) fn waiting(&self) -> usize {
        self.shared.count.load(Ordering::Relaxed)
    }

    /// Hashes a password with each recipe and the pepper that the recipe names, all in one slot.
    ///
    /// # Errors
    /// `Busy` if the queue is full for this line; `Damaged` if a recipe cannot be computed.
    pub(in crate::domain) async fn hash(
        &self,
        password: &Password,
        recipes: Vec<(Recipe, Pepper)>,
        line: Line,
    ) -> Result<Vec<PasswordHash>, StoreError> {
        let (answer, computed) = oneshot::channel();
        let job = Job { password: password.clone(), recipes, answer };
        let has_room = |waiting| (waiting < line.places()).then_some(waiting + 1);
        self.shared
            .count
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, has_room)
            .map_err(|_| StoreError::Busy)?;
        // There is a place for every one that is counted, unless the server is shutting down.
        self.queue.try_send(job).map_err(|_| StoreError::Busy)?;
        // The sender is gone when the server is shutting down.
        let computed = computed.await.map_err(|_| StoreError::Busy)?;
        computed.map_err(|error| StoreError::Damaged(format!("cannot compute a password hash: {error}")))
    }
}

/// One slot. It finishes what it has started even if the client hangs up. If it became free before its
/// work is done, a flood of cancelled requests could use up all memory.
fn work(shared: &Shared) {
    let mut memory: Vec<Block> = Vec::new();
    while let Some(job) = next(shared, &mut memory) {
        shared.count.fetch_sub(1, Ordering::Relaxed);
        // A client that hung up while waiting costs nothing more.
        if job.answer.is_closed() {
            continue;
        }
        let Job { password, recipes, answer } = job;
        let most = recipes.iter().map(|(recipe, _)| recipe.cost.memory_kib).max().unwrap_or_default();
        let needed = recipes.iter().map(|(recipe, _)| blocks(recipe.cost)).max().unwrap_or_default();
        let computed = if most > Cost::default().memory_kib {
            let mut loan = shared.large.lend(needed);
            compute_all(&password, recipes, loan.blocks(), &shared.hashed)
        } else {
            shared.large.free();
            if memory.len() < needed {
                // The old memory is freed first, so that a slot never holds both.
                memory.iter_mut().for_each(Zeroize::zeroize);
                drop(std::mem::take(&mut memory));
                memory = vec![Block::new(); needed];
            }
            compute_all(&password, recipes, &mut memory, &shared.hashed)
        };
        // The client may also have hung up while its password was hashed.
        let _ = answer.send(computed);
    }
}

/// The next password; none when the server ends. A slot that has to wait for it first erases what the last
/// one left in its memory: that is computed from the password. (A hash that follows at once overwrites it.)
fn next(shared: &Shared, memory: &mut [Block]) -> Option<Job> {
    // Another slot that holds the queue is waiting too, so nothing is in it.
    if let Some(job) = shared.waiting.try_lock().ok().and_then(|waiting| waiting.try_recv().ok()) {
        return Some(job);
    }
    memory.iter_mut().for_each(Zeroize::zeroize);
    shared.waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

fn compute_all(
    password: &Password,
    recipes: Vec<(Recipe, Pepper)>,
    memory: &mut [Block],
    hashed: &AtomicU64,
) -> Result<Vec<PasswordHash>, argon2::Error> {
    let compute_one = |(recipe, pepper): (Recipe, Pepper)| {
        hashed.fetch_add(1, Ordering::Relaxed);
        compute(password, &recipe, &pepper, memory).map(|hash| PasswordHash { recipe, hash })
    };
    recipes.into_iter().map(compute_one).collect()
}

fn compute(
    password: &Password,
    recipe: &Recipe,
    pepper: &Pepper,
    memory: &mut [Block],
) -> Result<Vec<u8>, argon2::Error> {
    let secret = match recipe.method {
        Method::Peppered => pepper.as_bytes(),
        Method::Wrapped => &[],
    };
    let params = params(recipe.cost, usize::from(recipe.length_bytes))?;
    let memory = memory.get_mut(..params.block_count()).ok_or(argon2::Error::MemoryTooLittle)?;
    let argon2 = Argon2::new_with_secret(secret, Algorithm::Argon2id, Version::V0x13, params)?;
    let mut hash = vec![0; usize::from(recipe.length_bytes)];
    let entered = password.bytes_for(recipe.method);
    argon2.hash_password_into_with_memory(entered, &recipe.salt, &mut hash, &mut *memory)?;
    match recipe.method {
        Method::Peppered => Ok(hash),
        Method::Wrapped => {
            let wrapped = pepper.wrap(&hash).to_vec();
            hash.zeroize();
            Ok(wrapped)
        }
    }
}

fn params(cost: Cost, length_bytes: usize) -> Result<Params, argon2::Error> {
    Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(length_bytes))
}

/// How many blocks of memory a hash fills.
fn blocks(cost: Cost) -> usize {
    params(cost, 32).map(|params| params.block_count()).unwrap_or_default()
}
