//! The threads that hash passwords: a few slots, each with memory of its own, and a short queue.
//!
//! Argon2id needs 19 MiB and some ten milliseconds of a core. Without slots, a flood of sign-ins would use
//! up all memory; with a thread for each, it would slow down all other pages. A slot takes the next
//! password from the queue by itself, so none is idle while anything waits.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::oneshot;

use super::Password;
use crate::domain::ports::StoreError;
use crate::domain::record::password::{Cost, PasswordHash, Recipe};
use crate::domain::token::Pepper;

/// How many passwords can wait for a slot. Beyond that, clients are told to try again later.
const MAX_WAITING: usize = 64;

/// The slots of this process. Their threads end when it is dropped.
pub(in crate::domain) struct Slots {
    queue: SyncSender<Job>,
    hashed: Arc<AtomicU64>,
}

/// A password to hash, and where to send the result.
struct Job {
    password: Password,
    recipe: Recipe,
    pepper: Option<Pepper>,
    answer: oneshot::Sender<Result<PasswordHash, argon2::Error>>,
}

impl Slots {
    pub(in crate::domain) fn new(count: usize) -> Self {
        let (queue, waiting) = sync_channel(MAX_WAITING);
        let (waiting, hashed) = (Arc::new(Mutex::new(waiting)), Arc::<AtomicU64>::default());
        for _ in 0..count {
            let (waiting, hashed) = (Arc::clone(&waiting), Arc::clone(&hashed));
            let slot = thread::Builder::new().name("password-slot".into());
            slot.spawn(move || work(&waiting, &hashed)).expect("the system has a thread for each core");
        }
        Self { queue, hashed }
    }

    /// How many hashes have been started.
    pub(in crate::domain) fn hashed(&self) -> u64 {
        self.hashed.load(Ordering::Relaxed)
    }

    /// Hashes a password with a recipe and the pepper that the recipe names.
    ///
    /// # Errors
    /// `Busy` if the queue is full; `Damaged` if the recipe cannot be computed.
    pub(in crate::domain) async fn hash(
        &self,
        password: &Password,
        recipe: Recipe,
        pepper: Option<Pepper>,
    ) -> Result<PasswordHash, StoreError> {
        let (answer, computed) = oneshot::channel();
        let job = Job { password: password.clone(), recipe, pepper, answer };
        self.queue.try_send(job).map_err(|_| StoreError::Busy)?;
        // The sender is gone when the server is shutting down.
        let computed = computed.await.map_err(|_| StoreError::Busy)?;
        computed.map_err(|error| StoreError::Damaged(format!("cannot compute a password hash: {error}")))
    }
}

/// One slot. It finishes what it has started even if the client hangs up. If it became free before its
/// work is done, a flood of cancelled requests could use up all memory.
fn work(waiting: &Mutex<Receiver<Job>>, hashed: &AtomicU64) {
    let mut memory = Vec::new();
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { password, recipe, pepper, answer }) = next else { return };
        // A client that hung up while waiting costs nothing more.
        if answer.is_closed() {
            continue;
        }
        hashed.fetch_add(1, Ordering::Relaxed);
        let computed = compute(&password, &recipe, pepper.as_ref(), &mut memory);
        // The client may also have hung up while its password was hashed.
        let _ = answer.send(computed.map(|hash| PasswordHash { recipe, hash }));
    }
}

fn compute(
    password: &Password,
    recipe: &Recipe,
    pepper: Option<&Pepper>,
    memory: &mut Vec<Block>,
) -> Result<Vec<u8>, argon2::Error> {
    let cost = recipe.cost;
    let mut hash = vec![0; usize::from(recipe.length_bytes)];
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(hash.len()))?;
    let needed = params.block_count();
    if memory.len() != needed {
        // An imported hash may need more memory. The old memory is freed first, so that a slot never holds
        // both.
        drop(std::mem::take(memory));
        *memory = vec![Block::new(); needed];
    }
    let secret = pepper.map(Pepper::as_bytes).unwrap_or_default();
    let argon2 = Argon2::new_with_secret(secret, Algorithm::Argon2id, Version::V0x13, params)?;
    let entered = password.as_str().as_bytes();
    argon2.hash_password_into_with_memory(entered, &recipe.salt, &mut hash, &mut *memory)?;
    if cost.memory_kib > Cost::default().memory_kib {
        *memory = Vec::new();
    }
    Ok(hash)
}
