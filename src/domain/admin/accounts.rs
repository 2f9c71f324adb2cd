//! Lists of accounts, a page at a time.
//!
//! Each list is a range of keys that is kept in order by the commits that change accounts, so a page reads little more than it
//! shows. For each account that it shows, two short ranges are read as well: its sessions, of which there are at most 50, and
//! its latest events. Only the addresses, which those of deleted accounts stay among for two days, have others in between:
//! a page looks through a bounded number of them and says where the next one goes on.

use futures_util::future::try_join_all;

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::Reading;
use crate::domain::read::Found;
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::account_places::AccountLists;
use crate::domain::record::account_state::StateList;
use crate::domain::record::address::{EmailAddress, searched_domain};
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::owner::Owner;
use crate::domain::record::time::Timestamp;

/// How many accounts a page shows.
const ROWS: usize = 50;
/// How many records are read at once.
const STEP: usize = 64;
/// How many records a page looks through.
const MOST: usize = 2_000;
/// How many events of each account are looked through for the last sign-in.
const EVENTS: usize = 20;

/// Which accounts someone wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountQuery {
    /// What they look for: the beginning of an address, in upper or lower case. Without a list also a domain after an @, or
    /// an id.
    pub sought: String,
    /// Those in this list; all without it.
    pub list: Option<StateList>,
    /// Where the page before ended, as it said.
    pub after: Option<String>,
}

/// An account in a list.
#[derive(Clone, Debug)]
pub struct AccountRow {
    /// The account.
    pub account: Account,
    /// The last sign-in, of its sessions or among its latest events. Nothing if none is known.
    pub last_signed_in_at: Option<Timestamp>,
    /// How many live sessions it has.
    pub session_count: usize,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct AccountPage {
    /// Its accounts.
    pub accounts: Vec<AccountRow>,
    /// Where the next page goes on. Nothing on the last one.
    pub next: Option<String>,
}

/// Where the accounts are that someone looks for.
enum List {
    /// No account can be found like that.
    Nothing,
    /// Perhaps it is the id of one. If not, it is looked for among the addresses.
    One(AccountId, Span),
    /// Among all addresses. They are always complete.
    Addresses(Span),
    /// In a list that a database of an earlier version does not have.
    Kept(Span),
}

impl AccountQuery {
    /// Whether someone looks for a domain or an id, which is possible among all accounts only.
    #[must_use]
    pub fn is_for_all(&self) -> bool {
        let sought = self.sought.trim();
        sought.starts_with('@') || AccountId::parse(&sought.to_lowercase()).is_some()
    }

    fn list(&self) -> List {
        let sought = self.sought.trim();
        // A whole address may be written in another way than it is kept.
        let whole = EmailAddress::parse(sought).map(|address| address.canonical().as_str().to_owned());
        let beginning = whole.unwrap_or_else(|_| sought.to_lowercase());
        if beginning.len() > EmailAddress::MAX_BYTES {
            return List::Nothing;
        }
        if let Some(list) = self.list {
            return List::Kept(Span::accounts_in(list, &beginning));
        }
        if let Some(domain) = beginning.strip_prefix('@') {
            let domain = searched_domain(domain);
            return domain.map_or(List::Nothing, |domain| List::Kept(Span::accounts_under(&domain)));
        }
        let addresses = Span::owners_from(&beginning);
        match AccountId::parse(&beginning) {
            Some(id) => List::One(id, addresses),
            None => List::Addresses(addresses),
        }
    }
}

impl Gatepost {
    /// A page of accounts, by address; of those under a domain, by domain first.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `UnknownPlace`; `IndexBuilding`; `Store`.
    pub async fn accounts(&self, token: &str, query: &AccountQuery) -> Result<AccountPage, Error> {
        self.expect_admin(token).await?;
        let after = query.after.as_deref();
        match query.list() {
            List::Nothing => Ok(AccountPage { accounts: Vec::new(), next: None }),
            List::Addresses(span) => self.account_page(span, after).await,
            List::Kept(span) => {
                self.expect_account_lists().await?;
                self.account_page(span, after).await
            }
            List::One(id, addresses) => {
                let found = self.find_if_readable::<Account>(Key::account(id)).await?;
                match found.and_then(|found| found.value).filter(|_| after.is_none()) {
                    Some(account) => {
                        Ok(AccountPage { accounts: vec![self.account_row(account).await?], next: None })
                    }
                    None => self.account_page(addresses, after).await,
                }
            }
        }
    }

