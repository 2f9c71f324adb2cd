//! Whose emails are: claims that no one holds, and what sending has to heed if other nodes send from the same outbox.
//!
//! With neighbours, a claim is free only when the run that it names has ended, however due it is. Whoever takes such
//! an email expects the record of that run as it was when it was found to have ended: should the run go on after
//! all, its next heartbeat comes first.

use std::collections::HashSet;
use std::time::Duration;

use super::claim::queue_of;
use super::{Claim, Delivery, LeftBy, PAGE, Stored};
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::record::answer::Answer;
use crate::domain::record::ids::LetterId;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::letter::{Letter, Offered, Queue};
use crate::domain::record::watch::Ended;

/// The queues of emails that are not slow, in the order in which places are given to them.
const USUAL: [Queue; 3] = [Queue::First, Queue::Claimed, Queue::Again];
/// The same where a claim does not end by itself.
const USUAL_OF_MANY: [Queue; 2] = [Queue::First, Queue::Again];
/// How often one node looks for what others have queued or left.
const LOOK: Duration = Duration::from_secs(5);
/// How often emails are chosen again because another node was faster.
const CLAIM_ATTEMPTS: u32 = 8;

/// Who holds the claim of an email.
enum Holder {
    /// A run that goes on, as far as is known.
    Someone,
    NoOne,
    /// A run that has ended, beside others.
    Ended(LeftBy),
}

impl Gatepost {
    /// Frees the claims that no one holds: those of a run that has ended, and those of this run of which it
    /// does not know, because a commit was in doubt. `held` has all emails that it is sending or about to send.
    ///
    /// # Errors
    /// `Store`.
    pub async fn free_dead_claims(&self, held: &HashSet<LetterId>) -> Result<(), Error> {
        let mut rest = Span::queue(Queue::Claimed);
        loop {
            let page = self.letters(&rest, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            rest = rest.after(&last.key);
            for Stored { key, letter, .. } in page {
                let left_by = match self.holder(&letter, held) {
                    Holder::Someone => continue,
                    Holder::NoOne => None,
                    Holder::Ended(left_by) => Some(left_by),
                };
                let from = queue_of(&key, &letter);
                let delivery = match letter.offered {
                    // The mail server may have it, so sending it again at once could deliver it twice.
                    Offered::Now => Delivery::Unanswered,
                    // One that was never tried gets its place back, before all that were queued later.
                    Offered::Never if from == Queue::First => {
                        Delivery::Held(letter.queued_at.min(self.world.now()))
                    }
                    Offered::Never | Offered::Before => Delivery::Held(self.world.now()),
                };
                let claim = Claim { letter, was: key.clone(), key, from, left_by };
                self.delivered(&claim, delivery, None).await?;
            }
        }
    }

    /// Who holds the claim of an email.
    fn holder(&self, letter: &Letter, held: &HashSet<LetterId>) -> Holder {
        match (letter.lease, &self.neighbours) {
            (Some(run), _) if run == self.run && held.contains(&letter.id) => Holder::Someone,
            (Some(run), Some(neighbours)) if run != self.run => match neighbours.ended(run) {
                None => Holder::Someone,
                Some(Ended(version)) => Holder::Ended((Key::node(run), version)),
            },
            // Alone, every other run has ended.
            _ => Holder::NoOne,
        }
    }

    /// Whether an email is still this run's to send. Alone, no one else can have taken it.
    ///
    /// # Errors
    /// `Store`: then it must not be sent.
    pub async fn still_holds(&self, claim: &Claim) -> Result<bool, Error> {
        Ok(!self.has_neighbours() || self.claimed(claim).await?.is_some())
    }

    /// Records the result of an attempt (step 4), with what the mail server said. An email that it accepted has left,
    /// even if another node has taken the claim since: it must not be sent again.
    ///
    /// # Errors
    /// `Store`: the email stays as it is, so this has to be done again.
    pub async fn settle(
        &self,
        claim: &Claim,
        delivery: Delivery,
        answer: Option<&Answer>,
    ) -> Result<(), Error> {
        if delivery != Delivery::Taken || self.still_holds(claim).await? {
            return self.delivered(claim, delivery, answer).await;
        }
        let mut rest = Span::letters();
        loop {
            let page = self.letters(&rest, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            rest = rest.after(&last.key);
            // One that another node is sending by now is its to end.
            let is_it = |found: &Stored| found.letter.id == claim.letter.id && found.letter.lease.is_none();
            if let Some(Stored { key, letter, .. }) = page.into_iter().find(is_it) {
                let from = queue_of(&key, &letter);
                let claim = Claim { letter, was: key.clone(), key, from, left_by: None };
                return self.delivered(&claim, delivery, answer).await;
            }
        }
    }

    /// Whether other nodes may send emails from the same outbox.
    #[must_use]
    pub fn has_neighbours(&self) -> bool {
        self.neighbours.is_some()
    }

    /// How long to wait before looking for what other nodes have queued or left; nothing if there are none.
    #[must_use]
    pub fn looks_again_after(&self) -> Option<Duration> {
        self.has_neighbours().then(|| self.jittered(LOOK))
    }

    /// Whether the clock of this machine is too far from that of the database to send emails by it.
    #[must_use]
    pub fn clock_is_too_far(&self) -> bool {
        self.neighbours.as_ref().is_some_and(|neighbours| neighbours.too_far().is_some())
    }

    /// How often emails are chosen if another run is faster each time.
    pub(super) fn claim_attempts(&self) -> u32 {
        if self.has_neighbours() { CLAIM_ATTEMPTS } else { 1 }
    }

    /// The queues of emails that are not slow.
    pub(super) fn usual_queues(&self) -> &'static [Queue] {
        if self.has_neighbours() { &USUAL_OF_MANY } else { &USUAL }
    }

    /// Some of these, in their order: half of them, but no more than `most`. Others choose at the same moment, and
    /// what both have chosen only one of them gets.
    pub(super) fn random_part<T>(&self, of: Vec<T>, most: usize) -> Vec<T> {
        let mut wanted = most.min(of.len().div_ceil(2));
        let mut left = of.len();
        let is_chosen = |_: &T| {
            let chance = u32::from_be_bytes(self.world.random()) as usize;
            let is_chosen = chance % left < wanted;
            left -= 1;
            wanted -= usize::from(is_chosen);
            is_chosen
        };
        of.into_iter().filter(is_chosen).collect()
    }
}
