//! Deleting an account.
//!
//! One commit takes the account, its addresses and its password, so that nothing of it opens or is mailed
//! any more but the letter that says so. What is then left over, and can be much, is removed by the
//! sweeper: sessions, the events under the account, the requests it asked for.
//!
//! What others asked for at its address stays until its own end, dead: to its holder every request looks
//! alike, or a stranger would learn that there was an account, and that it is gone.

use crate::domain::account::Account;
use crate::domain::client::Client;
use crate::domain::error::Error;
use crate::domain::event::{Event, EventName};
use crate::domain::ids::AccountId;
use crate::domain::key::{Key, Span};
use crate::domain::letter::{About, LetterKind};
use crate::domain::owner::{Owner, put_owner};
use crate::domain::ports::{Change, Record};
use crate::domain::sweep::Swept;
use crate::domain::{Decision, Gatepost};

/// Records removed at a time: of a request two are.
const PAGE: usize = 45;

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
            let event = self.remove_account(&mut change, &acting.account, client).await?;
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(()) })
        })
        .await
    }

    /// Takes an account out, in a change that expects it.
    pub(in crate::domain) async fn remove_account(
        &self,
        change: &mut Change,
        account: &Account,
        client: &Client,
    ) -> Result<Event, Error> {
        let now = self.world.now();
        change.delete(Key::account(account.id));
        put_owner(change, Key::owner(&account.address.canonical()), Owner::Vacated { at: now });
        self.let_go(change, account.id, &account.undos).await?;
        // Whoever moved an account that was not theirs, and deletes it, cannot do that unheard of.
        let held = account.undos.iter().filter(|undo| now < undo.over_at).map(|undo| &undo.address);
        for address in held.chain([&account.address]) {
            self.owe_news(change, LetterKind::AccountDeleted, address, About::Nothing);
        }
        change.put(Key::remains(account.id), Record::Remains(account.id));
        Ok(Event::new(now, EventName::AccountDeleted, Some(account.id), client))
    }

    /// Removes one page of what deleted accounts left.
    pub(in crate::domain) async fn sweep_remains(&self) -> Result<Swept, Error> {
        let first = self.store.scan(&Span::remains(), 1).await?.pop();
        let Some((remains, found)) = first else { return Ok(Swept::All) };
        let Record::Remains(account) = found.record else { return Ok(Swept::All) };
        let mut change = Change::new();
        for key in self.left_of(account).await? {
            // The request that a key under the account speaks of.
            if let Some(request) = key.asked_request() {
                change.delete(request);
            }
            change.delete(key);
        }
        if change.writes.is_empty() {
            change.delete(remains);
        }
        self.store.commit(change).await?;
        Ok(Swept::More)
    }

    /// Some of the records that stand under an account; none where none is left.
    async fn left_of(&self, account: AccountId) -> Result<Vec<Key>, Error> {
        for span in [Span::sessions(account), Span::history(account), Span::asked(account)] {
            let page = self.store.scan(&span, PAGE).await?;
            if !page.is_empty() {
                return Ok(page.into_iter().map(|(key, _)| key).collect());
            }
        }
        Ok(Vec::new())
    }
}
