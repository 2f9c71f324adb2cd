//! One attempt to send one email.
//!
//! 1. Open: everything that does not depend on the recipient. A failure is the mail server's.
//! 2. Announce: the recipient.
//! 3. Prepare: the mail server waits for the message. Meanwhile it is recorded that it may have the email from now
//!    on. Until here, the attempt may end at any time: to stop, or for others.
//! 4. Hand the email over.

use tokio_util::sync::CancellationToken;

use super::carrier::{Attempt, Carrier};
use super::gate::Pass;
use super::lanes::Seat;
use super::message::{Heading, Mail, compose};
use super::outcome::{Meaning, NotSent, Outcome};
use super::words::Words;
use super::{MailRoom, Transport, report};
use crate::domain::Gatepost;
use crate::domain::outbox::{Claim, Contents, Delivery, Pace};
use crate::domain::ports::ShownLetter;
use crate::domain::record::answer::Answer;

/// What an attempt needs.
pub(super) struct Try<'a> {
    pub(super) room: &'a MailRoom,
    pub(super) gatepost: &'a Gatepost,
    pub(super) stop: &'a CancellationToken,
    pub(super) claim: &'a Claim,
    pub(super) seat: &'a Seat,
    pub(super) pass: &'a Pass,
}

/// The result of an attempt, and what the mail server said.
pub(super) type Made = (Delivery, Option<Answer>);

/// How an attempt ended before the mail server could have the email, except by a failure.
enum Early {
    /// The server stops.
    Stopped,
    /// Others are waiting.
    Cut,
    /// It could not be recorded that the email is handed over.
    NotRecorded,
    /// Its claim has ended.
    NotOurs,
}

