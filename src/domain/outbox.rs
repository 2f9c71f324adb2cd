//! The letters that are owed, as the worker that sends them sees them.
//!
//! 1. The worker claims what is due: one commit puts its name on a page of letters and moves them
//!    to when the claim ends, so a worker that dies loses none of them.
//! 2. For each it asks for the contents. What speaks of something that is over is dropped.
//! 3. The mail server has taken it: the letter leaves the outbox and its lifetime starts.
//!    Or not yet: it is due again later. Or never: it leaves, and the log says why.

use std::time::Duration;

use super::client::Client;
use super::error::Error;
use super::event::{Event, EventName};
use super::key::{Key, Span};
use super::letter::{Contents, Letter, LetterKind, Secrets};
use super::ports::{Change, Committed, Record, StoreError, Version, Versioned};
use super::read::Found;
use super::request::Request;
use super::time::Timestamp;
use super::token::LinkClaims;
use super::{Decision, Gatepost};

/// Longer than any conversation with a mail server may last.
const LEASE: Duration = Duration::from_mins(5);
/// The first wait after a failed try; it doubles with each.
const FIRST_DELAY: Duration = Duration::from_secs(2);
/// The longest wait between two tries.
const LONGEST_DELAY: Duration = Duration::from_mins(5);
/// How many letters one look into the outbox takes.
const PAGE: usize = 90;

/// A letter this run of the process is sending.
#[derive(Clone, Debug)]
pub struct Claim {
    letter: Letter,
    key: Key,
}

/// How the mail server (or its silence) ended a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It has the letter.
    Taken,
    /// Not now: try again.
    Delayed,
    /// It will never take this letter.
    Refused,
}

impl Claim {
    /// The letter that is being sent.
    #[must_use]
    pub fn letter(&self) -> &Letter {
        &self.letter
    }
}

impl Gatepost {
    /// Frees what a run of the process that died had claimed. Called once, by a run that is alone
    /// with its store, before its first claim.
    ///
    /// # Errors
    /// `Store`.
    pub async fn free_dead_claims(&self) -> Result<(), Error> {
        let mut rest = Span::letters();
        loop {
            let page = self.store.scan(&rest, PAGE / 2).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            rest = rest.after(last);
            let now = self.world.now();
            let is_dead = |letter: &Letter| letter.lease.is_some_and(|run| run != self.run);
            self.move_letters(page, is_dead, now, |letter| Letter { lease: None, ..letter }).await?;
        }
    }

    /// Claims up to `limit` letters that are due (step 1). None, when none is.
    ///
    /// # Errors
    /// `Store`.
    pub async fn claim_letters(&self, limit: usize) -> Result<Vec<Claim>, Error> {
        let now = self.world.now();
        // A change writes two keys a letter, the old and the new.
        let page = self.store.scan(&Span::letters_due(now), limit.min(PAGE / 2)).await?;
        let claim = |letter| Letter { lease: Some(self.run), ..letter };
        self.move_letters(page, |_| true, now.plus(LEASE), claim).await
    }

    /// When the next letter is due: at once, if one is overdue. Nothing, when none is owed.
    ///
    /// # Errors
    /// `Store`.
    pub async fn next_letter_due(&self) -> Result<Option<Timestamp>, Error> {
        let first = self.store.scan(&Span::letters(), 1).await?;
        Ok(first.first().and_then(|(key, _)| key.letter_due()))
    }

    /// Returns when a letter came to be owed since the last call.
    pub async fn letter_owed(&self) {
        self.owed.notified().await;
    }

    /// The clock's alarm, for a worker that waits for the next letter.
    pub async fn sleep_until(&self, at: Timestamp) {
        self.world.clock.sleep_until(at).await;
    }

    /// All that the words of a claimed letter need (step 2). Nothing, when what it speaks of is
    /// over: it has left the outbox then, since a dead link must not be mailed.
    ///
    /// # Errors
    /// `Store`.
    pub async fn contents(&self, claim: &Claim) -> Result<Option<Contents>, Error> {
        let letter = &claim.letter;
        let found: Found<Request> = self.find(Key::request(letter.nonce)).await?;
        let secrets = match found.value {
            Some(request) if self.is_worth_sending(letter, &request).await? => self.secrets(letter, &request),
            _ => {
                self.settle(claim, EventName::MailDropped, Request::letter_dropped).await?;
                return Ok(None);
            }
        };
        Ok(Some(Contents {
            kind: letter.kind,
            to: letter.to.clone(),
            secrets,
            id: letter.id,
            queued_at: letter.queued_at,
        }))
    }

