//! Helping someone who can't get in: a sign-in link by email, and limits that begin again.

use crate::domain::admin::AccountRow;
use crate::domain::error::Error;
use crate::domain::limits::Asker;
use crate::domain::outbox::queue_letter;
use crate::domain::ports::Change;
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::{AccountId, LetterId, Nonce};
use crate::domain::record::key::Key;
use crate::domain::record::letter::{About, Letter, LetterKind};
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::{Generation, Request};
use crate::domain::{Decision, Gatepost};

impl Gatepost {
    /// Has a sign-in link emailed to the owner of an account. It goes to the account's own address and nowhere else:
    /// otherwise whoever has an administrator's browser could become anyone.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `RecentSignInRequired`; `Over`; `AccountDisabled`; `TooManyMails`; `Limited`;
    /// `Store`.
    pub async fn admin_send_sign_in(
        &self,
        token: &str,
        id: AccountId,
        client: &Client,
    ) -> Result<AccountRow, Error> {
        let asker = Asker::admin(client);
        let by = &asker;
        let sent = self.act_as_admin(token, client, |actor, mut change| async move {
            let account = self.put_target(&mut change, &actor, id).await?;
            if account.disabled {
                return Err(Error::AccountDisabled);
            }
            self.put_admin_mail(&mut change, actor.account.id, &account.address, by).await?;
            self.put_sign_in_link(&mut change, &account);
            let client = client.of_admin(actor.account.id);
            let event = Some(Event::new(self.world.now(), EventName::SignInSent, Some(id), &client));
            Ok(Decision::Commit { change, event, answer: Ok(account) })
        });
        let account = self.settle_mail(&asker, sent).await?;
        self.account_row(account).await
    }

    /// A request that no browser waits for, so only a deliberate action redeems it, and its email.
    fn put_sign_in_link(&self, change: &mut Change, account: &Account) {
        let (now, nonce, purpose) = (self.world.now(), Nonce(self.world.random()), Purpose::SignIn);
        let expires_at = now.plus(purpose.lifetime());
        let request = Request {
            purpose,
            address: account.address.clone(),
            key: self.ring.newest(),
            asked_at: now,
            expires_at,
            mailed_at: now,
            wrong_codes: 0,
            next: None,
            password: None,
            requester: None,
            handed_out: true,
            generation: Generation::of(0, now, account, self.lasting.store_generation),
        };
        let key = Key::request(nonce);
        change.expect(key.clone(), None);
        change.put(Key::expiry(request.kept_until(), &key), Record::Expiry);
        // Caused by administrators, a hundred an hour each. The sweeper removes it with the request, and signing out
        // everywhere finds the request by it.
        change.put(Key::asked(account.id, &key), Record::Asked);
        change.put(key, Record::Request(request));
        let (letter, to) = (LetterId::at(now, self.world.random()), account.address.clone());
        let about = About::Request { nonce, generation: 0 };
        queue_letter(change, Letter::new(letter, LetterKind::SignInSent, to, about, [now, expires_at]));
    }

    /// Lets what was counted at the address of an account, and of its changes, begin again. Only there.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `RecentSignInRequired`; `Over`; `Store`.
    pub async fn admin_lift_limits(
        &self,
        token: &str,
        id: AccountId,
        client: &Client,
    ) -> Result<AccountRow, Error> {
        let account = self
            .act_as_admin(token, client, |actor, mut change| async move {
                let before = self.put_target(&mut change, &actor, id).await?;
                let mut account = before.clone();
                if !self.put_lifting(&mut change, &mut account).await? {
                    return Ok(Decision::Answer(account));
                }
                change.put_account(Some(&before), &account);
                let client = client.of_admin(actor.account.id);
                let event = Some(Event::new(self.world.now(), EventName::LimitsLifted, Some(id), &client));
                Ok(Decision::Commit { change, event, answer: Ok(account) })
            })
            .await?;
        self.account_row(account).await
    }
}
