//! Which emails are sent next.
//!
//! First attempts go before others, and those that have waited longest go first. While slow attempts keep
//! many waiting, some places are for the newest emails: someone is waiting for those just now.

use std::collections::HashSet;

use super::{Claim, Delivery, LEASE, LONGEST_DELAY, PAGE, Places, Stored};
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::{Change, Committed, StoreError};
use crate::domain::read::Listed;
use crate::domain::record::ids::LetterId;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::letter::{Letter, Offered, Queue};
use crate::domain::record::time::Timestamp;

/// The queues of emails that are not slow, in the order in which places are given to them.
const USUAL: [Queue; 3] = [Queue::First, Queue::Claimed, Queue::Again];

impl Gatepost {
    /// Frees the claims of a run of the process that died. Called once, by a run that has the store to
    /// itself, before its first claim.
    ///
    /// # Errors
    /// `Store`.
    pub async fn free_dead_claims(&self) -> Result<(), Error> {
        let mut rest = Span::queue(Queue::Claimed);
        loop {
            let page = self.letters(&rest, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            rest = rest.after(&last.key);
            for Stored { key, letter, .. } in page {
                if letter.lease == Some(self.run) {
                    continue;
                }
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
                self.delivered(&Claim { letter, key, from }, delivery, None).await?;
            }
        }
    }

    /// Claims emails that are due (step 1), except those in `held`: the worker still has them in memory.
    /// If their result could not be recorded yet, their claim may have ended.
    ///
    /// # Errors
    /// `Store`.
    pub async fn claim_letters(&self, places: Places, held: &HashSet<LetterId>) -> Result<Vec<Claim>, Error> {
        let now = self.world.now();
        let usual = places.usual.min(places.all).min(PAGE);
        let mut chosen = self.newest_letters(places.newest.min(usual), now).await?;
        let spans =
            USUAL.map(|queue| due(queue, now)).into_iter().chain(USUAL.map(|queue| ahead(queue, now)));
        self.choose(spans, usual, held, &mut chosen).await?;
        let all = chosen.len().saturating_add(places.slow).min(places.all).min(PAGE);
        let spans = [due(Queue::Slow, now), ahead(Queue::Slow, now)];
        self.choose(spans, all, held, &mut chosen).await?;
        self.claim(chosen, now).await
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
        let usual = USUAL.iter().filter(|_| places.usual > 0);
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
    async fn newest_letters(&self, limit: usize, now: Timestamp) -> Result<Vec<Stored>, Error> {
        let keys = self.arrivals.take_newest(limit);
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let stored = self.list_these(keys).await?.into_iter().map(Stored::from);
        Ok(stored.filter(|found| found.key.letter_due().is_some_and(|due| due <= now)).collect())
    }

    /// Adds emails of these parts of the outbox, in this order, until `limit` are chosen.
    async fn choose(
        &self,
        spans: impl IntoIterator<Item = Span>,
        limit: usize,
        held: &HashSet<LetterId>,
        chosen: &mut Vec<Stored>,
    ) -> Result<(), Error> {
        for span in spans {
            if chosen.len() >= limit {
                return Ok(());
            }
            let known: HashSet<LetterId> = chosen.iter().map(|found| found.letter.id).collect();
            let page = self.letters(&span, limit + held.len()).await?;
            let is_new =
                |found: &Stored| !held.contains(&found.letter.id) && !known.contains(&found.letter.id);
            chosen.extend(page.into_iter().filter(is_new));
            chosen.truncate(limit);
        }
        Ok(())
    }

    /// Claims these emails in one commit. None of them if another action was faster.
    async fn claim(&self, chosen: Vec<Stored>, now: Timestamp) -> Result<Vec<Claim>, Error> {
        let mut change = Change::new();
        let mut claims = Vec::new();
        for Stored { key, letter, version } in chosen {
            let from = queue_of(&key, &letter);
            let letter = Letter { lease: Some(self.run), ..letter };
            let new = Key::letter(Queue::Claimed, now.plus(LEASE), letter.id);
            change.expect(key.clone(), Some(version));
            change.delete(key);
            // It takes the place of the key that is deleted here.
            change.put(new.clone(), letter.clone().into());
            claims.push(Claim { letter, key: new, from });
        }
        if claims.is_empty() {
            return Ok(claims);
        }
        match self.store.commit(change).await {
            Ok(Committed::Yes) => Ok(claims),
            Ok(Committed::Conflict) => Ok(Vec::new()),
            Err(StoreError::InDoubt(why)) => self.keep_claimed(claims, why).await,
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
}

/// Where an email waits, or waited before it was claimed.
fn queue_of(key: &Key, letter: &Letter) -> Queue {
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
