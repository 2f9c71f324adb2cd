//! What is written about an email as it is queued, delayed and ended: the email, what has become of it, and the lists
//! that it is in.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::{Change, Class};
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::answer::Answer;
use crate::domain::record::ended::{End, EndedLetter, MailPlace, MailState};
use crate::domain::record::key::Key;
use crate::domain::record::letter::{About, Letter, Offered, Queue};
use crate::domain::record::request::Request;
use crate::domain::record::time::Timestamp;

/// Queues an email.
pub(in crate::domain) fn queue_letter(change: &mut Change, letter: Letter) {
    put_waiting(change, &letter, MailState::Waiting);
    // Anyone can cause these, as many as `mails_per_hour` allows, and two notices for each change of an account.
    // Removed when the email ends.
    change.put(Key::letter(Queue::First, letter.queued_at, letter.id), letter.into());
}

/// Writes that an email waits.
pub(super) fn put_waiting(change: &mut Change, letter: &Letter, state: MailState) {
    if !letter.kind.is_kept() {
        return;
    }
    let place = || Record::MailPlace(MailPlace { to: letter.to.clone(), queued_at: letter.queued_at });
    // One each per email. The last one is removed when the email ends, the others a week after that or with the
    // account of the address.
    change.put(Key::mail_state(letter), Record::MailState(state));
    change.put(Key::email(letter.id), place());
    change.put(Key::waiting_email(letter.id), place());
}

impl Gatepost {
    /// Ends an email in a change that expects it: removes it from the outbox, keeps what became of it, and updates its
    /// request. `accepted` is when the mail server accepted it.
    pub(super) async fn put_end(
        &self,
        change: &mut Change,
        key: &Key,
        letter: Letter,
        end: End,
        accepted: Option<Timestamp>,
        answer: Option<&Answer>,
    ) -> Result<(), Error> {
        // The email makes room, and if its end were refused, it would be sent again.
        change.class = Class::Shrink;
        change.delete(key.clone());
        change.delete(Key::waiting_email(letter.id));
        self.update_request(change, &letter, accepted).await?;
        if self.is_of_no_one(&letter, end).await? {
            change.delete(Key::mail_state(&letter));
            change.delete(Key::email(letter.id));
            return Ok(());
        }
        let ended_at = self.world.now();
        let last = letter.last_try.as_ref().and_then(|it| it.answer.clone());
        let was_tried = matches!(end, End::Sent | End::Refused) || (end == End::GivenUp && answer.is_some());
        let letter = if was_tried { letter.tried() } else { letter };
        let place = || Record::MailPlace(MailPlace { to: letter.to.clone(), queued_at: letter.queued_at });
        // All of these are removed after a week, or with the account of the address. The first two take the place of
        // those of the waiting email.
        change.put(Key::mail_state(&letter), Record::MailState(MailState::Ended { at: ended_at, end }));
        change.put(Key::email(letter.id), place());
        if let Some(state) = end.listed_as() {
            change.put(Key::unsent(state, ended_at, letter.id), place());
        }
        let ended = EndedLetter { answer: answer.cloned().or(last), letter, ended_at, end };
        change.put(Key::ended_letter(ended_at, ended.letter.id), Record::EndedLetter(ended));
        Ok(())
    }

    /// Whether what becomes of an email is not kept: it would keep the address of an account that was deleted.
    async fn is_of_no_one(&self, letter: &Letter, end: End) -> Result<bool, Error> {
        let account = match letter.about {
            _ if !letter.kind.is_kept() => return Ok(true),
            About::Account(id) | About::Undo { account: id, .. } if end == End::Void => id,
            _ => return Ok(false),
        };
        let account = self.find_if_readable::<Account>(Key::account(account)).await?;
        Ok(account.is_some_and(|found| found.value.is_none()))
    }

    /// The email of a request leaves the queue, or a mail server has it since `accepted`.
    pub(super) async fn update_request(
        &self,
        change: &mut Change,
        letter: &Letter,
        accepted: Option<Timestamp>,
    ) -> Result<(), Error> {
        self.change_request(change, letter, |request, generation| {
            if letter.offered == Offered::Never {
                request.letter_left(generation);
            }
            if let Some(at) = accepted {
                let lifetime = request.purpose.link_lifetime(self.settings().link_lifetime);
                request.letter_accepted(generation, at, lifetime);
            }
        })
        .await
    }

    /// Changes the request that an email is about, in the email's generation.
    pub(super) async fn change_request(
        &self,
        change: &mut Change,
        letter: &Letter,
        make: impl FnOnce(&mut Request, u8),
    ) -> Result<(), Error> {
        let About::Request { nonce, generation } = letter.about else { return Ok(()) };
        // Without a request that cannot be read. Otherwise this email could never leave the outbox, and its
        // sender would never stop trying.
        let found = self.find_if_readable::<Request>(Key::request(nonce)).await?;
        let Some(found) = found else { return Ok(()) };
        found.expected_by(change);
        let Some(mut request) = found.value else { return Ok(()) };
        make(&mut request, generation);
        change.put(found.key, Record::Request(request));
        Ok(())
    }
}
