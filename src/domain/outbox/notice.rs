//! Notices: emails that tell an account's owner what happened.

use std::time::Duration;

use crate::domain::Gatepost;
use crate::domain::ports::Change;
use crate::domain::record::Record;
use crate::domain::record::address::EmailAddress;
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
        change.put(Key::letter(Queue::First, now, letter.id), Record::Letter(letter));
    }
}
