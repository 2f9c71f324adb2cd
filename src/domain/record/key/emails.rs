//! The keys of what administrators see of emails: `F/` those that have ended, `R/` what has become of each, by its
//! recipient, `M/` where to look for each, by its id, and `N/` those that were not sent.

use super::{Key, Span};
use crate::domain::record::address::CanonicalAddress;
use crate::domain::record::ended::{EmailState, MailPlace};
use crate::domain::record::ids::LetterId;
use crate::domain::record::letter::Letter;
use crate::domain::record::time::Timestamp;

impl Key {
    /// An email that has ended, the latest first.
    #[must_use]
    pub fn ended_letter(ended_at: Timestamp, id: LetterId) -> Self {
        Self::joined(b"F/", &[&newest_first(ended_at), &id.0])
    }

    /// What has become of an email, the newest first under its recipient.
    #[must_use]
    pub fn mail_state(letter: &Letter) -> Self {
        Self::mail_state_at(&letter.to.canonical(), letter.queued_at, letter.id)
    }

    /// The same for an email of which only this is known.
    #[must_use]
    pub fn mail_state_in(place: &MailPlace, id: LetterId) -> Self {
        Self::mail_state_at(&place.to.canonical(), place.queued_at, id)
    }

    fn mail_state_at(to: &CanonicalAddress, queued_at: Timestamp, id: LetterId) -> Self {
        Self::joined(b"R/", &[to.as_str().as_bytes(), b"/", &newest_first(queued_at), &id.0])
    }

    /// The email of such a key and when it was queued, or nothing for another kind of key.
    #[must_use]
    pub fn mail_state_of(&self) -> Option<(LetterId, Timestamp)> {
        let (rest, id) = self.0.strip_prefix(b"R/")?.split_last_chunk()?;
        let queued_at = Timestamp(u64::MAX - u64::from_be_bytes(*rest.last_chunk()?));
        Some((LetterId(*id), queued_at))
    }

    /// Where to look for an email, the newest first.
    #[must_use]
    pub fn email(id: LetterId) -> Self {
        Self::joined(b"M/a", &[&id.0.map(|byte| !byte)])
    }

    /// Where to look for an email that waits, the oldest first.
    #[must_use]
    pub fn waiting_email(id: LetterId) -> Self {
        Self::joined(b"M/w", &[&id.0])
    }

    /// The email of either key, or nothing for another kind of key.
    #[must_use]
    pub fn email_id(&self) -> Option<LetterId> {
        let newest_first =
            self.0.strip_prefix(b"M/a").map(|id| Some(id.first_chunk()?.map(|byte: u8| !byte)));
        let id = newest_first.unwrap_or_else(|| self.0.strip_prefix(b"M/w")?.first_chunk().copied());
        id.map(LetterId)
    }

    /// An email that ended in this state, the latest first.
    #[must_use]
    pub fn unsent(state: EmailState, ended_at: Timestamp, id: LetterId) -> Self {
        Self::joined(b"N/", &[&[mark(state)], &newest_first(ended_at), &id.0])
    }

    /// The key of that email, or nothing for another kind of key.
    #[must_use]
    pub fn unsent_letter(&self) -> Option<Self> {
        Some(Self::joined(b"F/", &[self.0.strip_prefix(b"N/")?.get(1..)?]))
    }
}

impl Span {
    /// The emails that ended at `at` or earlier, the latest first.
    #[must_use]
    pub fn ended_until(at: Timestamp) -> Self {
        let from = Key::joined(b"F/", &[&newest_first(at)]);
        Self { from, ..Self::ended() }
    }

    /// All emails that have ended, the latest first.
    #[must_use]
    pub fn ended() -> Self {
        Self::prefix(&Key::joined(b"F/", &[]))
    }

    /// What has become of the emails to an address, the newest first.
    #[must_use]
    pub fn mail_states(to: &CanonicalAddress) -> Self {
        Self::prefix(&Key::joined(b"R/", &[to.as_str().as_bytes(), b"/"]))
    }

    /// The same for all addresses that begin with this, in their order.
    #[must_use]
    pub fn mail_states_from(beginning: &str) -> Self {
        Self::prefix(&Key::joined(b"R/", &[beginning.as_bytes()]))
    }

    /// All emails, the newest first.
    #[must_use]
    pub fn emails() -> Self {
        Self::prefix(&Key::joined(b"M/a", &[]))
    }

    /// The emails that wait, the oldest first.
    #[must_use]
    pub fn waiting_emails() -> Self {
        Self::prefix(&Key::joined(b"M/w", &[]))
    }

    /// The emails that ended in this state, the latest first.
    #[must_use]
    pub fn unsent(state: EmailState) -> Self {
        Self::prefix(&Key::joined(b"N/", &[&[mark(state)]]))
    }
}

fn newest_first(at: Timestamp) -> [u8; 8] {
    (u64::MAX - at.0).to_be_bytes()
}

/// The place of a state in the keys of emails that were not sent.
fn mark(state: EmailState) -> u8 {
    match state {
        EmailState::Waiting => b'w',
        EmailState::Sent => b's',
        EmailState::Failed => b'f',
        EmailState::Dropped => b'd',
    }
}
