//! Changing the address of an account.
//!
//! 1. Someone signed in asks. The account remembers the request as its one pending change, and the old
//!    address gets a notice.
//! 2. The email to the new address is redeemed in a live session of the account, and only there.
//! 3. The address changes. The old one is reserved for its owner, who gets an email with a link to undo
//!    the change (`mailed::undo`).

use std::sync::Arc;

use crate::domain::error::Error;
use crate::domain::limits::Asker;
use crate::domain::mailed::{EmailRequest, MailQueued};
use crate::domain::record::Record;
use crate::domain::record::account::{Account, PendingChange};
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::key::Key;
use crate::domain::record::letter::{About, LetterKind};
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::HeldRequest;
use crate::domain::record::request::RequestingAccount;
use crate::domain::session::SignedIn;
use crate::domain::{Decision, Gatepost};

impl Gatepost {
    /// Requests a change of address (step 1). The answer does not reveal whether the new address has an
    /// account: its owner gets an email in that case.
    ///
    /// # Errors
    /// `SignInRequired`; `RecentSignInRequired`; `SameEmail`; `OutsideDomains`; `TooManyMails`; `TooManyChanges`; `Limited`;
    /// `Store`.
    pub async fn request_email_change(
        &self,
        token: &str,
        address: &EmailAddress,
        held: &[HeldRequest],
        client: &Client,
    ) -> Result<MailQueued, Error> {
        let asker = Asker::new(client);
        let sent = self.decide_and_commit(client, || async {
            let actor = self.recently_signed_in_with(token).await?;
            let account = &actor.account;
            if account.address.canonical() == address.canonical() {
                return Err(Error::SameEmail);
            }
            self.check_new_address(address)?;
            Self::check_undo_limit(account, self.earliest_now())?;
            self.check_changes(account)?;
            let requester = RequestingAccount::of(account, &actor.session);
            // A cancelled or superseded change is not resent: asking again begins a new one.
            let pending = account.pending_change.as_ref().map(|change| change.nonce);
            let held: Vec<HeldRequest> =
                held.iter().copied().filter(|held| Some(held.nonce()) == pending).collect();
            let wanted = EmailRequest {
                requester: Some(requester),
                ..EmailRequest::new(Purpose::ChangeEmail, address, None)
            };
            let decided = self.decide_request(&wanted, &held, &asker).await?;
            let Decision::Commit { mut change, event, answer: Ok(queued) } = decided else {
                return Ok(decided);
            };
            actor.expected_by(&mut change);
            if pending != Some(queued.held.nonce()) {
                let about = About::Account(account.id);
                self.queue_notice(&mut change, LetterKind::AddressChanging, &account.address, about);
            }
            let pending = PendingChange {
                nonce: queued.held.nonce(),
                // In the spelling of the request, which the account will get.
                address: queued.email.clone(),
                over_at: queued.expires_at,
            };
            let account = Account { pending_change: Some(pending), ..Account::clone(account) };
            let account = self.count_change(account)?;
            change.put(Key::account(account.id), Record::from(account));
            Ok(Decision::Commit { change, event, answer: Ok(queued) })
        });
        self.settle_mail(&asker, sent).await
    }

    /// Cancels the pending change. Not an error if there is none.
    ///
    /// # Errors
    /// `SignInRequired`; `RecentSignInRequired`; `Limited`; `Store`.
    pub async fn cancel_email_change(&self, token: &str, client: &Client) -> Result<SignedIn, Error> {
        self.change_recently(token, client, |actor, mut change| async move {
            if actor.account.pending_change.is_none() {
                return Ok(Decision::Answer(self.signed_in(actor.account, actor.session)?));
            }
            let account =
                self.count_change(Account { pending_change: None, ..Arc::unwrap_or_clone(actor.account) })?;
            change.put(Key::account(account.id), Record::from(account.clone()));
            let event =
                Event::new(self.world.now(), EventName::EmailChangeCancelled, Some(account.id), client);
            let answer = self.signed_in(account, actor.session);
            Ok(Decision::Commit { change, event: Some(event), answer })
        })
        .await
    }
}