    /// A page of accounts, the newest first.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `UnknownPlace`; `IndexBuilding`; `Store`.
    pub async fn newest_accounts(&self, token: &str, after: Option<&str>) -> Result<AccountPage, Error> {
        self.expect_admin(token).await?;
        self.expect_account_lists().await?;
        self.account_page(Span::newest_accounts(), after).await
    }

    /// Refuses a list that is still being made: accounts that are not in it yet would seem not to exist.
    async fn expect_account_lists(&self) -> Result<(), Error> {
        let found: Found<AccountLists> = self.find(Key::account_lists()).await?;
        if found.value == Some(AccountLists::Whole) { Ok(()) } else { Err(Error::IndexBuilding) }
    }

    async fn account_page(&self, span: Span, after: Option<&str>) -> Result<AccountPage, Error> {
        let mut rest = match after {
            Some(after) => span.after(&self.place_in(&span, after)?),
            None => span,
        };
        let (mut found, mut looked_at, mut last) = (Vec::new(), 0, None);
        let next = 'pages: loop {
            let page = self.store.scan(&rest, STEP).await?;
            let is_last = page.len() < STEP;
            looked_at += page.len();
            let end = page.last().map(|(key, _)| key.clone());
            for (key, account) in self.accounts_at(page).await? {
                if let Some(account) = account {
                    if found.len() == ROWS {
                        break 'pages last;
                    }
                    found.push(account);
                }
                last = Some(key);
            }
            match end {
                Some(end) if !is_last && looked_at < MOST => rest = rest.after(&end),
                end => break end.filter(|_| !is_last),
            }
        };
        // Together, because a store may be far away.
        let accounts = try_join_all(found.into_iter().map(|account| self.account_row(account))).await?;
        Ok(AccountPage { accounts, next: next.map(|key| self.ring.seal_place(&key)) })
    }

    /// The accounts at these places, in their order, with nothing at the place of each that has left it, or of an address
    /// that no account has.
    async fn accounts_at(&self, page: Vec<(Key, Reading)>) -> Result<Vec<(Key, Option<Account>)>, Error> {
        let places = page.into_iter().map(|(key, reading)| match reading.map(|found| found.record) {
            Ok(Record::ListedAccount(listed)) => (key, Some(listed.0)),
            Ok(Record::Owner(Owner::Account(id))) => (key, Some(id)),
            _ => (key, None),
        });
        let places: Vec<(Key, Option<AccountId>)> = places.collect();
        let ids = places.iter().filter_map(|(_, id)| *id).map(Key::account).collect();
        let mut accounts = self.find_readable::<Account>(ids).await?.into_iter();
        let found = places.into_iter().map(|(place, id)| {
            let account = id.and_then(|_| accounts.next()?).and_then(|found| found.value);
            let account = account.filter(|account| is_place_of(&place, account));
            (place, account)
        });
        Ok(found.collect())
    }

    /// What a list shows of an account.
    pub(super) async fn account_row(&self, account: Account) -> Result<AccountRow, Error> {
        let account = self.as_it_counts(account.at(self.earliest_now()));
        let sessions = self.sessions_of(account.id).await?;
        let all = sessions.iter().map(|(_, session)| session);
        let session_count = all.clone().filter(|session| self.is_live(session, &account)).count();
        let last = self.last_sign_in(&account, all, EVENTS).await?;
        Ok(AccountRow { account, last_signed_in_at: last.map(|(at, _)| at), session_count })
    }
}

/// Whether an account is at this place in a list. It may have left it since, and an earlier version of this program, used
/// for a while, leaves places behind.
fn is_place_of(place: &Key, account: &Account) -> bool {
    *place == Key::owner(&account.address.canonical()) || account.places().contains(place)
}