    /// Ends a try (step 3).
    ///
    /// # Errors
    /// `Store`: the letter stays claimed and is sent again when the claim ends.
    pub async fn delivered(&self, claim: &Claim, delivery: Delivery) -> Result<(), Error> {
        let lifetime = self.settings.link_lifetime;
        let now = self.world.now();
        match delivery {
            Delivery::Taken => {
                let start = |request: &mut Request, number| request.letter_delivered(number, now, lifetime);
                self.settle(claim, EventName::MailSent, start).await
            }
            Delivery::Refused => self.settle(claim, EventName::MailFailed, Request::letter_dropped).await,
            Delivery::Delayed => self.delay(claim, now).await,
        }
    }

    async fn delay(&self, claim: &Claim, now: Timestamp) -> Result<(), Error> {
        let due = now.plus(self.delay_after(claim.letter.tries));
        if due >= claim.letter.give_up_at {
            return self.settle(claim, EventName::MailFailed, Request::letter_dropped).await;
        }
        let letter =
            Letter { tries: claim.letter.tries.saturating_add(1), lease: None, ..claim.letter.clone() };
        let mut change = Change::new();
        change.delete(claim.key.clone());
        change.put(Key::letter(due, letter.id), Record::Letter(letter));
        self.store.commit(change).await?;
        Ok(())
    }

    /// Doubles with each try up to a limit, a fifth more or less by chance, so that letters that
    /// failed together do not come back together.
    fn delay_after(&self, tries: u16) -> Duration {
        let factor = 2_u32.saturating_pow(u32::from(tries));
        let delay = FIRST_DELAY.saturating_mul(factor).min(LONGEST_DELAY);
        let chance = u32::from(self.world.random::<1>()[0]);
        delay * 4 / 5 + delay * 2 / 5 * chance / 255
    }

    /// Takes a letter out of the outbox and tells its request, in one commit with the event.
    async fn settle(
        &self,
        claim: &Claim,
        name: EventName,
        tell: impl Fn(&mut Request, u8),
    ) -> Result<(), Error> {
        let client = &Client::server();
        self.act(client, || async {
            let found: Found<Request> = self.find(Key::request(claim.letter.nonce)).await?;
            let mut change = Change::new();
            change.delete(claim.key.clone());
            found.expected_by(&mut change);
            if let Some(mut request) = found.value {
                tell(&mut request, claim.letter.generation);
                change.put(found.key, Record::Request(request));
            }
            let event = Event::new(self.world.now(), name, None, client);
            Ok(Decision::Commit { change, event, answer: Ok(()) })
        })
        .await
    }

    async fn is_worth_sending(&self, letter: &Letter, request: &Request) -> Result<bool, Error> {
        if request.generation.number != letter.generation || request.is_over(self.world.now()) {
            return Ok(false);
        }
        // "There is no account" stays true news; what signs in must still do so.
        if letter.kind == LetterKind::NoAccount {
            return Ok(true);
        }
        let standing = self.standing(&request.address).await?;
        Ok(request.generation.used.is_none() && !request.is_void(standing.account()))
    }

    fn secrets(&self, letter: &Letter, request: &Request) -> Option<Secrets> {
        let claims = LinkClaims { key: request.key, nonce: letter.nonce, generation: letter.generation };
        match letter.kind {
            LetterKind::SignIn => Some(Secrets {
                link: self.ring.seal_link(&claims)?,
                code: self.ring.code(&claims)?,
                lifetime: self.settings.link_lifetime,
            }),
            LetterKind::NoAccount => None,
        }
    }

    /// Moves those letters of a page that are `wanted` to a new due time, in one commit. Those
    /// moved; none, when another worker was faster.
    async fn move_letters(
        &self,
        page: Vec<(Key, Versioned)>,
        wanted: impl Fn(&Letter) -> bool,
        due: Timestamp,
        renew: impl Fn(Letter) -> Letter,
    ) -> Result<Vec<Claim>, Error> {
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
            return Ok(moved);
        }
        Ok(Vec::new())
    }
}

fn letters(page: Vec<(Key, Versioned)>) -> Result<Vec<(Key, Letter, Version)>, Error> {
    page.into_iter()
        .map(|(key, found)| match found.record {
            Record::Letter(letter) => Ok((key, letter, found.version)),
            _ => Err(StoreError::Damaged(format!("{key:?} is no letter")).into()),
        })
        .collect()
}
