//! Where each record is stored: readable prefixes and big-endian times, so that key order is useful order.
//!
//! `a/` accounts, `e/` who an address belongs to, `p/` unconfirmed registrations, `r/` requests, `q/`
//! requests by the account that made them, `s/` sessions by account, `o/` the outbox by queue and due time,
//! `x/` expiry marks by time, `v/` events by time, `h/` events by account, `c/` counts of refusals by
//! account, `y/` marks of these counts by the time they began, `u/` undos, `f/` sign-ins on new devices by the nonce in their link, `d/` deleted accounts with
//! records left to remove, `k/` key checks, `n/` the seed of salts, `w/` what every password check computes,
//! `g/` the generation of the store, `i/` an unfinished import, `l/` what was done lately at an address, `F/` emails that
//! have ended by time, `R/` emails by recipient, `M/` emails by id, `N/` emails that were not sent by how they ended,
//! `admins` the enabled administrators. What several nodes share has longer names: see `shared`.
//! Prefixes that belong to one engine begin with a NUL byte.

mod emails;
mod shared;
mod single;
mod span;

use std::fmt;

pub use self::span::Span;
use crate::domain::record::address::{CanonicalAddress, EmailAddress};
use crate::domain::record::ids::{AccountId, LetterId, Nonce, RunId, SessionId};
use crate::domain::record::letter::Queue;
use crate::domain::record::limits::Budget;
use crate::domain::record::refusals::Refusals;
use crate::domain::record::time::Timestamp;

/// The key of a record. Its bytes define the order of a scan.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Vec<u8>);

impl Key {
    /// An account.
    #[must_use]
    pub fn account(id: AccountId) -> Self {
        Self::joined(b"a/", &[&id.0])
    }

    /// Who an address belongs to.
    #[must_use]
    pub fn owner(address: &CanonicalAddress) -> Self {
        Self::joined(b"e/", &[address.as_str().as_bytes()])
    }

    /// The address of an owner's key, or nothing for another kind of key.
    #[must_use]
    pub fn owned_address(&self) -> Option<CanonicalAddress> {
        let address = std::str::from_utf8(self.0.strip_prefix(b"e/")?).ok()?;
        Some(EmailAddress::parse(address).ok()?.canonical())
    }

    /// The unconfirmed registrations of an address.
    #[must_use]
    pub fn pending(address: &CanonicalAddress) -> Self {
        Self::joined(b"p/", &[address.as_str().as_bytes()])
    }

    /// A request.
    #[must_use]
    pub fn request(nonce: Nonce) -> Self {
        Self::joined(b"r/", &[&nonce.0])
    }

    /// A request made by an account or by the operator for it, or a sign-in to it on a new device. Those of one
    /// account are neighbours.
    #[must_use]
    pub fn asked(account: AccountId, request: &Self) -> Self {
        Self::joined(b"q/", &[&account.0, &request.0])
    }

    /// The key of that record inside such a key, or nothing for another kind of key.
    #[must_use]
    pub fn asked_record(&self) -> Option<Self> {
        self.0.strip_prefix(b"q/")?.get(16..).map(|key| Self(key.to_vec()))
    }

    /// Whether it is the key of a request.
    #[must_use]
    pub fn is_request(&self) -> bool {
        self.0.starts_with(b"r/")
    }

    /// A session. Those of one account are neighbours.
    #[must_use]
    pub fn session(account: AccountId, id: SessionId) -> Self {
        Self::joined(b"s/", &[&account.0, &id.0])
    }

    /// An email that is due at a time.
    #[must_use]
    pub fn letter(queue: Queue, due: Timestamp, id: LetterId) -> Self {
        Self::joined(b"o/", &[&[queue.mark()], &due.0.to_be_bytes(), &id.0])
    }

    /// When the email under this key is due, or nothing for another kind of key.
    #[must_use]
    pub fn letter_due(&self) -> Option<Timestamp> {
        let due = self.0.strip_prefix(b"o/")?.get(1..)?.first_chunk::<8>()?;
        Some(Timestamp(u64::from_be_bytes(*due)))
    }

    /// The id of the email under this key, or nothing for another kind of key.
    #[must_use]
    pub fn letter_id(&self) -> Option<LetterId> {
        Some(LetterId(*self.0.strip_prefix(b"o/")?.get(9..)?.first_chunk()?))
    }

    /// Whether this is the key of an email that was never tried.
    #[must_use]
    pub fn is_first_attempt(&self) -> bool {
        Span::queue(Queue::First).holds(self)
    }

    /// The mark that the record under `key` expires at a time.
    #[must_use]
    pub fn expiry(at: Timestamp, key: &Self) -> Self {
        Self::joined(b"x/", &[&at.0.to_be_bytes(), &key.0])
    }

