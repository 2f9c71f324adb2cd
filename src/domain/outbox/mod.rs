//! The outbox: emails waiting to be sent, and what the worker that sends them does with them.
//!
//! 1. The worker claims emails that are due. One commit moves them to the queue of claimed emails, due when
//!    the claim ends, so a worker that dies loses none of them.
//! 2. It gets the contents of each (`compose`). An email about something that is over is dropped.
//! 3. Just before the mail server can have all of it, that is recorded: from then on link and code work,
//!    and if the run dies, the next one knows that the email may have been sent.
//! 4. If the mail server accepts it, the email leaves the outbox and its lifetime begins. If not yet, it
//!    is due again later. If never, it leaves the outbox, and the log says why.
//!
//! - `claim`: which emails are sent next (step 1)
//! - `compose`, `contents`: what an email says, put together when it is sent
//! - `ending`: what happens to an email when it is handed over and after that (steps 3 and 4)
//! - `held`: claims that no one holds, and other nodes that send from the same outbox
//! - `dropping`: what becomes of the emails of a restored store
//! - `notice`: queuing an email that tells an account's owner what happened
//! - `records`: what is written about an email as it is queued, delayed and ended
//! - `seen`, `list`, `retry`: emails as administrators see them, in lists, and what they do with one

mod claim;
mod compose;
mod contents;
mod dropping;
mod ending;
mod held;
mod list;
mod notice;
mod records;
mod retry;
mod seen;

use std::time::Duration;

pub use self::contents::{Contents, Matter, SignInSeen};
pub use self::list::{EmailPage, EmailQuery};
pub(in crate::domain) use self::records::queue_letter;
pub use self::retry::Stopped;
pub use self::seen::Email;
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::Version;
use crate::domain::read::Listed;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::LetterId;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::letter::{Letter, Queue};
use crate::domain::record::time::Timestamp;

/// How long a claim lasts: longer than any conversation with a mail server, which may take ten minutes for
/// its last answer alone.
const LEASE: Duration = Duration::from_mins(15);
/// How long a claimed email may wait for a place. Together with the longest conversation it is less than `LEASE`.
const LONGEST_WAIT: Duration = Duration::from_mins(4);
/// The delay after the first failed attempt. It doubles with each further attempt.
const FIRST_DELAY: Duration = Duration::from_secs(2);
/// The longest delay between two attempts.
const LONGEST_DELAY: Duration = Duration::from_mins(5);
/// A last attempt is made this long before delivery is given up.
const LAST_CALL: Duration = Duration::from_mins(1);
/// How many emails are read at once. Moving an email writes two keys, and a change holds a hundred.
const PAGE: usize = 45;

/// An email that this run of the process is sending.
#[derive(Clone, Debug)]
pub struct Claim {
    letter: Letter,
    key: Key,
    /// Where it waited.
    was: Key,
    from: Queue,
    /// For an email that a run left which has ended: what must still be so.
    left_by: Option<LeftBy>,
}

/// The key of a run that has ended, and the version of its record, if it has one.
type LeftBy = (Key, Option<Version>);

/// How many emails can be sent now.
#[derive(Clone, Copy, Debug, Default)]
pub struct Places {
    /// Emails of any kind except slow ones.
    pub usual: usize,
    /// How many of those are the newest ones instead of those that have waited longest.
    pub newest: usize,
    /// Emails whose last attempt took long.
    pub slow: usize,
    /// Emails of either kind.
    pub all: usize,
    /// Emails that were never tried and are claimed in advance, for places that will soon be free.
    pub ahead: usize,
}

impl Places {
    /// How many emails are claimed in advance at most. Bounded by what one commit can claim.
    pub const MOST_AHEAD: usize = PAGE;

    /// Whether no email can be claimed for them.
    #[must_use]
    pub fn are_none(&self) -> bool {
        self.all == 0 && self.ahead == 0
    }
}

/// How long an attempt took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Not long.
    Usual,
    /// So long that it would have kept others waiting.
    Slow,
}

/// The result of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The mail server accepted the email.
    Taken,
    /// Not now: try again later.
    Delayed(Pace),
    /// It was no attempt at this email, because the mail server could not be used at all. It keeps its
    /// place in the queue and is due at this time.
    Held(Timestamp),
    /// The mail server had all of it and did not answer.
    Unanswered,
    /// The mail server will never accept this email.
    Refused,
}

