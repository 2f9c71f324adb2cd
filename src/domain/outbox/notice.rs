//! Notices: emails that tell an account's owner what happened.

use std::time::Duration;

use crate::domain::Gatepost;
use crate::domain::ports::Change;
use crate::domain::record::Record;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::LetterId;
use crate::domain::record::key::Key;
use crate::domain::record::letter::{About, Letter, LetterKind};

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
        let letter = Letter {
            id: LetterId(self.world.random()),
            kind,
            to: to.clone(),
            about,
            queued_at: now,
            give_up_at: now.plus(NOTICE_LIFETIME),
            tries: 0,
            lease: None,
        };
        change.put(Key::letter(now, letter.id), Record::Letter(letter));
    }
}
