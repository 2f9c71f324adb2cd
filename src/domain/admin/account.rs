//! One account, with everything that helps its person to get in.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use super::accounts::AccountRow;
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::outbox::Email;
use crate::domain::read::Found;
use crate::domain::record::account::Account;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Doer;
use crate::domain::record::event::{Event, EventName, Means};
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::refusals::Refusals;
use crate::domain::record::session::Session;
use crate::domain::record::time::Timestamp;

/// How many emails, and how many events, are shown.
const LATEST: usize = 50;

/// An account, and what has to do with it.
#[derive(Clone, Debug)]
pub struct AccountView {
    /// The account, as a list shows it.
    pub row: AccountRow,
    /// Its live sessions, most recently used first.
    pub sessions: Vec<Session>,
    /// The latest emails to its address, the newest first.
    pub emails: Vec<Email>,
    /// Its latest events, the newest first.
    pub events: Vec<AccountEvent>,
    /// When this was looked at.
    pub at: Timestamp,
}

/// An event of an account as administrators see it. The person never sees where an administrator sits.
#[derive(Clone, Debug)]
pub struct AccountEvent {
    /// When it happened, for the last time if it was counted.
    pub at: Timestamp,
    /// What happened.
    pub name: EventName,
    /// Who did it.
    pub by: Doer,
    /// The account of the person or administrator who did it, and its address while there is one.
    pub by_account: Option<(AccountId, Option<EmailAddress>)>,
    /// What they did it with.
    pub means: Option<Means>,
    /// The address and device of the client, if it was one.
    pub client: Option<(IpAddr, String)>,
    /// How often it happened.
    pub count: u64,
    /// When it happened first, if it was counted.
    pub first_at: Option<Timestamp>,
}

impl Gatepost {
    /// An account, and what has to do with it.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `NotFound`; `Store`.
    pub async fn look_at_account(&self, token: &str, id: AccountId) -> Result<AccountView, Error> {
        self.expect_admin(token).await?;
        let found: Found<Account> = self.find(Key::account(id)).await?;
        let row = self.account_row(found.value.ok_or(Error::NotFound)?).await?;
        let account = &row.account;
        let sessions = self.live_sessions(account).await?;
        let emails = self.newest_emails_to(&account.address.canonical(), LATEST).await?;
        let events = self.latest_events(account).await?;
        Ok(AccountView { row, sessions, emails, events, at: self.world.now() })
    }

    async fn latest_events(&self, account: &Account) -> Result<Vec<AccountEvent>, Error> {
        let events = self.list::<Event>(&Span::history(account.id), LATEST).await?;
        let stored = self.list::<Refusals>(&Span::refusals(account.id), LATEST).await?;
        let mut refusals: BTreeMap<Key, Refusals> =
            stored.into_iter().map(|listed| (listed.key, listed.value)).collect();
        // Those that are not written yet are more up to date.
        let unwritten = self.refusals.of(account.id).into_iter();
        refusals.extend(unwritten.map(|refusals| (Key::refusals(&refusals, self.run), refusals)));
        let mut all: Vec<AccountEvent> =
            events.into_iter().map(|listed| AccountEvent::from(listed.value)).collect();
        all.extend(refusals.into_values().map(AccountEvent::from));
        all.sort_by_key(|event| std::cmp::Reverse(event.at));
        all.truncate(LATEST);
        let doers = all.iter().filter_map(|event| event.by_account.as_ref()).map(|(id, _)| *id);
        let doers = self.addresses_of(doers, account).await?;
        for (id, address) in all.iter_mut().filter_map(|event| event.by_account.as_mut()) {
            *address = doers.get(id).cloned();
        }
        Ok(all)
    }

    /// The addresses of some accounts: of this one, and of those that exist among the others.
    async fn addresses_of(
        &self,
        ids: impl Iterator<Item = AccountId>,
        own: &Account,
    ) -> Result<HashMap<AccountId, EmailAddress>, Error> {
        let mut others: Vec<AccountId> = ids.filter(|id| *id != own.id).collect();
        others.sort_unstable();
        others.dedup();
        let found = self.list_these::<Account>(others.into_iter().map(Key::account).collect()).await?;
        let found = found.into_iter().map(|listed| (listed.value.id, listed.value.address));
        Ok(found.chain([(own.id, own.address.clone())]).collect())
    }
}

impl From<Event> for AccountEvent {
    fn from(event: Event) -> Self {
        let Event { at, name, account, by, means, ip, device, .. } = event;
        let by_account = match by {
            Doer::Person => account,
            Doer::Admin(admin) => Some(admin),
            Doer::Operator | Doer::Server => None,
        };
        let client = by_account.map(|_| (ip, device));
        let by_account = by_account.map(|id| (id, None));
        Self { at, name, by, by_account, means, client, count: 1, first_at: None }
    }
}

impl From<Refusals> for AccountEvent {
    fn from(refusals: Refusals) -> Self {
        let Refusals { name, account, first, last, count, last_client: client } = refusals;
        let (means, by_account) = (name.usual_means(), account.map(|id| (id, None)));
        Self { at: last, name, by: Doer::Person, by_account, means, client, count, first_at: Some(first) }
    }
}
