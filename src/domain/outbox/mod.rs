//! The outbox: emails waiting to be sent, and what the worker that sends them does with them.
//!
//! 1. The worker claims emails that are due. One commit marks them and moves their due time to the end of
//!    the claim, so a worker that dies loses none of them.
//! 2. It gets the contents of each (`compose`). An email about something that is over is dropped.
//! 3. If the mail server accepts it, the email leaves the outbox and its lifetime begins. If not yet, it
//!    is due again later. If never, it leaves the outbox, and the log says why.
//!
//! - `compose`, `contents`: what an email says, put together when it is sent
//! - `notice`: queuing an email that tells an account's owner what happened

mod compose;
mod contents;
mod notice;

use std::time::Duration;

pub use self::contents::{Contents, Matter};
use crate::domain::error::Error;
use crate::domain::ports::{Change, Committed, StoreError, Version, Versioned};
use crate::domain::read::Found;
use crate::domain::record::Record;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::LetterId;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::letter::{About, Letter};
use crate::domain::record::request::Request;
use crate::domain::record::time::Timestamp;
use crate::domain::{Decision, Gatepost};

/// How long a claim lasts: longer than any conversation with a mail server.
const LEASE: Duration = Duration::from_mins(5);
/// The delay after the first failed attempt. It doubles with each further attempt.
const FIRST_DELAY: Duration = Duration::from_secs(2);
/// The longest delay between two attempts.
const LONGEST_DELAY: Duration = Duration::from_mins(5);
/// How many emails are read at once. Moving an email writes two keys, and a change holds a hundred.
const PAGE: usize = 45;
/// A last attempt is made this long before delivery is given up.
const LAST_CALL: Duration = Duration::from_mins(1);

/// An email that this run of the process is sending.
#[derive(Clone, Debug)]
pub struct Claim {
    letter: Letter,
    key: Key,
}

/// The result of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The mail server accepted the email.
    Taken,
    /// Not now: try again later.
    Delayed,
    /// The mail server will never accept this email.
    Refused,
}

impl Claim {
    /// The email being sent.
    #[must_use]
    pub fn letter(&self) -> &Letter {
        &self.letter
    }
}

impl Gatepost {
    /// Frees the claims of a run of the process that died. Called once, by a run that has the store to
    /// itself, before its first claim.
    ///
    /// # Errors
    /// `Store`.
    pub async fn free_dead_claims(&self) -> Result<(), Error> {
        let mut rest = Span::letters();
        loop {
            let page = self.store.scan(&rest, PAGE).await?;
            let Some(last) = page.last().map(|(key, _)| key.clone()) else { return Ok(()) };
            let now = self.world.now();
            let is_dead = |letter: &Letter| letter.lease.is_some_and(|run| run != self.run);
            if self
                .move_letters(page, is_dead, now, |letter| Letter { lease: None, ..letter })
                .await?
                .is_some()
            {
                rest = rest.after(&last);
            }
        }
    }

    /// Claims up to `limit` emails that are due (step 1).
    ///
    /// # Errors
    /// `Store`.
    pub async fn claim_letters(&self, limit: usize) -> Result<Vec<Claim>, Error> {
        let now = self.world.now();
        let page = self.store.scan(&Span::letters_due(now), limit.min(PAGE)).await?;
        let claim = |letter| Letter { lease: Some(self.run), ..letter };
        Ok(self.move_letters(page, |_| true, now.plus(LEASE), claim).await?.unwrap_or_default())
    }

    /// When the next email is due, which may be in the past. Nothing if the outbox is empty.
    ///
    /// # Errors
    /// `Store`.
    pub async fn next_letter_due(&self) -> Result<Option<Timestamp>, Error> {
        let first = self.store.scan(&Span::letters(), 1).await?;
        Ok(first.first().and_then(|(key, _)| key.letter_due()))
    }

    /// The emails queued for an address, or for anyone. For those who wait for them in the mailbox.
    ///
    /// # Errors
    /// `Store`.
    pub async fn queued_letters(&self, to: Option<&EmailAddress>) -> Result<Vec<LetterId>, Error> {
        let to = to.map(EmailAddress::canonical);
        let mut queued = Vec::new();
        let mut rest = Span::letters();
        loop {
            let page = self.store.scan(&rest, PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(queued) };
            rest = rest.after(last);
            let is_to = |letter: &Letter| to.as_ref().is_none_or(|to| letter.to.canonical() == *to);
            let page = letters(page)?.into_iter().map(|(_, letter, _)| letter);
            queued.extend(page.filter(is_to).map(|letter| letter.id));
        }
    }

    /// Returns when an email has been queued since the last call.
    pub async fn letter_queued(&self) {
        self.letter_queued.notified().await;
    }

    /// Waits until `at`, for a worker that waits for the next email.
    pub async fn sleep_until(&self, at: Timestamp) {
        self.world.clock.sleep_until(at).await;
    }

