//! Where passwords are hashed: a few slots that own their memory, and a short queue before them.
//!
//! Argon2id takes 19 MiB and some ten milliseconds of a core. Without slots a flood of sign-ins
//! would take all memory, and with a thread each all other pages would wait.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

use super::{Password, PasswordHash, Recipe};
use crate::domain::error::Error;
use crate::domain::ports::StoreError;
use crate::domain::token::Pepper;

/// How many may wait for a slot; who comes after them is told to come back.
const MAX_WAITING: usize = 64;

type Memory = Vec<Block>;

/// The slots of this process.
pub(in crate::domain) struct Slots {
    free: Arc<Semaphore>,
    places: Arc<Semaphore>,
    memory: Arc<Mutex<Vec<Memory>>>,
    hashed: Arc<AtomicU64>,
}

/// A slot and a place in the queue, given back when dropped.
struct Turn(#[expect(dead_code, reason = "held, not read")] [OwnedSemaphorePermit; 2]);

impl Slots {
    pub(in crate::domain) fn new(count: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(count)),
            places: Arc::new(Semaphore::new(count + MAX_WAITING)),
            memory: Arc::default(),
            hashed: Arc::default(),
        }
    }

    /// How many hashes were ever begun.
    pub(in crate::domain) fn hashed(&self) -> u64 {
        self.hashed.load(Ordering::Relaxed)
    }

    /// Hashes a password by a recipe, whose pepper is `pepper`.
    ///
    /// # Errors
    /// `Store(Busy)` when more wait already than the queue holds; `Store(Damaged)` when the recipe
    /// is none.
    pub(in crate::domain) async fn hash(
        &self,
        password: &Password,
        recipe: Recipe,
        pepper: Option<Pepper>,
    ) -> Result<PasswordHash, Error> {
        let turn = self.turn().await?;
        let (memory, hashed, password) =
            (Arc::clone(&self.memory), Arc::clone(&self.hashed), password.clone());
        let computing = spawn_blocking(move || {
            // The work owns its turn: where the caller goes away, the slot is free when the work is
            // done and not before, or a flood of hung-up calls would fill all threads.
            let _turn = turn;
            hashed.fetch_add(1, Ordering::Relaxed);
            let own = memory.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
            let (hash, own) = compute(&password, &recipe, pepper.as_ref(), own)?;
            memory.lock().unwrap_or_else(PoisonError::into_inner).push(own);
            Ok(PasswordHash { recipe, hash })
        });
        let computed: Result<_, argon2::Error> = computing.await.expect("hashing does not panic");
        computed.map_err(|error| StoreError::Damaged(format!("a password's recipe: {error}")).into())
    }

    async fn turn(&self) -> Result<Turn, Error> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| StoreError::Busy)?;
        let slot = Arc::clone(&self.free).acquire_owned().await.map_err(|_| StoreError::Busy)?;
        Ok(Turn([slot, place]))
    }
}

fn compute(
    password: &Password,
    recipe: &Recipe,
    pepper: Option<&Pepper>,
    mut memory: Memory,
) -> Result<(Vec<u8>, Memory), argon2::Error> {
    let cost = recipe.cost;
    let mut hash = vec![0; usize::from(recipe.length_bytes)];
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(hash.len()))?;
    let needed = params.block_count();
    if memory.len() != needed {
        // A hash that came from elsewhere may take more: what it took is given back by the next.
        memory = vec![Block::new(); needed];
    }
    let secret = pepper.map(Pepper::as_bytes).unwrap_or_default();
    let argon2 = Argon2::new_with_secret(secret, Algorithm::Argon2id, Version::V0x13, params)?;
    argon2.hash_password_into_with_memory(
        password.as_str().as_bytes(),
        &recipe.salt,
        &mut hash,
        &mut memory,
    )?;
    Ok((hash, memory))
}
