//! Orders that take long. Their answer comes in parts: how far the work is, perhaps with the next bytes of a
//! backup, and at the end the result.

use std::sync::Arc;

use super::order::{Answer, Verified};
use crate::domain::ports::{Store, StoreError};
use crate::domain::upkeep::Consistency;
use crate::store::backup::{Encoder, Header};
use crate::store::life::{Life, Proof, Proving, Snapshot, Verifying};

/// How many parts of the store are verified before the next part of the answer.
const STEPS: usize = 2;
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
    /// A verification of every byte.
    Verify(Box<dyn Verifying>),
    /// After that, whether the records fit together.
    Compare(Arc<dyn Store>, Proof, Consistency),
    /// A backup.
    Backup(Box<Backup>),
}

impl Work {
    /// Verifies the store.
    pub async fn verify(store: Arc<dyn Life>) -> Self {
        match store.verify().await {
            Ok(verifying) => Self::Verify(verifying),
            Err(error) => Self::Done(Answer::Refused(error.to_string())),
        }
    }

    /// Makes a backup of the store as it is now, which is `made_at`.
    pub async fn back_up(store: &dyn Life, made_at: String) -> Self {
        match store.snapshot().await {
            Ok(snapshot) => Self::Backup(Box::new(Backup::new(snapshot, made_at))),
            Err(error) => Self::Done(Answer::Refused(error.to_string())),
        }
    }

    /// The next part, and the rest of the work; nothing is left after the last part.
    pub async fn next(self) -> (Part, Option<Self>) {
        // An engine may never wait, so without this no one else would be served.
        tokio::task::yield_now().await;
        match self {
            Self::Done(answer) => (answer.into(), None),
            Self::Verify(verifying) => verify(verifying).await,
            Self::Compare(store, proof, consistency) => compare(store, proof, consistency).await,
            Self::Backup(mut backup) => match backup.more().await {
                Ok(Some(part)) => (part, Some(Self::Backup(backup))),
                Ok(None) => (Answer::BackedUp { records: backup.done }.into(), None),
                Err(error) => (Answer::Refused(error.to_string()).into(), None),
            },
        }
    }
}

async fn verify(mut verifying: Box<dyn Verifying>) -> (Part, Option<Work>) {
    let mut so_far = (0, 0);
    for _ in 0..STEPS {
        match verifying.step().await {
            Ok(Proving::SoFar { done, all }) => so_far = (done, all),
            Ok(Proving::Whole(proof)) => {
                let answer = Answer::Progress { done: proof.records, all: proof.records * 2, bytes: 0 };
                return (
                    answer.into(),
                    Some(Work::Compare(verifying.verified(), proof, Consistency::default())),
                );
            }
            Err(refusal) => {
                // The server finds this, so its log must say it too.
                tracing::error!(error = %refusal, "the database did not pass its verification");
                return (Answer::Refused(refusal.to_string()).into(), None);
            }
        }
    }
    let (done, all) = so_far;
    // Each record is looked at twice.
    (Answer::Progress { done, all: all * 2, bytes: 0 }.into(), Some(Work::Verify(verifying)))
}

async fn compare(store: Arc<dyn Store>, proof: Proof, mut consistency: Consistency) -> (Part, Option<Work>) {
    match consistency.step(&*store).await {
        Ok(None) => {
            let (done, all) = (proof.records + consistency.done(), proof.records * 2);
            let answer = Answer::Progress { done, all, bytes: 0 };
            (answer.into(), Some(Work::Compare(store, proof, consistency)))
        }
        Ok(Some(misfits)) => {
            misfits.first.iter().for_each(|misfit| tracing::error!("{misfit}"));
            (Answer::Verified(Verified { proof, misfits }).into(), None)
        }
        Err(error) => (Answer::Refused(error.to_string()).into(), None),
    }
}

/// A backup that is being made.
pub struct Backup {
    snapshot: Box<dyn Snapshot>,
    /// `None` once its last bytes were made.
    encoder: Option<Encoder>,
    bytes: Vec<u8>,
    done: u64,
}

impl Backup {
    fn new(snapshot: Box<dyn Snapshot>, made_at: String) -> Self {
        let (encoder, bytes) =
            Encoder::begin(&Header::new(Some(made_at), snapshot.commits(), snapshot.records()));
        Self { snapshot, encoder: Some(encoder), bytes, done: 0 }
    }

    /// The next bytes, or nothing after the last.
    async fn more(&mut self) -> Result<Option<Part>, StoreError> {
        while self.bytes.len() < PIECE_BYTES {
            let Some(encoder) = &mut self.encoder else { break };
            let bytes = &mut self.bytes;
            match self.snapshot.next_page(&mut |key, value| encoder.record(key, value, bytes)).await? {
                Some(records) => self.done += records,
                None => self.bytes.extend(self.encoder.take().map(Encoder::end).unwrap_or_default()),
            }
        }
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let bytes = std::mem::take(&mut self.bytes);
        let answer = Answer::Progress { done: self.done, all: self.snapshot.records(), bytes: bytes.len() };
        Ok(Some(Part { answer, bytes }))
    }
}
