//! What monitoring sees of this run.

use std::time::Duration;

use prometheus::proto::MetricFamily;

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::letter::Letter;

/// How many emails are read at once.
const PAGE: usize = 500;

/// The emails in the outbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many there are, whether they wait or are being sent.
    pub emails: u64,
    /// How long ago the oldest one was queued.
    pub oldest: Duration,
}

impl Gatepost {
    /// Whether the store accepts writes now and this node may be used, and why not. For `/readyz`.
    ///
    /// # Errors
    /// `Store`.
    pub fn ready(&self) -> Result<(), Error> {
        self.store.writable()?;
        Ok(self.neighbours.as_ref().map_or(Ok(()), |neighbours| neighbours.is_ready())?)
    }

    /// Whether the store can be read now. For `/readyz?for=reads`.
    ///
    /// # Errors
    /// `Store`.
    pub async fn can_read(&self) -> Result<(), Error> {
        self.store.get(&[Key::salt_seed()]).await?;
        Ok(())
    }

    /// What was counted since the start.
    #[must_use]
    pub fn figures(&self) -> Vec<MetricFamily> {
        self.figures.families()
    }

    /// How many passwords wait to be hashed, and how many hashes were computed since the start.
    #[must_use]
    pub fn password_hashes(&self) -> (usize, u64) {
        (self.slots.waiting(), self.slots.hashed())
    }

    /// The emails in the outbox. Reads all of them, page by page.
    ///
    /// # Errors
    /// `Store`.
    pub async fn waiting_emails(&self) -> Result<Waiting, Error> {
        let (now, mut waiting) = (self.world.now(), Waiting::default());
        let mut rest = Span::letters();
        loop {
            let page = self.list::<Letter>(&rest, PAGE).await?;
            for letter in &page {
                waiting.emails += 1;
                waiting.oldest = waiting.oldest.max(now.since(letter.value.queued_at));
            }
            let Some(last) = page.last().filter(|_| page.len() == PAGE) else { return Ok(waiting) };
            rest = rest.after(&last.key);
            // The store never waits, so without this no one else would be served.
            tokio::task::yield_now().await;
        }
    }
}
