//! The memory for hashes that need more than our own: lent to the slots, never more than a fixed amount at
//! once. A slot that gets none waits, so a store with expensive imported hashes has fewer slots, down to one.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use argon2::Block;
use zeroize::Zeroize;

use super::phc::MAX_MEMORY_KIB;

/// A block of Argon2, in KiB.
const BLOCK_KIB: usize = 1;

/// All of it.
#[derive(Default)]
pub(super) struct LargeMemory {
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Default)]
struct State {
    lent_blocks: usize,
    /// Kept for the next hash, because fresh memory takes a tenth of the time of a hash to get.
    spare: Vec<Vec<Block>>,
}

/// A piece of it. Erased and given back when it is dropped.
pub(super) struct Loan<'a> {
    blocks: Vec<Block>,
    from: &'a LargeMemory,
}

impl LargeMemory {
    /// Waits until there is room for this many blocks.
    pub(super) fn lend(&self, count: usize) -> Loan<'_> {
        const MOST: usize = MAX_MEMORY_KIB as usize / BLOCK_KIB;
        let has_no_room = |state: &mut State| state.lent_blocks > 0 && state.lent_blocks + count > MOST;
        let state = self.returned.wait_while(self.state(), has_no_room);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        state.lent_blocks += count;
        // Memory of another size is freed first, so that both are never held together.
        state.spare.retain(|spare| spare.len() == count);
        let spare = state.spare.pop();
        drop(state);
        Loan { blocks: spare.unwrap_or_else(|| vec![Block::new(); count]), from: self }
    }

    /// Frees what is kept, once hashes need no more than usual.
    pub(super) fn free(&self) {
        self.state().spare.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Loan<'_> {
    pub(super) fn blocks(&mut self) -> &mut [Block] {
        &mut self.blocks
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        // What Argon2 leaves behind is computed from the password.
        self.blocks.iter_mut().for_each(Zeroize::zeroize);
        let blocks = std::mem::take(&mut self.blocks);
        let mut state = self.from.state();
        state.lent_blocks -= blocks.len();
        state.spare.push(blocks);
        drop(state);
        self.from.returned.notify_all();
    }
}
