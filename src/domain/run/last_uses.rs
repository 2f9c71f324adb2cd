//! When sessions were last used, until `upkeep` writes it. No response waits for that, and sessions share commits.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::record::ids::{AccountId, SessionId};
use crate::domain::record::key::Key;
use crate::domain::record::session::Session;
use crate::domain::record::time::Timestamp;

/// How many sessions are remembered at most, each with about a hundred bytes. Beyond that, a use is not noted, and
/// the next one is.
const MAX_SESSIONS: usize = 100_000;

type Name = (AccountId, SessionId);

/// The sessions that were used since that was last written.
#[derive(Default)]
pub(in crate::domain) struct LastUses(Mutex<HashMap<Name, LastUse>>);

/// A use of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain) struct LastUse {
    name: Name,
    at: Timestamp,
    /// The last use that was stored then. It may be in the future, where a clock that was ahead has left it.
    before: Timestamp,
}

impl LastUse {
    /// The key of the session.
    pub(in crate::domain) fn key(&self) -> Key {
        Key::session(self.name.0, self.name.1)
    }

    /// The last use of this session, if it is not the one that is stored. It never moves back from what others have
    /// written meanwhile.
    pub(in crate::domain) fn unwritten_in(self, session: &Session) -> Option<Timestamp> {
        let stored = session.last_used_at;
        (self.at > stored || (self.before == stored && self.at != stored)).then_some(self.at)
    }
}

impl LastUses {
    /// A session is used now. Its last use so far is as `of` says.
    pub(in crate::domain) fn note(&self, session: &Session, at: Timestamp) {
        let (mut uses, name) = (self.uses(), (session.account, session.id));
        let noted = uses.get(&name).filter(|noted| noted.at == session.last_used_at);
        let before = noted.map_or(session.last_used_at, |noted| noted.before);
        if uses.len() < MAX_SESSIONS || uses.contains_key(&name) {
            uses.insert(name, LastUse { name, at, before });
        }
    }

    /// When a session was last used, as far as anyone knows.
    pub(in crate::domain) fn of(&self, session: &Session) -> Timestamp {
        let uses = self.uses();
        let noted = uses.get(&(session.account, session.id)).and_then(|it| it.unwritten_in(session));
        noted.unwrap_or(session.last_used_at)
    }

    /// Everything that is not written yet.
    pub(in crate::domain) fn unwritten(&self) -> Vec<LastUse> {
        self.uses().values().copied().collect()
    }

    /// These are written, or their sessions are gone. Keeps what was noted since.
    pub(in crate::domain) fn forget(&self, written: &[LastUse]) {
        let mut uses = self.uses();
        for it in written {
            if uses.get(&it.name) == Some(it) {
                uses.remove(&it.name);
            }
        }
    }

    fn uses(&self) -> MutexGuard<'_, HashMap<Name, LastUse>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