    /// Records the result of an attempt (step 3).
    ///
    /// # Errors
    /// `Store`: the email stays claimed and is sent again when the claim ends.
    pub async fn delivered(&self, claim: &Claim, delivery: Delivery) -> Result<(), Error> {
        let lifetime = self.settings.link_lifetime;
        let now = self.world.now();
        match delivery {
            Delivery::Taken => {
                let start = |request: &mut Request, number| {
                    let lifetime = request.purpose.link_lifetime(lifetime);
                    request.letter_delivered(number, now, lifetime);
                };
                self.finish(claim, EventName::MailSent, start).await
            }
            Delivery::Refused => self.finish(claim, EventName::MailFailed, Request::letter_dropped).await,
            Delivery::Delayed => self.delay(claim, now).await,
        }
    }

    async fn delay(&self, claim: &Claim, now: Timestamp) -> Result<(), Error> {
        let give_up_at = claim.letter.give_up_at;
        let last_call = give_up_at.minus(LAST_CALL);
        let mut due = now.plus(self.delay_after(claim.letter.tries));
        if due > last_call && now < last_call {
            due = last_call;
        }
        if due >= give_up_at {
            return self.finish(claim, EventName::MailFailed, Request::letter_dropped).await;
        }
        let tries = claim.letter.tries.saturating_add(1);
        let letter = Letter { tries, lease: None, ..claim.letter.clone() };
        self.decide_and_commit(&Client::server(), || async {
            let Some(mut change) = self.remove_claimed(claim).await? else { return Ok(Decision::Answer(())) };
            change.put(Key::letter(due, letter.id), Record::Letter(letter.clone()));
            Ok(Decision::Commit { change, event: None, answer: Ok(()) })
        })
        .await
    }

    /// A change that removes a claimed email. Nothing if the claim ended meanwhile and the email has moved
    /// on, since it must not be handled twice.
    async fn remove_claimed(&self, claim: &Claim) -> Result<Option<Change>, Error> {
        let found: Found<Letter> = self.find(claim.key.clone()).await?;
        if found.value.is_none() {
            return Ok(None);
        }
        let mut change = Change::new();
        found.expected_by(&mut change);
        change.delete(found.key);
        Ok(Some(change))
    }

    /// Doubles with each attempt up to a limit, and is up to a fifth shorter at random, so that emails
    /// that failed together do not all come back together.
    fn delay_after(&self, tries: u16) -> Duration {
        let factor = 2_u32.saturating_pow(u32::from(tries));
        let delay = FIRST_DELAY.saturating_mul(factor).min(LONGEST_DELAY);
        let chance = u32::from(self.world.random::<1>()[0]);
        delay * 4 / 5 + delay / 5 * chance / 255
    }

    /// Removes an email from the outbox and updates its request, in one commit with the event.
    pub(in crate::domain) async fn finish(
        &self,
        claim: &Claim,
        name: EventName,
        update_request: impl Fn(&mut Request, u8),
    ) -> Result<(), Error> {
        let client = &Client::server();
        self.decide_and_commit(client, || async {
            let Some(mut change) = self.remove_claimed(claim).await? else { return Ok(Decision::Answer(())) };
            if let About::Request { nonce, generation } = claim.letter.about {
                let found: Found<Request> = self.find(Key::request(nonce)).await?;
                found.expected_by(&mut change);
                if let Some(mut request) = found.value {
                    update_request(&mut request, generation);
                    change.put(found.key, Record::Request(request));
                }
            }
            let event = Event::new(self.world.now(), name, None, client);
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(()) })
        })
        .await
    }

    /// Moves the `wanted` emails of a page to a new due time, in one commit. Nothing if another worker was
    /// faster.
    async fn move_letters(
        &self,
        page: Vec<(Key, Versioned)>,
        wanted: impl Fn(&Letter) -> bool,
        due: Timestamp,
        renew: impl Fn(Letter) -> Letter,
    ) -> Result<Option<Vec<Claim>>, Error> {
        let mut change = Change::new();
        let mut moved = Vec::new();
        for (key, letter, version) in letters(page)?.into_iter().filter(|(_, letter, _)| wanted(letter)) {
            let letter = renew(letter);
            let new = Key::letter(due, letter.id);
            change.expect(key.clone(), Some(version));
            change.delete(key);
            change.put(new.clone(), Record::Letter(letter.clone()));
            moved.push(Claim { letter, key: new });
        }
        if moved.is_empty() || self.store.commit(change).await? == Committed::Yes {
            return Ok(Some(moved));
        }
        Ok(None)
    }
}

fn letters(page: Vec<(Key, Versioned)>) -> Result<Vec<(Key, Letter, Version)>, Error> {
    page.into_iter()
        .map(|(key, found)| match found.record {
            Record::Letter(letter) => Ok((key, letter, found.version)),
            _ => Err(StoreError::Damaged(format!("{key:?} does not hold an email")).into()),
        })
        .collect()
}
