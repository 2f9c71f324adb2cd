//! The emails of a server with the mailbox transport, read one by one.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gatepost::domain::ports::{Mailbox, ShownLetter};
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::ids::LetterId;
use gatepost::mail::{RecentLetters, TransportSettings};

/// Longer than any email takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// What arrived, and which of it was read.
#[derive(Default)]
pub(crate) struct Inbox {
    letters: Arc<RecentLetters>,
    read: Mutex<Vec<LetterId>>,
}

impl Inbox {
    /// The transport that delivers emails here.
    pub(crate) fn transport(&self) -> TransportSettings {
        TransportSettings::Mailbox(Arc::clone(&self.letters))
    }

    /// Waits for the oldest unread email to an address.
    pub(crate) async fn next_to(&self, email: &str) -> ShownLetter {
        let to = EmailAddress::parse(email).unwrap();
        let letter = tokio::time::timeout(PATIENCE, self.unread(&to)).await.expect("an email arrives");
        self.read.lock().unwrap().push(letter.id);
        letter
    }

    /// How many emails have arrived at an address, read or not.
    pub(crate) fn count_to(&self, email: &str) -> usize {
        self.letters.letters(Some(&EmailAddress::parse(email).unwrap())).len()
    }

    async fn unread(&self, to: &EmailAddress) -> ShownLetter {
        loop {
            let seen = self.letters.arrivals();
            let newest_first = self.letters.letters(Some(to)).into_iter();
            let is_unread = |letter: &ShownLetter| !self.read.lock().unwrap().contains(&letter.id);
            if let Some(letter) = newest_first.rev().find(is_unread) {
                return letter;
            }
            self.letters.arrival_after(seen).await;
        }
    }
}
