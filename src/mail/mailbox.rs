//! Emails that are shown instead of sent. This is the transport until a mail server is configured.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::watch;

use crate::domain::ports::{Mailbox, ShownLetter};
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::LetterId;

/// The newest emails. They are kept only in memory, because working links and codes must not be on
/// disk.
pub struct RecentLetters {
    letters: Mutex<VecDeque<ShownLetter>>,
    arrivals: watch::Sender<u64>,
}

impl RecentLetters {
    /// How many emails are kept. Older ones are dropped.
    pub const MAX: usize = 500;

    /// An empty mailbox.
    #[must_use]
    pub fn new() -> Self {
        Self { letters: Mutex::default(), arrivals: watch::Sender::new(0) }
    }

    pub(super) fn put(&self, letter: ShownLetter) {
        let mut letters = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
        letters.truncate(Self::MAX - 1);
        letters.push_front(letter);
        // While locked, so that anyone who sees the new count also finds the email.
        self.arrivals.send_modify(|arrivals| *arrivals += 1);
    }
}

impl Default for RecentLetters {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for RecentLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecentLetters")
    }
}

#[async_trait]
impl Mailbox for RecentLetters {
    fn letters(&self, to: Option<&EmailAddress>) -> Vec<ShownLetter> {
        let to = to.map(EmailAddress::canonical);
        let letters = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
        let is_wanted = |letter: &&ShownLetter| to.as_ref().is_none_or(|to| letter.to.canonical() == *to);
        letters.iter().filter(is_wanted).cloned().collect()
    }

    fn letter(&self, id: LetterId) -> Option<ShownLetter> {
        let letters = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
        letters.iter().find(|letter| letter.id == id).cloned()
    }

    fn arrivals(&self) -> u64 {
        *self.arrivals.borrow()
    }

    async fn arrival_after(&self, seen: u64) {
        // It fails only when the mailbox is gone, and the mailbox is borrowed here.
        let _ = self.arrivals.subscribe().wait_for(|arrivals| *arrivals > seen).await;
    }
}
