//! Deleting an account.
//!
//! One commit takes the account, its address and its password, so that nothing of it opens or is mailed
//! any more but the letter that says so. What is then left over, and can be much, is removed by the
//! sweeper: sessions, requests, the events under the account.

use std::time::Duration;

use crate::domain::account::{Account, Owner};
use crate::domain::address::{CanonicalAddress, EmailAddress};
use crate::domain::client::Client;
use crate::domain::error::Error;
use crate::domain::event::{Event, EventName};
use crate::domain::ids::AccountId;
use crate::domain::key::{Key, Span};
use crate::domain::letter::{About, LetterKind};
use crate::domain::ports::{Change, Record};
use crate::domain::request::{Holder, Request};
use crate::domain::sweep::Swept;
use crate::domain::time::Timestamp;
use crate::domain::{Decision, Gatepost};

/// How long it is remembered that an address was left: longer than any request lives that was asked for
/// before, which would otherwise come to life again.
pub(in crate::domain) const VACATED_FOR: Duration = Duration::from_hours(48);
/// Requests looked through at a time.
const PAGE: usize = 90;

/// What is left to be removed of a deleted account.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Remains {
    account: AccountId,
    address: EmailAddress,
    deleted_at: Timestamp,
    /// The last request that was looked at.
    seen: Option<Vec<u8>>,
}

impl Gatepost {
    /// Deletes the account of a session.
    ///
    /// # Errors
    /// `SignInRequired`; `RecentSignInRequired`; `Store`.
    pub async fn delete_account(&self, token: &str, client: &Client) -> Result<(), Error> {
        self.act(client, || async {
            let acting = self.recently_signed_in_with(token).await?;
            let mut change = Change::new();
            acting.expected_by(&mut change);
            change.delete(Key::session(acting.account.id, acting.session.id));
            let event = self.remove_account(&mut change, &acting.account, client);
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(()) })
        })
        .await
    }

    /// Takes an account out, in a change that expects it.
    pub(in crate::domain) fn remove_account(
        &self,
        change: &mut Change,
        account: &Account,
        client: &Client,
    ) -> Event {
        let now = self.world.now();
        change.delete(Key::account(account.id));
        let own = account.address.canonical();
        for undo in &account.undos {
            change.delete(Key::undo(undo.nonce));
            // One that is over may be somebody else's by now.
            if now < undo.over_at && undo.address.canonical() != own {
                vacate(change, &undo.address.canonical(), now);
            }
        }
        vacate(change, &own, now);
        change.delete(Key::pending(&own));
        let address = account.address.clone();
        self.owe_news(change, LetterKind::AccountDeleted, &address, About::Nothing);
        let remains = Remains { account: account.id, address, deleted_at: now, seen: None };
        change.put(Key::remains(account.id), Record::Remains(remains));
        Event::new(now, EventName::AccountDeleted, Some(account.id), client)
    }

    /// Removes one page of what deleted accounts left.
    pub(in crate::domain) async fn sweep_remains(&self) -> Result<Swept, Error> {
        let first = self.store.scan(&Span::remains(), 1).await?.pop();
        let Some((key, found)) = first else { return Ok(Swept::All) };
        let Record::Remains(mut remains) = found.record else { return Ok(Swept::All) };
        let mut change = Change::new();
        change.expect(key.clone(), Some(found.version));
        for span in [Span::sessions(remains.account), Span::history(remains.account)] {
            let page = self.store.scan(&span, PAGE).await?;
            if !page.is_empty() {
                for (key, _) in page {
                    change.delete(key);
                }
                self.store.commit(change).await?;
                return Ok(Swept::More);
            }
        }
        let seen = remains.seen.take().map(Key::from_bytes);
        let rest = seen.map_or(Span::requests(), |seen| Span::requests().after(&seen));
        let page = self.store.scan(&rest, PAGE).await?;
        for (key, found) in &page {
            if matches!(&found.record, Record::Request(request) if remains.own(request)) {
                change.delete(key.clone());
            }
        }
        match page.last() {
            Some((last, _)) if page.len() == PAGE => {
                remains.seen = Some(last.as_bytes().to_vec());
                change.put(key, Record::Remains(remains));
            }
            _ => change.delete(key),
        }
        self.store.commit(change).await?;
        Ok(Swept::More)
    }
}

impl Remains {
    /// Whether a request was the account's, or somebody's at its address. What was asked for after it was
    /// gone is nobody's but the asker's.
    fn own(&self, request: &Request) -> bool {
        let is_holder = matches!(request.generation.holder, Holder::Account { id, .. } if id == self.account);
        let is_asker = request.asker.is_some_and(|asker| asker.id == self.account);
        let is_at_address = request.address.canonical() == self.address.canonical();
        let is_before = request.generation.asked_at <= self.deleted_at;
        is_before && (is_holder || is_asker || is_at_address)
    }
}

/// Leaves an address to whoever comes next.
pub(in crate::domain) fn vacate(change: &mut Change, address: &CanonicalAddress, now: Timestamp) {
    let key = Key::owner(address);
    change.put(Key::expiry(now.plus(VACATED_FOR), &key), Record::Expiry);
    change.put(key, Record::Owner(Owner::Vacated { at: now }));
}
