//! Confirming who is signed in, with the password or an emailed code. Changes to the account need a recent
//! sign-in or this. It does not change the id of the session.

use crate::domain::error::Error;
use crate::domain::limits::{Asker, Try};
use crate::domain::mailed::{EmailRequest, MailQueued};
use crate::domain::password::Password;
use crate::domain::ports::Change;
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::key::Key;
use crate::domain::record::next::Next;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::HeldRequest;
use crate::domain::record::request::RequestingAccount;
use crate::domain::record::session::{Means, Session};
use crate::domain::session::{Actor, SignedIn};
use crate::domain::{Decision, Gatepost};

impl Gatepost {
    /// Confirms who is signed in, with the password.
    ///
    /// # Errors
    /// `SignInRequired`; `InvalidCredentials`, also if the account has no password; `Limited`;
    /// `Store(Busy)`; `Store`.
    pub async fn reauthenticate(
        &self,
        token: &str,
        password: &Password,
        client: &Client,
    ) -> Result<SignedIn, Error> {
        let Actor { account, .. } = self.signed_in_with(token).await?;
        let one = self.begin_try(&account.address, client).await?;
        self.settle_try(&one, self.try_own_password(&one, token, &account, password, client)).await
    }

    async fn try_own_password(
        &self,
        one: &Try<'_>,
        token: &str,
        account: &Account,
        password: &Password,
        client: &Client,
    ) -> Result<SignedIn, Error> {
        let is_right = self.is_password_of(account, password).await?;
        self.decide_and_commit(client, || async {
            let actor = self.signed_in_with(token).await?;
            let now = self.world.now();
            let mut change = Change::new();
            actor.expected_by(&mut change);
            self.put_try(&mut change, one).await?;
            // If the password was changed meanwhile, that has ended this session.
            if !is_right {
                let event = Event::new(now, EventName::PasswordRefused, Some(account.id), client);
                return Ok(Decision::Commit {
                    change,
                    event: Some(event),
                    answer: Err(Error::InvalidCredentials),
                });
            }
            let session = Session { proven_at: now, ..Session::clone(&actor.session) };
            change.put(Key::session(session.account, session.id), Record::from(session.clone()));
            let event = Event::new(now, EventName::Reauthenticated, Some(account.id), client);
            let event = event.with(Means::Password);
            let answer = self.signed_in(actor.account, session);
            Ok(Decision::Commit { change, event: Some(event), answer })
        })
        .await
    }

    /// Requests a code for the same purpose. The code works only in this session.
    ///
    /// # Errors
    /// `SignInRequired`; `TooManyMails` within 30 s of the last email; `Limited`; `Store`.
    pub async fn request_reauthentication(
        &self,
        token: &str,
        next: Option<&Next>,
        held: &[HeldRequest],
        client: &Client,
    ) -> Result<MailQueued, Error> {
        let asker = Asker::new(client);
        let sent = self.decide_and_commit(client, || async {
            let actor = self.signed_in_with(token).await?;
            let requester = Some(RequestingAccount::of(&actor.account, &actor.session));
            let wanted = EmailRequest {
                requester,
                ..EmailRequest::new(Purpose::Reauthenticate, &actor.account.address, next)
            };
            let mut decided = self.decide_request(&wanted, held, &asker).await?;
            if let Decision::Commit { change, .. } = &mut decided {
                actor.expected_by(change);
            }
            Ok(decided)
        });
        self.settle_mail(&asker, sent).await
    }
}
