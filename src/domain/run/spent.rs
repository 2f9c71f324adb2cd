//! The hand-over tokens that another browser, or another host, has tried. Where several nodes share a store, it has them
//! instead.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::record::ids::{Nonce, SessionId};

/// How many are remembered.
const MOST: usize = 65_536;
/// How many of one session. Whoever is signed in can make tokens, and must not fill the memory with them.
const MOST_OF_SESSION: usize = 64;
/// How long: longer than any token works.
const KEPT: Duration = Duration::from_mins(2);

/// Those that still could be used.
#[derive(Default)]
pub(in crate::domain) struct Spent(Mutex<Tokens>);

#[derive(Default)]
struct Tokens {
    nonces: HashSet<Nonce>,
    of_session: HashMap<SessionId, usize>,
    /// In the order in which they were spent, each with when it is forgotten.
    queue: VecDeque<(Duration, Nonce, SessionId)>,
}

impl Spent {
    /// Whether a token is spent.
    pub(in crate::domain) fn has(&self, nonce: Nonce) -> bool {
        self.tokens().nonces.contains(&nonce)
    }

    /// A token of a session is spent. `now` is the time since some moment before this run began. Returns whether
    /// there was room for it.
    pub(in crate::domain) fn spend(&self, nonce: Nonce, session: SessionId, now: Duration) -> bool {
        let mut tokens = self.tokens();
        tokens.forget_until(now);
        if tokens.nonces.contains(&nonce) {
            return true;
        }
        let of_session = tokens.of_session.get(&session).copied().unwrap_or_default();
        if tokens.nonces.len() >= MOST || of_session >= MOST_OF_SESSION {
            return false;
        }
        tokens.nonces.insert(nonce);
        tokens.of_session.insert(session, of_session + 1);
        tokens.queue.push_back((now + KEPT, nonce, session));
        true
    }

    fn tokens(&self) -> MutexGuard<'_, Tokens> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tokens {
    fn forget_until(&mut self, now: Duration) {
        while let Some((_, nonce, session)) = self.queue.pop_front_if(|(until, ..)| *until <= now) {
            self.nonces.remove(&nonce);
            if let Some(count) = self.of_session.get_mut(&session) {
                *count -= 1;
                if *count == 0 {
                    self.of_session.remove(&session);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{KEPT, MOST, MOST_OF_SESSION, Nonce, SessionId, Spent};

    fn nonce(number: usize) -> Nonce {
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        Nonce(bytes)
    }

    fn session(number: usize) -> SessionId {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        SessionId(bytes)
    }

    #[test]
    fn neither_one_session_nor_all_of_them_fill_the_memory() {
        let (spent, begin) = (Spent::default(), Duration::from_secs(5));
        for number in 0..MOST_OF_SESSION {
            assert!(spent.spend(nonce(number), session(0), begin));
        }
        assert!(!spent.spend(nonce(MOST), session(0), begin));
        assert!(spent.spend(nonce(0), session(0), begin), "it is spent already");
        for number in MOST_OF_SESSION..MOST {
            assert!(spent.spend(nonce(number), session(number), begin));
        }
        assert!(!spent.spend(nonce(MOST), session(MOST), begin));
        let later = begin + KEPT;
        assert!(spent.spend(nonce(MOST), session(0), later));
        assert!(spent.has(nonce(MOST)) && !spent.has(nonce(1)));
        assert_eq!(spent.tokens().of_session.len(), 1);
    }
}
