//! Which emails are sent next.
//!
//! First attempts go before others, and those that have waited longest go first. While slow attempts keep
//! many waiting, some places are for the newest emails: someone is waiting for those just now.

use std::collections::HashSet;

use super::{Claim, LEASE, LONGEST_DELAY, PAGE, Places, Stored};
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::{Change, Committed, StoreError};
use crate::domain::read::{Found, Listed};
use crate::domain::record::ended::End;
use crate::domain::record::ids::LetterId;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::letter::{Letter, Queue};
use crate::domain::record::node::Node;
use crate::domain::record::time::Timestamp;

impl Gatepost {
    /// Claims emails that are due (step 1), except those in `held`: the worker still has them in memory.
    /// If their result could not be recorded yet, their claim may have ended.
    ///
    /// # Errors
    /// `Store`.
    pub async fn claim_letters(&self, places: Places, held: &HashSet<LetterId>) -> Result<Vec<Claim>, Error> {
        for attempt in 0..self.claim_attempts() {
            self.pause(attempt).await;
            let now = self.world.now();
            let chosen = self.choose_for(places, now, held).await?;
            if let Some(claims) = self.claim(chosen, now).await? {
                return Ok(claims);
            }
        }
        Ok(Vec::new())
    }

    /// Chooses emails for these places.
    async fn choose_for(
        &self,
        places: Places,
        now: Timestamp,
        held: &HashSet<LetterId>,
    ) -> Result<Vec<Stored>, Error> {
        let usual = places.usual.min(places.all).min(PAGE);
        let mut chosen = self.newest_letters(places.newest.min(usual), now, held).await?;
        let never_tried = usual.saturating_add(places.ahead).min(PAGE);
        self.choose([due(Queue::First, now)], never_tried, held, &mut chosen).await?;
        let queues = self.usual_queues();
        let tried = queues.iter().filter(|queue| **queue != Queue::First).map(|queue| due(*queue, now));
        let spans: Vec<Span> = tried.chain(queues.iter().map(|queue| ahead(*queue, now))).collect();
        self.choose(spans, usual, held, &mut chosen).await?;
        let for_now = chosen.len().min(usual);
        let slow = places.slow.min(places.all.saturating_sub(for_now));
        let all = chosen.len().saturating_add(slow).min(PAGE);
        let spans = [due(Queue::Slow, now), ahead(Queue::Slow, now)];
        self.choose(spans, all, held, &mut chosen).await?;
        Ok(chosen)
    }

    /// Puts claimed emails back where they waited, as if they had not been claimed: nothing was done with them.
    ///
    /// # Errors
    /// `Store`: then the rest of them stay claimed.
    pub async fn put_back(&self, claims: &[Claim]) -> Result<(), Error> {
        for claims in claims.chunks(PAGE) {
            let mut attempt = 0;
            while self.put_page_back(claims).await? == Committed::Conflict {
                attempt += 1;
                self.pause(attempt).await;
            }
        }
        Ok(())
    }

    /// They are not announced like emails that are queued: they are not new.
    async fn put_page_back(&self, claims: &[Claim]) -> Result<Committed, Error> {
        let mut change = Change::new();
        let mut stopped = Vec::new();
        let keys = claims.iter().map(|claim| claim.key.clone()).collect();
        for Listed { key, value: letter, version } in self.list_these::<Letter>(keys).await? {
            let claim = claims.iter().find(|claim| claim.key == key);
            let Some(claim) = claim.filter(|_| letter.lease == Some(self.run)) else { continue };
            if letter.is_stopped() {
                stopped.push(claim);
                continue;
            }
            change.expect(key.clone(), Some(version));
            change.delete(key);
            // It takes the place of the key that is deleted here.
            change.put(claim.was.clone(), Letter { lease: None, ..letter }.into());
        }
        for claim in stopped {
            self.finish(claim, End::Stopped, None, None).await?;
        }
        if change.writes.is_empty() { Ok(Committed::Yes) } else { Ok(self.store.commit(change).await?) }
    }

    /// When the next email is due that could be claimed for one of these places. May be in the past.
    ///
    /// # Errors
    /// `Store`.
    pub async fn next_claim_due(
        &self,
        places: Places,
        held: &HashSet<LetterId>,
    ) -> Result<Option<Timestamp>, Error> {
        let now = self.world.now();
        let mut next = None;
        let usual = self.usual_queues().iter().filter(|_| places.usual > 0);
        for queue in usual.chain([Queue::Slow].iter().filter(|_| places.slow > 0)) {
            let first = self.letters(&Span::queue(*queue), held.len() + 1).await?;
            let first = first.iter().find(|found| !held.contains(&found.letter.id));
            let is_ahead = |key: &Key| ahead(*queue, now).holds(key);
            let at =
                first.and_then(|found| if is_ahead(&found.key) { Some(now) } else { found.key.letter_due() });
            next = at.into_iter().chain(next).min();
        }
        Ok(next)
    }

    /// Whether there is an email that could be claimed for one of these places now.
    ///
    /// # Errors
    /// `Store`.
    pub async fn has_claim_due(&self, places: Places, held: &HashSet<LetterId>) -> Result<bool, Error> {
        let next = self.next_claim_due(places, held).await?;
        Ok(next.is_some_and(|at| at <= self.world.now()))
    }