impl Claim {
    /// The email being sent.
    #[must_use]
    pub fn letter(&self) -> &Letter {
        &self.letter
    }

    /// Until when its email may wait for a place. After that it has to be put back, so that the claim does not end
    /// while the email is sent.
    #[must_use]
    pub fn waits_until(&self) -> Timestamp {
        let ends_at = self.key.letter_due().unwrap_or(Timestamp(0));
        ends_at.minus(LEASE.saturating_sub(LONGEST_WAIT))
    }

    /// How long its last attempt took.
    #[must_use]
    pub fn pace(&self) -> Pace {
        if self.from == Queue::Slow { Pace::Slow } else { Pace::Usual }
    }
}

impl Gatepost {
    /// Whether any email is in the outbox.
    ///
    /// # Errors
    /// `Store`.
    pub async fn has_letters(&self) -> Result<bool, Error> {
        Ok(!self.letters(&Span::letters(), 1).await?.is_empty())
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
            let page = self.letters(&rest, PAGE).await?;
            // Emails move to later keys. So nothing is read after the last page, where one could be met again.
            let last = page.last().filter(|_| page.len() == PAGE).map(|found| found.key.clone());
            let is_to = |letter: &Letter| to.as_ref().is_none_or(|to| letter.to.canonical() == *to);
            let page = page.into_iter().map(|found| found.letter);
            queued.extend(page.filter(is_to).map(|letter| letter.id));
            let Some(last) = last else { return Ok(queued) };
            rest = rest.after(&last);
        }
    }

    /// Returns when an email has been queued since the last call.
    pub async fn letter_queued(&self) {
        self.arrivals.next().await;
    }

    /// Waits until `at`, for a worker that waits for the next email.
    pub async fn sleep_until(&self, at: Timestamp) {
        self.world.clock.sleep_until(at).await;
    }

    /// Waits this long, for a worker whose attempts have only so much time.
    pub async fn sleep(&self, duration: Duration) {
        self.world.clock.sleep(duration).await;
    }

    /// The time by the clock that nothing sets, for a worker that sends only so many emails in a minute.
    #[must_use]
    pub fn monotonic(&self) -> Duration {
        self.world.clock.monotonic()
    }

    /// This much later than now.
    #[must_use]
    pub fn in_a_while(&self, wait: Duration) -> Timestamp {
        self.world.now().plus(wait)
    }

    /// When to try again after this many failures in a row.
    #[must_use]
    pub fn retry_at(&self, failures: u16) -> Timestamp {
        self.world.now().plus(self.delay_after(failures.saturating_sub(1)))
    }

    /// When to make a last attempt for an email that would be given up before `next`. Not in the next minute,
    /// since the mail server may count wrong passwords.
    #[must_use]
    pub fn last_call(&self, claim: &Claim, next: Timestamp) -> Option<Timestamp> {
        let give_up_at = claim.letter.give_up_at;
        let at = give_up_at.minus(LAST_CALL).max(self.world.now().plus(LAST_CALL));
        (at < give_up_at && give_up_at <= next).then_some(at)
    }

    /// Whether a retry that was delayed until `at` is due.
    #[must_use]
    pub fn is_retry_due(&self, at: Timestamp) -> bool {
        let now = self.world.now();
        // Nothing is delayed for longer. If it seems to be, the clock was ahead when it was delayed.
        at <= now || at > now.plus(LONGEST_DELAY)
    }

    /// Doubles with each attempt up to a limit, and is up to a fifth shorter at random, so that emails
    /// that failed together do not all come back together.
    fn delay_after(&self, tries: u16) -> Duration {
        let factor = 2_u32.saturating_pow(u32::from(tries));
        let delay = FIRST_DELAY.saturating_mul(factor).min(LONGEST_DELAY);
        let chance = u32::from(self.world.random::<1>()[0]);
        delay * 4 / 5 + delay / 5 * chance / 255
    }

    /// The first `limit` emails in a part of the outbox. One that cannot be read holds up no other.
    async fn letters(&self, span: &Span, limit: usize) -> Result<Vec<Stored>, Error> {
        Ok(self.list(span, limit).await?.into_iter().map(Stored::from).collect())
    }
}

/// An email as it is stored.
struct Stored {
    key: Key,
    letter: Letter,
    version: Version,
}

impl From<Listed<Letter>> for Stored {
    fn from(listed: Listed<Letter>) -> Self {
        Self { key: listed.key, letter: listed.value, version: listed.version }
    }
}
