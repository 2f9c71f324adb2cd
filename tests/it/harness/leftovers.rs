//! What someone left behind who requested an email twice, because the first answer was that no one knew. A
//! scenario is about the second request. The person has the first email as well, and does not open it.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard};

use gatepost::domain::ports::Change;
use gatepost::domain::record::Record;
use gatepost::domain::record::ids::LetterId;
use gatepost::domain::record::key::Key;

#[derive(Default)]
pub(crate) struct Leftovers(Mutex<Left>);

#[derive(Default)]
struct Left {
    records: HashSet<Key>,
    letters: HashSet<LetterId>,
}

impl Leftovers {
    /// The request of a change, its email and its event.
    pub(super) fn keep(&self, change: &Change) {
        let mut left = self.left();
        for (key, record) in &change.writes {
            match record {
                Some(Record::Letter(letter)) => _ = left.letters.insert(letter.id),
                Some(Record::Request(_) | Record::Event(_) | Record::MailState(_) | Record::MailPlace(_)) => {
                    _ = left.records.insert(key.clone());
                }
                _ => {}
            }
        }
    }

    /// Whether a record was left behind, or says when to remove one that was.
    pub(super) fn has(&self, key: &Key) -> bool {
        let left = self.left();
        left.records.contains(key) || key.expired().is_some_and(|of| left.records.contains(&of))
    }

    pub(super) fn has_letter(&self, id: LetterId) -> bool {
        self.left().letters.contains(&id)
    }

    fn left(&self) -> MutexGuard<'_, Left> {
        self.0.lock().unwrap()
    }
}