    /// The newest emails that were never tried.
    async fn newest_letters(
        &self,
        limit: usize,
        now: Timestamp,
        held: &HashSet<LetterId>,
    ) -> Result<Vec<Stored>, Error> {
        let keys = self.arrivals.take_newest(limit);
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let stored = self.list_these(keys).await?.into_iter().map(Stored::from);
        let is_due = |found: &Stored| found.key.letter_due().is_some_and(|due| due <= now);
        Ok(stored.filter(|found| is_due(found) && !held.contains(&found.letter.id)).collect())
    }

    /// Adds emails of these parts of the outbox, in this order, until `limit` are chosen.
    async fn choose(
        &self,
        spans: impl IntoIterator<Item = Span>,
        limit: usize,
        held: &HashSet<LetterId>,
        chosen: &mut Vec<Stored>,
    ) -> Result<(), Error> {
        let mut known: HashSet<LetterId> = chosen.iter().map(|found| found.letter.id).collect();
        known.extend(held);
        for mut rest in spans {
            if self.neighbours.is_some() {
                // More than is wanted, so that not all nodes want the same.
                let wanted = limit.saturating_sub(chosen.len());
                let page = self.letters(&rest, if wanted == 0 { 0 } else { held.len() + 2 * wanted }).await?;
                let page = page.into_iter().filter(|found| known.insert(found.letter.id)).collect();
                chosen.extend(self.random_part(page, wanted));
                continue;
            }
            while chosen.len() < limit {
                let page = self.letters(&rest, limit - chosen.len()).await?;
                let Some(last) = page.last() else { break };
                rest = rest.after(&last.key);
                chosen.extend(page.into_iter().filter(|found| known.insert(found.letter.id)));
            }
        }
        Ok(())
    }

    /// Claims these emails in one commit. Nothing if another action was faster.
    async fn claim(&self, chosen: Vec<Stored>, now: Timestamp) -> Result<Option<Vec<Claim>>, Error> {
        let mut change = Change::new();
        let mut claims = Vec::new();
        for Stored { key, letter, version } in chosen {
            let from = queue_of(&key, &letter);
            let letter = Letter { lease: Some(self.run), ..letter };
            let new = Key::letter(Queue::Claimed, now.plus(LEASE), letter.id);
            change.expect(key.clone(), Some(version));
            change.delete(key.clone());
            // It takes the place of the key that is deleted here.
            change.put(new.clone(), letter.clone().into());
            claims.push(Claim { letter, key: new, was: key, from, left_by: None });
        }
        if claims.is_empty() {
            return Ok(Some(claims));
        }
        match self.store.commit(change).await {
            Ok(Committed::Yes) => Ok(Some(claims)),
            Ok(Committed::Conflict) => Ok(None),
            Err(StoreError::InDoubt(why)) => self.keep_claimed(claims, why).await.map(Some),
            Err(error) => Err(error.into()),
        }
    }

    /// Those of these claims that are stored, although no one could say whether they would be. Without this
    /// their emails would wait until the claims end.
    async fn keep_claimed(&self, mut claims: Vec<Claim>, why: String) -> Result<Vec<Claim>, Error> {
        let keys = claims.iter().map(|claim| claim.key.clone()).collect();
        let stored: Vec<Listed<Letter>> = self.list_these(keys).await?;
        claims
            .retain(|claim| stored.iter().any(|it| it.key == claim.key && it.value.lease == Some(self.run)));
        if claims.is_empty() { Err(StoreError::InDoubt(why).into()) } else { Ok(claims) }
    }

    /// A claimed email as it is stored now, and a change that expects it. Nothing if the claim ended
    /// meanwhile and the email has moved on, since it must not be handled twice.
    pub(super) async fn claimed(&self, claim: &Claim) -> Result<Option<(Change, Letter)>, Error> {
        let mut change = Change::new();
        let found: Found<Letter> = match &claim.left_by {
            None => self.find(claim.key.clone()).await?,
            Some((node, version)) => {
                let (found, node) = self.find_both::<Letter, Node>(claim.key.clone(), node.clone()).await?;
                // The run that it is taken from goes on after all.
                if node.version() != *version {
                    return Ok(None);
                }
                node.expected_by(&mut change);
                found
            }
        };
        found.expected_by(&mut change);
        Ok(found.value.filter(|letter| letter.lease == claim.letter.lease).map(|letter| (change, letter)))
    }
}

/// Where an email waits, or waited before it was claimed.
pub(super) fn queue_of(key: &Key, letter: &Letter) -> Queue {
    if Span::queue(Queue::Slow).holds(key) {
        Queue::Slow
    } else if letter.tries == 0 {
        Queue::First
    } else {
        Queue::Again
    }
}

/// The emails of a queue that are due.
fn due(queue: Queue, now: Timestamp) -> Span {
    Span::queue_due(queue, now)
}

/// The emails of a queue that are due later than any delay: the clock was ahead when they were queued. They
/// are due now, or a clock that was an hour ahead would keep them back for an hour.
fn ahead(queue: Queue, now: Timestamp) -> Span {
    let longest = if queue == Queue::Claimed { LEASE } else { LONGEST_DELAY };
    Span::queue_after(queue, now.plus(longest))
}