impl Try<'_> {
    /// Makes the attempt, and returns what the mail server said too. Returns nothing if it has no result: the email
    /// is gone, or stays claimed.
    pub(super) async fn make(&self) -> Option<Made> {
        let contents = match self.gatepost.contents(self.claim).await {
            Ok(contents) => contents?,
            Err(error) => {
                let id = self.claim.letter().id;
                tracing::warn!(letter.id = %id, %error, "cannot read an email from the database; trying again later");
                return Some((Delivery::Delayed(Pace::Usual), None));
            }
        };
        let words = self.room.product.load().words(&contents);
        let carrier = match &self.room.transport {
            Transport::Carrier(carrier) => carrier,
            Transport::Mailbox(letters) => {
                self.pass.succeed();
                letters.put(shown(&contents, words));
                return Some((Delivery::Taken, None));
            }
        };
        let heading =
            Heading { id: contents.id, from: &self.room.from, to: &contents.to, sent_at: contents.sent_at };
        let outcome = match compose(&heading, &words) {
            Ok(mail) => self.send(carrier, &mail).await,
            Err(error) => {
                Ok(Err(NotSent::delayed("Could not build the email", error).meaning(Meaning::Never)))
            }
        };
        match outcome {
            Ok(outcome) => Some(self.result(&contents, &carrier.name(), outcome)),
            Err(Early::Stopped | Early::NotOurs) => None,
            Err(Early::NotRecorded) => Some((Delivery::Delayed(Pace::Usual), None)),
            Err(Early::Cut) => {
                report::cut(&contents, &carrier.name());
                Some((Delivery::Delayed(Pace::Slow), None))
            }
        }
    }

    async fn send(&self, carrier: &Carrier, mail: &Mail) -> Result<Outcome, Early> {
        let mut attempt = match self.unless_ended(carrier.open(mail)).await? {
            Ok(attempt) => attempt,
            Err(why) => return Ok(Err(why)),
        };
        if carrier.shows_when_opened() {
            self.pass.succeed();
        }
        self.seat.announce();
        if let Err(why) = self.unless_ended(attempt.announce(mail)).await? {
            return Ok(Err(why));
        }
        if let Err(end) = self.prepare(&mut attempt, mail).await {
            return end;
        }
        // Not even a stop ends this: whatever the mail server says about an email that it may have is recorded.
        Ok(attempt.finish(mail, self.gatepost.sleep(self.room.timeouts.answer)).await)
    }

    /// Returns how the attempt ended if nothing may be handed over. The record is written while the mail server is
    /// asked for the message, since most of them answer more slowly than a disk. It is never broken off: what it
    /// says would not be known.
    async fn prepare(&self, attempt: &mut Attempt<'_>, mail: &Mail) -> Result<(), Result<Outcome, Early>> {
        let (prepared, recorded) =
            tokio::join!(self.unless_ended(attempt.prepare(mail)), self.gatepost.hand_over(self.claim));
        // If this is not on disk, a crash would send the email again at once and forget that it did.
        match recorded {
            Ok(true) => {}
            Ok(false) => return Err(Err(Early::NotOurs)),
            Err(error) => {
                tracing::warn!(%error, "cannot use the outbox; no email is sent until this works");
                return Err(Err(Early::NotRecorded));
            }
        }
        let end = match prepared {
            Ok(Ok(())) => match self.is_still_ours().await {
                // The attempt may have been cut at the very moment at which the mail server replied. If it went on,
                // it would hold a place that has been given to another.
                Ok(()) if self.seat.hand_over() => return Ok(()),
                Ok(()) => Err(Early::Cut),
                Err(Early::NotOurs) => return Err(Err(Early::NotOurs)),
                Err(early) => Err(early),
            },
            Ok(Err(why)) => Ok(Err(why)),
            Err(early) => Err(early),
        };
        if let Err(error) = self.gatepost.keep(self.claim).await {
            tracing::warn!(%error, "cannot use the outbox; an email that was not sent counts as perhaps sent");
        }
        Err(end)
    }

    /// Whether the email is still this run's, right before the mail server has all of it. If this process was paused,
    /// another node may have taken it.
    async fn is_still_ours(&self) -> Result<(), Early> {
        match self.gatepost.still_holds(self.claim).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Early::NotOurs),
            Err(error) => {
                tracing::warn!(%error, "cannot use the outbox; no email is sent until this works");
                Err(Early::NotRecorded)
            }
        }
    }

    /// Does something that may be broken off, because the mail server does not have the email.
    async fn unless_ended<T>(&self, work: impl Future<Output = T>) -> Result<T, Early> {
        tokio::select! {
            done = work => Ok(done),
            () = self.stop.cancelled() => Err(Early::Stopped),
            () = self.seat.cut() => Err(Early::Cut),
        }
    }

    fn result(&self, contents: &Contents, server: &str, outcome: Outcome) -> Made {
        let answer = Some(report::answer(&outcome, contents));
        let why = match outcome {
            Ok(reply) => {
                self.pass.succeed();
                report::sent(contents, server, &reply);
                return (Delivery::Taken, answer);
            }
            Err(why) => why,
        };
        let meaning = why.meaning;
        report::not_sent(contents, server, why, self.gatepost.is_sent_again(self.claim));
        if meaning == Meaning::ServerFailed {
            let retry_at = |failures| self.gatepost.retry_at(failures);
            let until = self.pass.fail(retry_at, |next| self.gatepost.last_call(self.claim, next));
            return (Delivery::Held(until), answer);
        }
        self.pass.succeed();
        let delivery = match meaning {
            Meaning::Never => Delivery::Refused,
            Meaning::Unanswered => Delivery::Unanswered,
            Meaning::Later | Meaning::ServerFailed => Delivery::Delayed(self.seat.pace()),
        };
        (delivery, answer)
    }
}

fn shown(contents: &Contents, words: Words) -> ShownLetter {
    ShownLetter {
        id: contents.id,
        to: contents.to.clone(),
        title: words.title,
        subject: words.subject,
        text: words.text,
        html: words.html,
        link: words.link,
        code: words.code.map(|code| code.as_str().to_owned()),
        created_at: contents.sent_at,
    }
}
