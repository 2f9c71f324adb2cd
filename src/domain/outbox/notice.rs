//! Queuing notices: emails that tell an account's owner what happened.

use std::time::Duration;

use super::records::queue_letter;
use crate::domain::Gatepost;
use crate::domain::ports::Change;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::LetterId;
use crate::domain::record::letter::{About, Letter, LetterKind};

/// How long delivery of a notice is attempted.
pub(super) const NOTICE_LIFETIME: Duration = Duration::from_hours(3 * 24);

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
        let letter =
            Letter::new(LetterId::at(now, self.world.random()), kind, to.clone(), about, [now, give_up_at]);
        queue_letter(change, letter);
    }
}
