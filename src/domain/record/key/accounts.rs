//! The keys of the lists of accounts: `D/` by domain, `T/` by time, the newest first, `S/` by state and address, and
//! `accounts`, whether they are complete.

use super::{Key, Span};
use crate::domain::record::account_state::StateList;
use crate::domain::record::address::CanonicalAddress;
use crate::domain::record::ids::AccountId;
use crate::domain::record::time::Timestamp;

impl Key {
    /// Whether the lists of accounts are complete.
    #[must_use]
    pub fn account_lists() -> Self {
        Self::joined(b"accounts", &[])
    }

    /// An account by its domain. The labels are reversed, each with a dot after it, so that everything under a domain is
    /// one range, which begins with the domain itself.
    #[must_use]
    pub fn account_by_domain(address: &CanonicalAddress) -> Self {
        let (local, domain) = address.as_str().split_once('@').unwrap_or_default();
        Self::joined(b"D/", &[reversed(domain).as_bytes(), b"/", local.as_bytes()])
    }

    /// An account by the time since when it is one, the newest first.
    #[must_use]
    pub fn account_by_time(at: Timestamp, id: AccountId) -> Self {
        Self::joined(b"T/", &[&(u64::MAX - at.0).to_be_bytes(), &id.0])
    }

    /// An account in a state, by its address.
    #[must_use]
    pub fn account_in_state(list: StateList, address: &CanonicalAddress) -> Self {
        Self::joined(b"S/", &[&[mark(list)], address.as_str().as_bytes()])
    }

    /// Whether it is the place of an account in one of these lists.
    #[must_use]
    pub fn is_account_place(&self) -> bool {
        Span::account_places().iter().any(|list| list.holds(self))
    }
}

impl Span {
    /// The lists of accounts.
    #[must_use]
    pub fn account_places() -> [Self; 3] {
        [b"D/", b"T/", b"S/"].map(|prefix| Self::prefix(&Key::joined(prefix, &[])))
    }

    /// The accounts at a domain and everything under it, by domain and address.
    #[must_use]
    pub fn accounts_under(domain: &str) -> Self {
        Self::prefix(&Key::joined(b"D/", &[reversed(domain).as_bytes()]))
    }

    /// All accounts, the newest first.
    #[must_use]
    pub fn newest_accounts() -> Self {
        Self::prefix(&Key::joined(b"T/", &[]))
    }

    /// The accounts in a state whose addresses begin with this, in their order.
    #[must_use]
    pub fn accounts_in(list: StateList, beginning: &str) -> Self {
        Self::prefix(&Key::joined(b"S/", &[&[mark(list)], beginning.as_bytes()]))
    }

    /// The addresses that belong to someone and begin with this, in their order.
    #[must_use]
    pub fn owners_from(beginning: &str) -> Self {
        Self::prefix(&Key::joined(b"e/", &[beginning.as_bytes()]))
    }

    /// The accounts whose ids are after this one, in the order of their ids.
    #[must_use]
    pub fn accounts_after(id: Option<AccountId>) -> Self {
        match id {
            Some(id) => Self::accounts().after(&Key::account(id)),
            None => Self::accounts(),
        }
    }
}

/// `org.example.` for `example.org`.
fn reversed(domain: &str) -> String {
    domain.split('.').rev().flat_map(|label| [label, "."]).collect()
}

fn mark(list: StateList) -> u8 {
    match list {
        StateList::Admin => b'a',
        StateList::Disabled => b'd',
        StateList::Invited => b'i',
    }
}
