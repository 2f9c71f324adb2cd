//! The keys of a ring, in their order.

use std::sync::Arc;

use super::key_lines::OPENS;
use super::ring_key::RingKey;
use crate::domain::record::ids::KeyId;

/// Why a text is not a key ring.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRingError {
    /// It contains no key.
    #[error("has no key")]
    Empty,
    /// It contains no key that seals.
    #[error("has no key that seals: every line ends with \"{OPENS}\"")]
    NoneSeals,
    /// A line is not `gatepost-key-1 <id> <base64 of 32 bytes>`.
    #[error("line {0} is not \"gatepost-key-1 <id> <base64 of 32 bytes>\"")]
    Line(usize),
    /// Two lines have the same id.
    #[error("has the key id {0} twice")]
    Twice(u8),
}

/// First those that seal or have sealed, newest first. The first one of all seals. Then those that only open so far.
pub(super) struct KeyList {
    keys: Vec<Arc<RingKey>>,
    /// How many only open so far.
    waiting: usize,
}

impl KeyList {
    /// Parses a key file.
    pub(super) fn parse(text: &str) -> Result<Self, KeyRingError> {
        let (mut keys, mut waiting): (Vec<Arc<RingKey>>, Vec<Arc<RingKey>>) = (Vec::new(), Vec::new());
        for (index, line) in text.split(['\n', ',']).enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let opening = line.trim_end().strip_suffix(OPENS).filter(|rest| rest.ends_with(' '));
            let key = RingKey::parse(opening.unwrap_or(line)).ok_or(KeyRingError::Line(index + 1))?;
            if keys.iter().chain(&waiting).any(|other| other.id == key.id) {
                return Err(KeyRingError::Twice(key.id.0));
            }
            if opening.is_some() { &mut waiting } else { &mut keys }.push(Arc::new(key));
        }
        match (keys.is_empty(), waiting.is_empty()) {
            (true, true) => Err(KeyRingError::Empty),
            (true, false) => Err(KeyRingError::NoneSeals),
            _ => {
                let count = waiting.len();
                keys.append(&mut waiting);
                Ok(Self { keys, waiting: count })
            }
        }
    }

    /// All of them.
    pub(super) fn all(&self) -> &[Arc<RingKey>] {
        &self.keys
    }

    /// Those that only open so far.
    pub(super) fn waiting(&self) -> &[Arc<RingKey>] {
        &self.keys[self.keys.len() - self.waiting..]
    }

    /// The same without a key, unless no other one seals or has sealed.
    pub(super) fn without(&self, id: KeyId) -> Self {
        let (waiting, all) = (self.waiting(), self.keys.iter());
        let keys: Vec<_> = all.filter(|key| key.id != id).cloned().collect();
        let left = waiting.iter().filter(|key| key.id != id).count();
        if keys.len() == left {
            return Self { keys: self.keys.clone(), waiting: self.waiting };
        }
        Self { keys, waiting: left }
    }

    /// The same, but this key seals if it only opened so far.
    pub(super) fn sealing_with(&self, id: KeyId) -> Self {
        let found = self.waiting().iter().find(|key| key.id == id);
        let Some(key) = found else { return Self { keys: self.keys.clone(), waiting: self.waiting } };
        let others = self.keys.iter().filter(|other| other.id != id);
        let keys = std::iter::once(key).chain(others).cloned().collect();
        Self { keys, waiting: self.waiting - 1 }
    }
}
