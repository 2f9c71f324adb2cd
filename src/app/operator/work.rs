//! Orders that take long. Their answer comes in parts: how far the work is, perhaps with the next bytes of a
//! backup, and at the end the result.

use super::order::Answer;
use crate::domain::ports::StoreError;
use crate::store::Kept;
use crate::store::backup::{Encoder, Header};
use crate::store::sled::{Copying, SledStore, Verified, Verifying};

/// How many parts of the store are verified before the next part of the answer.
const STEPS: usize = 16;
/// How many bytes of a backup one part of the answer has at least, unless it is the last one.
const PIECE_BYTES: usize = 256 << 10;
/// The most it can have: another page of the largest records.
pub(super) const MAX_PIECE_BYTES: usize = 32 << 20;

/// A part of an answer.
pub struct Part {
    /// Says what it is.
    pub answer: Answer,
    /// The bytes that follow.
    pub bytes: Vec<u8>,
}

impl From<Answer> for Part {
    fn from(answer: Answer) -> Self {
        Self { answer, bytes: Vec::new() }
    }
}

/// An order that is being carried out.
pub enum Work {
    /// It is done.
    Done(Answer),
    /// A verification.
    Verify(Verifying),
    /// A backup.
    Backup(Backup),
}

impl Work {
    /// Verifies the store.
    #[must_use]
    pub fn verify(store: &SledStore) -> Self {
        Self::Verify(store.verifying())
    }

    /// Makes a backup of the store as it is now, which is `made_at`.
    pub async fn back_up(store: &SledStore, made_at: String) -> Self {
        match store.copy().await {
            Ok(copying) => Self::Backup(Backup::new(copying, made_at)),
            Err(error) => Self::Done(Answer::Refused(error.to_string())),
        }
    }

    /// The next part, and the rest of the work; nothing is left after the last part.
    pub async fn next(self) -> (Part, Option<Self>) {
        // The store never waits, so without this no one else would be served.
        tokio::task::yield_now().await;
        match self {
            Self::Done(answer) => (answer.into(), None),
            Self::Verify(mut verifying) => {
                let answer = verify(&mut verifying);
                let is_last = !matches!(answer, Answer::Progress { .. });
                (answer.into(), (!is_last).then_some(Self::Verify(verifying)))
            }
            Self::Backup(mut backup) => match backup.next() {
                Ok(Some(part)) => (part, Some(Self::Backup(backup))),
                Ok(None) => (Answer::BackedUp { records: backup.done }.into(), None),
                Err(error) => (Answer::Refused(error.to_string()).into(), None),
            },
        }
    }
}

fn verify(verifying: &mut Verifying) -> Answer {
    let mut progress = Answer::Progress { done: 0, all: 0, bytes: 0 };
    for _ in 0..STEPS {
        progress = match verifying.step() {
            Ok(Verified::SoFar { done, all }) => Answer::Progress { done, all, bytes: 0 },
            Ok(Verified::Whole(proof)) => return Answer::Verified(proof),
            Err(refusal) => {
                // The server finds this, so its log must say it too.
                tracing::error!(error = %refusal, "the database did not pass its verification");
                return Answer::Refused(refusal.to_string());
            }
        };
    }
    progress
}

/// A backup that is being made.
pub struct Backup {
    copying: Copying,
    /// `None` once its last bytes were made.
    encoder: Option<Encoder>,
    bytes: Vec<u8>,
    done: u64,
}

impl Backup {
    fn new(copying: Copying, made_at: String) -> Self {
        let (encoder, bytes) = Encoder::begin(&Header::new(made_at, copying.commits(), copying.records()));
        Self { copying, encoder: Some(encoder), bytes, done: 0 }
    }

    /// The next bytes, or nothing after the last.
    fn next(&mut self) -> Result<Option<Part>, StoreError> {
        while self.bytes.len() < PIECE_BYTES {
            let Some(encoder) = &mut self.encoder else { break };
            match self.copying.next()? {
                Some(page) => {
                    for (key, Kept { bytes, .. }) in &page {
                        encoder.record(key, bytes.as_ref(), &mut self.bytes);
                    }
                    self.done += page.len() as u64;
                }
                None => self.bytes.extend(self.encoder.take().map(Encoder::end).unwrap_or_default()),
            }
        }
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let bytes = std::mem::take(&mut self.bytes);
        let answer = Answer::Progress { done: self.done, all: self.copying.records(), bytes: bytes.len() };
        Ok(Some(Part { answer, bytes }))
    }
}
