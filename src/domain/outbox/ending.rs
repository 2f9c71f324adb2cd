//! What happens to a claimed email when it is handed over to the mail server, and after that.

use super::{Claim, Delivery, LAST_CALL, LONGEST_DELAY, Pace};
use crate::domain::error::Error;
use crate::domain::ports::{Change, Class, StoreError};
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::answer::Answer;
use crate::domain::record::client::Client;
use crate::domain::record::ended::{End, EndedLetter, MailState};
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::key::Key;
use crate::domain::record::letter::{About, LastTry, Letter, Offered, Queue};
use crate::domain::record::request::Request;
use crate::domain::record::time::Timestamp;
use crate::domain::run::Attempt;
use crate::domain::{Decision, Gatepost};

/// How often an email is sent if no mail server ever says whether it has it.
const MAX_UNANSWERED: u8 = 3;

impl Gatepost {
    /// Records that the mail server may have this email from now on (step 3), and begins its lifetime. Must
    /// be on disk before the last byte is sent: otherwise a crash would send the email again at once, and
    /// its link would not work yet. Returns whether the email is still this run's to send.
    ///
    /// # Errors
    /// `Store`: then the email must not be sent.
    pub async fn hand_over(&self, claim: &Claim) -> Result<bool, Error> {
        self.decide_and_commit(&Client::server(), || async {
            let Some((mut change, letter)) = self.claimed(claim).await? else {
                return Ok(Decision::Answer(false));
            };
            self.update_request(&mut change, &letter, Some(self.world.now())).await?;
            change.put(claim.key.clone(), Letter { offered: Offered::Now, ..letter }.into());
            Ok(Decision::Commit { change, event: None, answer: Ok(true) })
        })
        .await
    }

    /// Records that the mail server does not get this email now after all: between the record and the last byte, the
    /// attempt has ended.
    ///
    /// # Errors
    /// `Store`: then the email counts as one that the mail server may have.
    pub async fn keep(&self, claim: &Claim) -> Result<(), Error> {
        self.decide_and_commit(&Client::server(), || async {
            let Some((mut change, letter)) = self.claimed(claim).await? else {
                return Ok(Decision::Answer(()));
            };
            if letter.offered == claim.letter.offered {
                return Ok(Decision::Answer(()));
            }
            let letter = Letter { offered: claim.letter.offered, ..letter };
            if letter.offered == Offered::Never {
                self.change_request(&mut change, &letter, Request::letter_waits).await?;
            }
            change.put(claim.key.clone(), letter.into());
            Ok(Decision::Commit { change, event: None, answer: Ok(()) })
        })
        .await
    }

    /// Records the result of an attempt (step 4), with what the mail server said.
    ///
    /// # Errors
    /// `Store`: the email stays claimed and is sent again when the claim ends.
    pub async fn delivered(
        &self,
        claim: &Claim,
        delivery: Delivery,
        answer: Option<&Answer>,
    ) -> Result<(), Error> {
        self.record(claim, delivery, answer).await?;
        self.figures.attempt(match delivery {
            Delivery::Taken => Attempt::Sent,
            Delivery::Refused => Attempt::Rejected,
            Delivery::Delayed(_) => Attempt::Delayed,
            Delivery::Held(_) => Attempt::Held,
            Delivery::Unanswered => Attempt::Unanswered,
        });
        Ok(())
    }

    async fn record(&self, claim: &Claim, delivery: Delivery, answer: Option<&Answer>) -> Result<(), Error> {
        let now = self.world.now();
        let last_try = LastTry { at: now, answer: answer.cloned() };
        match delivery {
            Delivery::Taken => self.finish(claim, End::Sent, Some(now), answer).await,
            Delivery::Refused => self.finish(claim, End::Refused, None, answer).await,
            Delivery::Delayed(pace) => self.delay(claim, pace, last_try).await,
            // Even if it is over by then: if this run ends before that, the next one tries once more.
            Delivery::Held(until) => {
                // Without an answer there was no attempt.
                let last_try = answer.map(|_| last_try);
                self.queue_again(claim, claim.from, until, last_try, |letter| letter).await
            }
            Delivery::Unanswered => self.delay_unanswered(claim, last_try).await,
        }
    }

    async fn delay(&self, claim: &Claim, pace: Pace, last_try: LastTry) -> Result<(), Error> {
        let now = last_try.at;
        let last_call = claim.letter.give_up_at.minus(LAST_CALL);
        let mut due = now.plus(self.delay_after(claim.letter.tries));
        if due > last_call && now < last_call {
            due = last_call;
        }
        if self.is_too_late(due, &claim.letter) {
            return self.finish(claim, End::GivenUp, None, last_try.answer.as_ref()).await;
        }
        let queue = if pace == Pace::Slow { Queue::Slow } else { Queue::Again };
        self.queue_again(claim, queue, due, Some(last_try), tried).await
    }