    /// The mark that a count of refusals began at a time. Not of when it ends, because how long it is kept can be
    /// configured.
    #[must_use]
    pub fn counted(at: Timestamp, key: &Self) -> Self {
        Self::joined(b"y/", &[&at.0.to_be_bytes(), &key.0])
    }

    /// The key of the record that a mark is about, or nothing for another kind of key.
    #[must_use]
    pub fn expired(&self) -> Option<Self> {
        let marked = self.0.strip_prefix(b"x/").or_else(|| self.0.strip_prefix(b"y/"))?;
        marked.get(8..).map(|key| Self(key.to_vec()))
    }

    /// An event. `tail` distinguishes events of the same millisecond.
    #[must_use]
    pub fn event(at: Timestamp, tail: [u8; 8]) -> Self {
        Self::joined(b"v/", &[&at.0.to_be_bytes(), &tail])
    }

    /// The check value of a key of the ring.
    #[must_use]
    pub fn key_check(id: u8) -> Self {
        Self::joined(b"k/", &[&[id]])
    }

    /// The account that an undo belongs to.
    #[must_use]
    pub fn undo(nonce: Nonce) -> Self {
        Self::joined(b"u/", &[&nonce.0])
    }

    /// A sign-in on a new device, by the nonce in its link.
    #[must_use]
    pub fn new_device(nonce: Nonce) -> Self {
        Self::joined(b"f/", &[&nonce.0])
    }

    /// The copy of an event under its account, newest first.
    #[must_use]
    pub fn history(account: AccountId, at: Timestamp, tail: [u8; 8]) -> Self {
        Self::joined(b"h/", &[&account.0, &(u64::MAX - at.0).to_be_bytes(), &tail])
    }

    /// The copy of the event under this key for the history of `account`, or nothing for another kind of key.
    #[must_use]
    pub fn copy_of_event(&self, account: AccountId) -> Option<Self> {
        let (at, tail) = self.0.strip_prefix(b"v/")?.split_first_chunk::<8>()?;
        let at = Timestamp(u64::from_be_bytes(*at));
        Some(Self::history(account, at, tail.try_into().ok()?))
    }

    /// The event that this key has a copy of, or nothing for another kind of key.
    #[must_use]
    pub fn copied_event(&self) -> Option<Self> {
        let (at, tail) = self.0.strip_prefix(b"h/")?.get(16..)?.split_first_chunk::<8>()?;
        let at = Timestamp(u64::MAX - u64::from_be_bytes(*at));
        Some(Self::event(at, tail.try_into().ok()?))
    }

    /// Refusals that one run of the process counted, newest first under their account.
    #[must_use]
    pub fn refusals(refusals: &Refusals, run: RunId) -> Self {
        let account = refusals.account.unwrap_or(AccountId::NO_ONE);
        let first = (u64::MAX - refusals.first.0).to_be_bytes();
        Self::joined(b"c/", &[&account.0, &first, &[refusals.name.number()], &run.0])
    }

    /// A deleted account with records left to remove.
    #[must_use]
    pub fn remains(account: AccountId) -> Self {
        Self::joined(b"d/", &[&account.0])
    }

    /// The account of such a key, or nothing for another kind of key.
    #[must_use]
    pub fn remains_of(&self) -> Option<AccountId> {
        Some(AccountId(self.0.strip_prefix(b"d/")?.try_into().ok()?))
    }

    /// What strangers, or known browsers, did lately at an address. Two records, so that no stranger's attempts
    /// are in the way of the owner's.
    #[must_use]
    pub fn throttle(budget: Budget, of_known: bool, address: [u8; 12]) -> Self {
        let mark = match budget {
            Budget::Mails => b'm',
            Budget::Tries => b'p',
            Budget::Codes => b'c',
        };
        Self::joined(b"l/", &[&[mark, if of_known { b'k' } else { b's' }], &address])
    }

    /// A key from its stored bytes.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn joined(prefix: &[u8], parts: &[&[u8]]) -> Self {
        Self([prefix, &parts.concat()].concat())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Addresses must not appear in logs.
        let inner = self.expired().unwrap_or_else(|| self.clone());
        let is_address = [b"e/", b"p/", b"R/"].iter().any(|prefix| inner.0.starts_with(*prefix));
        let shown = if is_address { self.0.len() - inner.0.len() + 2 } else { self.0.len() };
        write!(f, "{}{}", self.0[..shown].escape_ascii(), if is_address { "(address)" } else { "" })
    }
}

impl Queue {
    /// Its place in the keys of its emails.
    fn mark(self) -> u8 {
        match self {
            Self::First => b'f',
            Self::Again => b'a',
            Self::Slow => b's',
            Self::Claimed => b'c',
        }
    }
}
