//! Reading the emails that the product sends.
//!
//! Most scenarios with a password sign in somewhere for the first time. The email about that is read only where it
//! is the subject, with `device_emails`; everywhere else it neither counts as unread nor as queued.

use futures_util::FutureExt;
use gatepost::domain::ports::{Mailbox, ShownLetter};
use gatepost::domain::record::Record;
use gatepost::domain::record::key::Span;
use gatepost::domain::record::letter::LetterKind;

use super::app::App;

/// An email with a link and a code, as its reader sees it.
#[derive(Clone, Debug)]
pub(crate) struct SignInLetter {
    pub(crate) link: String,
    pub(crate) code: String,
    pub(crate) text: String,
}

impl SignInLetter {
    /// Six digits that are not the code.
    pub(crate) fn wrong_code(&self) -> String {
        let number: u32 = self.code.parse().unwrap();
        format!("{:06}", (number + 1) % 1_000_000)
    }
}

impl App {
    /// Waits for the next unread email to an address, with its link and code.
    pub(crate) async fn letter_to(&self, email: &str) -> SignInLetter {
        let letter = self.news_to(email).await;
        let code = letter.code.unwrap().as_str().to_owned();
        SignInLetter { link: letter.link.unwrap(), code, text: letter.text }
    }

    /// Waits for the next unread email to an address, and until the outbox knows that it was sent.
    pub(crate) async fn news_to(&self, email: &str) -> ShownLetter {
        let letter = loop {
            let seen = self.letters.arrivals();
            if let Some(letter) =
                self.unread().into_iter().find(|letter| letter.to.as_str().eq_ignore_ascii_case(email))
            {
                break letter;
            }
            self.letters.arrival_after(seen).await;
        };
        self.read.lock().unwrap().push(letter.id);
        self.all_letters_gone().await;
        letter
    }

    /// Reads all emails once the outbox is empty, for a race whose outcome is open.
    pub(crate) async fn read_all(&self) -> Vec<ShownLetter> {
        self.all_letters_gone().await;
        let letters = self.unread();
        self.read.lock().unwrap().extend(letters.iter().map(|letter| letter.id));
        letters
    }

    /// How many emails have ever arrived.
    pub(crate) fn arrived(&self) -> u64 {
        self.letters.arrivals()
    }

    /// The emails that arrived, read or not, the newest first.
    pub(crate) fn letters(&self) -> Vec<ShownLetter> {
        let mut letters = self.letters.letters(None);
        letters.retain(|letter| !self.leftovers.has_letter(letter.id));
        letters
    }

    async fn all_letters_gone(&self) {
        while self.house.gatepost.has_letters().await.unwrap() {
            tokio::task::yield_now().await;
        }
    }

    /// The emails about sign-ins on new devices that have not been read yet, the oldest first, once the outbox is
    /// empty.
    pub(crate) async fn device_emails(&self) -> Vec<ShownLetter> {
        self.all_letters_gone().await;
        let mut read = self.read.lock().unwrap();
        let mut letters = self.letters();
        letters.retain(|letter| is_about_device(letter) && !read.contains(&letter.id));
        read.extend(letters.iter().map(|letter| letter.id));
        letters.reverse();
        letters
    }

    /// The kinds of the queued emails, except those about new devices.
    async fn queued(&self) -> Vec<LetterKind> {
        let queued = self.store.scan(&Span::letters(), 100).await.unwrap().into_iter();
        let kinds = queued.filter_map(|(_, found)| match found.ok()?.record {
            Record::Letter(letter) | Record::TriedLetter(letter, _) => Some(letter.kind),
            _ => None,
        });
        kinds.filter(|kind| *kind != LetterKind::NewDevice).collect()
    }

    /// No email was sent except those that were read, and none is queued: one that is still on its way
    /// would arrive too late to be seen.
    pub(crate) async fn expect_no_letter(&self) {
        assert_eq!(self.queued().await, [], "an email is queued");
        self.expect_all_read();
    }

    fn expect_all_read(&self) {
        let unread: Vec<String> = self.unread().iter().map(|letter| letter.to.to_string()).collect();
        assert!(unread.is_empty(), "emails that no one read: {unread:?}");
    }

    fn unread(&self) -> Vec<ShownLetter> {
        let read = self.read.lock().unwrap();
        let mut letters = self.letters();
        letters.retain(|letter| !read.contains(&letter.id) && !is_about_device(letter));
        letters.reverse();
        letters
    }
}

/// Whether an email is about a sign-in on a new device.
fn is_about_device(letter: &ShownLetter) -> bool {
    letter.title.starts_with("New sign-in to your account")
}

impl Drop for App {
    /// An email that no one read is one that no one expected. The same is true of a queued one, if emails arrive here
    /// and the store answers at once, as the memory store does.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        self.expect_all_read();
        if let Some(queued) = self.queued().now_or_never().filter(|_| self.house.site.has_mailbox) {
            assert_eq!(queued, [], "an email that no one waited for is queued");
        }
    }
}
