//! What administrators do with one email: have it tried now, or not sent.
//!
//! An email that is being sent right now is not touched, so that it is never sent twice. If it is not to be sent, that
//! is written on it, and counts if the attempt fails.

use super::claim::queue_of;
use super::notice::NOTICE_LIFETIME;
use super::records::put_waiting;
use super::seen::{Email, Seen};
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::read::Listed;
use crate::domain::record::ended::{EmailState, End, EndedLetter, MailState};
use crate::domain::record::ids::LetterId;
use crate::domain::record::key::Key;
use crate::domain::record::letter::{About, LastTry, Letter, Offered, Queue};
use crate::domain::record::request::Request;
use crate::domain::record::time::Timestamp;

/// What came of it that an email was not to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It will not be sent.
    Now,
    /// It is being sent right now, so it may still arrive. If this attempt fails, there is no other.
    Perhaps,
}

impl Gatepost {
    /// Makes an email due now, by adding to `change`. Adds nothing if it is due or being sent. Returns the email as it
    /// is afterwards.
    pub(in crate::domain) async fn put_retry(
        &self,
        change: &mut Change,
        id: LetterId,
    ) -> Result<Email, Error> {
        let now = self.world.now();
        match self.see_email(id).await?.ok_or(Error::Over)? {
            Seen::Waiting(listed) => {
                let email = Email::waiting(&listed.key, listed.value.clone());
                if email.is_being_sent() {
                    return Ok(email);
                }
                self.expect_wanted(&listed.value, now).await?;
                if email.next_try_at.is_some_and(|at| at <= now) {
                    return Ok(email);
                }
                change.expect(listed.key.clone(), Some(listed.version));
                change.delete(listed.key.clone());
                Ok(put_due(change, queue_of(&listed.key, &listed.value), now, listed.value))
            }
            Seen::Ended(listed) => self.put_back_ended(change, listed, now).await,
        }
    }

    /// Puts an email back into the outbox that ended without being sent.
    async fn put_back_ended(
        &self,
        change: &mut Change,
        Listed { key, value: ended, version }: Listed<EndedLetter>,
        now: Timestamp,
    ) -> Result<Email, Error> {
        let EndedLetter { letter, ended_at, end, answer } = ended;
        let state = end.listed_as().ok_or(Error::Over)?;
        // What a request is for ends with it. A notice gets the same time as in the beginning.
        let give_up_at = match letter.about {
            About::Request { .. } => letter.give_up_at,
            _ => now.plus(NOTICE_LIFETIME),
        };
        let last_try = answer.map(|answer| LastTry { at: ended_at, answer: Some(answer) });
        let offered = Offered::Never;
        let letter = Letter { give_up_at, lease: None, offered, unanswered: 0, last_try, ..letter };
        self.expect_wanted(&letter, now).await?;
        change.expect(key.clone(), Some(version));
        change.delete(key);
        change.delete(Key::unsent(state, ended_at, letter.id));
        // Its link works from when the mail server has it.
        self.change_request(change, &letter, Request::letter_waits).await?;
        let queue = if letter.tries == 0 { Queue::First } else { Queue::Again };
        Ok(put_due(change, queue, now, letter))
    }

    /// An email about something that is over is not sent, however often it is tried.
    async fn expect_wanted(&self, letter: &Letter, now: Timestamp) -> Result<(), Error> {
        let is_over = letter.give_up_at <= now || self.compose(letter, now).await?.is_none();
        if is_over { Err(Error::Over) } else { Ok(()) }
    }

    /// Has an email not sent, by adding to `change`. Adds nothing if it has ended unsent, or is stopped already.
    pub(in crate::domain) async fn put_stop(
        &self,
        change: &mut Change,
        id: LetterId,
    ) -> Result<(Stopped, Letter), Error> {
        match self.see_email(id).await?.ok_or(Error::Over)? {
            Seen::Ended(listed) if listed.value.end.state() == EmailState::Sent => Err(Error::Over),
            Seen::Ended(listed) => Ok((Stopped::Now, listed.value.letter)),
            Seen::Waiting(Listed { key, value: letter, version }) => {
                let is_being_sent = Email::waiting(&key, letter.clone()).is_being_sent();
                if letter.is_stopped() {
                    return Ok((Stopped::Perhaps, letter));
                }
                change.expect(key.clone(), Some(version));
                if is_being_sent {
                    // In the place of the same email.
                    change.put(key, letter.clone().stopped().into());
                    return Ok((Stopped::Perhaps, letter));
                }
                self.put_end(change, &key, letter.clone(), End::Stopped, None, None).await?;
                Ok((Stopped::Now, letter))
            }
        }
    }
}

/// Puts an email into a queue, due now.
fn put_due(change: &mut Change, queue: Queue, now: Timestamp, letter: Letter) -> Email {
    let key = Key::letter(queue, now, letter.id);
    put_waiting(change, &letter, MailState::Delayed { queue, due: now });
    // It takes the place of the email that the change deletes.
    change.put(key.clone(), letter.clone().into());
    Email::waiting(&key, letter)
}