    /// It counts as accepted since it was handed over. It is sent again all the same, in case it was not,
    /// but not at once and not often: each attempt may deliver it once more.
    async fn delay_unanswered(&self, claim: &Claim, last_try: LastTry) -> Result<(), Error> {
        if !self.is_sent_again(claim) {
            return self.finish(claim, End::Sent, None, last_try.answer.as_ref()).await;
        }
        let due = last_try.at.plus(LONGEST_DELAY);
        let once_more = |letter: Letter| Letter { unanswered: letter.unanswered + 1, ..tried(letter) };
        self.queue_again(claim, Queue::Again, due, Some(last_try), once_more).await
    }

    /// Whether this email is sent again if this attempt has no answer.
    #[must_use]
    pub fn is_sent_again(&self, claim: &Claim) -> bool {
        let due = self.world.now().plus(LONGEST_DELAY);
        claim.letter.unanswered + 1 < MAX_UNANSWERED && !self.is_too_late(due, &claim.letter)
    }

    /// Whether an email is over when it is due again, by the earliest time that it can be then: if the clock
    /// is ahead for a moment, giving it up could not be undone.
    fn is_too_late(&self, due: Timestamp, letter: &Letter) -> bool {
        letter.give_up_at <= self.earliest_now().plus(due.since(self.world.now()))
    }

    /// Puts a claimed email back into a queue, after an attempt if there was one.
    async fn queue_again(
        &self,
        claim: &Claim,
        queue: Queue,
        due: Timestamp,
        last_try: Option<LastTry>,
        renew: impl Fn(Letter) -> Letter,
    ) -> Result<(), Error> {
        let client = &Client::server();
        let queued = self.decide_and_commit(client, || async {
            let Some((mut change, letter)) = self.claimed(claim).await? else {
                return Ok(Decision::Answer(false));
            };
            // The event is written once, so that an email that waits for days leaves no more than others.
            let is_first_delay = letter.last_try.is_none() && last_try.is_some();
            let delayed =
                Event::new(self.world.now(), EventName::MailDelayed, None, client).of_letter(&letter);
            let offered = if letter.offered == Offered::Never { Offered::Never } else { Offered::Before };
            let last_try = last_try.clone().or_else(|| letter.last_try.clone());
            let letter = renew(Letter { lease: None, offered, last_try, ..letter });
            change.delete(claim.key.clone());
            // It takes the place of the key that is deleted here.
            change.put(Key::letter(queue, due, letter.id), letter.into());
            Ok(Decision::Commit {
                change,
                event: is_first_delay.then_some(delayed),
                answer: Ok(is_first_delay),
            })
        });
        let is_first_delay = claim.letter.last_try.is_none() && last_try.is_some();
        if self.settled(claim, queued.await, is_first_delay).await? {
            self.mail_totals.count_delayed();
        }
        Ok(())
    }

    /// How a change in doubt that moves a claimed email has ended. Alone, nothing else moves an email that this run has
    /// claimed: if it is gone, the change was written. With neighbours, one that took this run for dead may have moved it.
    async fn settled<T>(&self, claim: &Claim, ended: Result<T, Error>, written: T) -> Result<T, Error> {
        match ended {
            Err(Error::Store(StoreError::InDoubt(_)))
                if self.neighbours.is_none() && self.claimed(claim).await?.is_none() =>
            {
                Ok(written)
            }
            ended => ended,
        }
    }

    /// Removes an email from the outbox, keeps what became of it, and updates its request, in one commit with the
    /// event. `accepted` is when the mail server accepted it.
    pub(in crate::domain) async fn finish(
        &self,
        claim: &Claim,
        end: End,
        accepted: Option<Timestamp>,
        answer: Option<&Answer>,
    ) -> Result<(), Error> {
        let client = &Client::server();
        let finished = self.decide_and_commit(client, || async {
            let Some((mut change, letter)) = self.claimed(claim).await? else {
                return Ok(Decision::Answer(false));
            };
            // The email makes room, and if its end were refused, it would be sent again.
            change.class = Class::Shrink;
            change.delete(claim.key.clone());
            self.update_request(&mut change, &letter, accepted).await?;
            let ended_at = self.world.now();
            let event = Event::new(ended_at, end.event(), None, client).of_letter(&letter);
            if self.is_of_no_one(&letter, end).await? {
                change.delete(Key::mail_state(&letter));
            } else {
                let last = letter.last_try.as_ref().and_then(|it| it.answer.as_ref());
                let answer = answer.or(last).cloned();
                // In the place of the queued email and its state. Removed after a week, or with the account of the
                // address.
                let state = MailState::Ended { at: ended_at, end };
                change.put(Key::mail_state(&letter), Record::MailState(state));
                let ended = EndedLetter { letter, ended_at, end, answer };
                change.put(Key::ended_letter(ended_at, ended.letter.id), Record::EndedLetter(ended));
            }
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(true) })
        });
        if self.settled(claim, finished.await, true).await? {
            self.mail_totals.count(end);
        }
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
    async fn update_request(
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
    async fn change_request(
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

fn tried(letter: Letter) -> Letter {
    Letter { tries: letter.tries.saturating_add(1), ..letter }
}
