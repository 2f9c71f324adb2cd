//! What happens to a claimed email when it is handed over to the mail server, and after that.

use super::records::put_waiting;
use super::{Claim, Delivery, LAST_CALL, LONGEST_DELAY, Pace};
use crate::domain::error::Error;
use crate::domain::ports::StoreError;
use crate::domain::record::answer::Answer;
use crate::domain::record::client::Client;
use crate::domain::record::ended::{End, MailState};
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::key::Key;
use crate::domain::record::letter::{LastTry, Letter, Offered, Queue};
use crate::domain::record::request::Request;
use crate::domain::record::time::Timestamp;
use crate::domain::run::Attempt;
use crate::domain::{Decision, Gatepost};

/// What became of an email that was to be queued again.
enum Queued {
    Again,
    /// An administrator does not want it to be sent any more.
    Stopped,
}

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
        if let Some(answer) = answer {
            self.mail_totals.note_answer(answer);
        }
        let last_try = LastTry { at: now, answer: answer.cloned() };
        match delivery {
            Delivery::Taken => self.finish(claim, End::Sent, Some(now), answer).await,
            Delivery::Refused => self.finish(claim, End::Refused, None, answer).await,
            Delivery::Delayed(pace) => self.delay(claim, pace, last_try).await,
            // Even if it is over by then: if this run ends before that, the next one tries once more.
            Delivery::Held(until) => {
                // Without an answer there was no attempt.
                let last_try = answer.map(|_| last_try);
                match self.queue_again(claim, claim.from, until, last_try, |letter| letter).await? {
                    Queued::Again => Ok(()),
                    Queued::Stopped => self.finish(claim, End::Stopped, None, answer).await,
                }
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
        match self.queue_again(claim, queue, due, Some(last_try.clone()), Letter::tried).await? {
            Queued::Again => Ok(()),
            Queued::Stopped => self.finish(claim, End::Stopped, None, last_try.answer.as_ref()).await,
        }
    }

    /// It counts as accepted since it was handed over. It is sent again all the same, in case it was not,
    /// but not at once and not often: each attempt may deliver it once more.
    async fn delay_unanswered(&self, claim: &Claim, last_try: LastTry) -> Result<(), Error> {
        if !self.is_sent_again(claim) {
            return self.finish(claim, End::Sent, None, last_try.answer.as_ref()).await;
        }
        let due = last_try.at.plus(LONGEST_DELAY);
        let once_more = |letter: Letter| Letter { unanswered: letter.unanswered + 1, ..letter.tried() };
        match self.queue_again(claim, Queue::Again, due, Some(last_try.clone()), once_more).await? {
            Queued::Again => Ok(()),
            // It counts as accepted, whatever came of it.
            Queued::Stopped => self.finish(claim, End::Sent, None, last_try.answer.as_ref()).await,
        }
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

    /// Puts a claimed email back into a queue, after an attempt if there was one; unless it is not to be sent any more.
    async fn queue_again(
        &self,
        claim: &Claim,
        queue: Queue,
        due: Timestamp,
        last_try: Option<LastTry>,
        renew: impl Fn(Letter) -> Letter,
    ) -> Result<Queued, Error> {
        let client = &Client::server();
        let queued = self.decide_and_commit(client, || async {
            let Some((mut change, letter)) = self.claimed(claim).await? else {
                return Ok(Decision::Answer((Queued::Again, false)));
            };
            if letter.is_stopped() {
                return Ok(Decision::Answer((Queued::Stopped, false)));
            }
            // The event is written once, so that an email that waits for days leaves no more than others.
            let is_first_delay = letter.last_try.is_none() && last_try.is_some();
            let delayed =
                Event::new(self.world.now(), EventName::MailDelayed, None, client).of_letter(&letter);
            let offered = if letter.offered == Offered::Never { Offered::Never } else { Offered::Before };
            let last_try = last_try.clone().or_else(|| letter.last_try.clone());
            let letter = renew(Letter { lease: None, offered, last_try, ..letter });
            change.delete(claim.key.clone());
            put_waiting(&mut change, &letter, MailState::Delayed { queue, due });
            // It takes the place of the key that is deleted here.
            change.put(Key::letter(queue, due, letter.id), letter.into());
            let answer = Ok((Queued::Again, is_first_delay));
            Ok(Decision::Commit { change, event: is_first_delay.then_some(delayed), answer })
        });
        let is_first_delay = claim.letter.last_try.is_none() && last_try.is_some();
        let written = (Queued::Again, is_first_delay);
        let (queued, is_first_delay) = self.settled(claim, queued.await, written).await?;
        if is_first_delay {
            self.mail_totals.count_delayed();
        }
        Ok(queued)
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

    /// Ends a claimed email, in one commit with the event. `accepted` is when the mail server accepted it.
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
                return Ok(Decision::Answer(None));
            };
            // One that an administrator did not want to be sent, and that was not.
            let end = if letter.is_stopped() && end != End::Sent { End::Stopped } else { end };
            let event = Event::new(self.world.now(), end.event(), None, client).of_letter(&letter);
            self.put_end(&mut change, &claim.key, letter, end, accepted, answer).await?;
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(Some(end)) })
        });
        if let Some(end) = self.settled(claim, finished.await, Some(end)).await? {
            self.mail_totals.count(end);
        }
        Ok(())
    }
}
