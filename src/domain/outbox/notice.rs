//! Queuing notices: emails that tell an account's owner what happened.

use std::time::Duration;

use super::records::{put_waiting, queue_letter};
use crate::domain::Gatepost;
use crate::domain::ports::Change;
use crate::domain::record::account::Account;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ended::MailState;
use crate::domain::record::ids::LetterId;
use crate::domain::record::key::Key;
use crate::domain::record::letter::{About, Letter, LetterKind, Queue};
use crate::domain::record::time::Timestamp;

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

/// Whose turn it is among the emails that are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain) enum Turn {
    /// It is sent like any other.
    Now,
    /// It waits behind the emails that people have asked for, as if it had been tried before: there may be thousands of
    /// them.
    AfterOthers,
}

/// Queues the email that invites the person of an account.
pub(in crate::domain) fn queue_invitation(
    change: &mut Change,
    id: LetterId,
    account: &Account,
    now: Timestamp,
    turn: Turn,
) {
    let (to, about) = (account.address.clone(), About::Account(account.id));
    let letter = Letter::new(id, LetterKind::Invited, to, about, [now, now.plus(NOTICE_LIFETIME)]);
    match turn {
        Turn::Now => queue_letter(change, letter),
        Turn::AfterOthers => {
            put_waiting(change, &letter, MailState::Delayed { queue: Queue::Again, due: now });
            // Caused by the operator. Removed when the email ends.
            change.put(Key::letter(Queue::Again, now, id), letter.into());
        }
    }
}
