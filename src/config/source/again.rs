//! What has changed since the values were read before, and which changes count while the server runs.

use super::keys::all_keys;
use super::{Differences, Sources, Values};

/// The keys that are read again while the server runs, each with those that begin with it. All others need a
/// restart: what is not named here is never taken for changed.
const READ_AGAIN: [&str; 12] = [
    "name",
    "home",
    "registration",
    "registration.",
    "hosts",
    "metrics_token",
    "metrics_token_file",
    "sign_in.",
    "password.",
    "session.",
    "limits.",
    "events.",
];

fn is_read_again(key: &str) -> bool {
    READ_AGAIN.iter().any(|it| if it.ends_with('.') { key.starts_with(it) } else { key == *it })
}

impl Sources {
    /// Puts the values that the server runs with in the place of new ones that need a restart, and forgets what is
    /// wrong with those.
    pub(in crate::config) fn keep(&mut self, running: &Values) -> Differences {
        let mut differences = Differences::default();
        for key in all_keys() {
            let (new, old) = (self.given.get(key), running.get(key));
            let is_mistaken = self.mistaken.contains(key);
            if !is_mistaken && new.map(|given| &given.value) == old.map(|given| &given.value) {
                continue;
            }
            if is_read_again(key) {
                differences.changed.push(key);
                continue;
            }
            differences.waiting.push(key);
            self.mistaken.remove(key);
            self.mistakes.retain(|(about, _)| *about != Some(key));
            match old.cloned() {
                Some(given) => drop(self.given.insert(key, given)),
                None => drop(self.given.remove(key)),
            }
        }
        differences
    }
}
