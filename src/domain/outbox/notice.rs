//! Queuing emails, and notices: emails that tell an account's owner what happened.

use std::time::Duration;

use crate::domain::Gatepost;
use crate::domain::ports::Change;
use crate::domain::record::Record;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ended::MailState;
use crate::domain::record::ids::LetterId;
use crate::domain::record::key::Key;
use crate::domain::record::letter::{About, Letter, LetterKind, Queue};

/// How long delivery of a notice is attempted.
const NOTICE_LIFETIME: Duration = Duration::from_hours(3 * 24);

impl Gatepost {
    /// Queues a notice.
    pub(in crate::domain) fn queue_notice(
        &self,
        change: &mut Change,
        kind: LetterKind,
        to: &EmailAddress,
        about: About,
    ) {
        let now = self.world.now();
        let give_up_at = now.plus(NOTICE_LIFETIME);
        let letter = Letter::new(LetterId(self.world.random()), kind, to.clone(), about, [now, give_up_at]);
        queue_letter(change, letter);
    }
}

/// Queues an email.
pub(in crate::domain) fn queue_letter(change: &mut Change, letter: Letter) {
    // Anyone can cause these, as many as `mails_per_hour` allows, and two notices for each change of an account. The
    // first is removed when the email ends, the second a week after that or with the account of the address.
    if letter.kind.is_kept() {
        change.put(Key::mail_state(&letter), Record::MailState(MailState::Waiting));
    }
    change.put(Key::letter(Queue::First, letter.queued_at, letter.id), letter.into());
}
