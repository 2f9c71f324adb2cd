//! Where someone is signed in, and ending sessions elsewhere.

use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::read::Found;
use crate::domain::record::account::Account;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::SessionId;
use crate::domain::record::key::Key;
use crate::domain::record::session::Session;
use crate::domain::session::{Live, SignedIn};
use crate::domain::{Decision, Gatepost};

impl Gatepost {
    /// The live sessions of an account, most recently used first.
    ///
    /// # Errors
    /// `Store`.
    pub async fn sessions(&self, live: &Live) -> Result<Vec<Session>, Error> {
        self.live_sessions(&live.account).await
    }

    /// Ends one session of the account.
    ///
    /// # Errors
    /// `SignInRequired`; `RecentSignInRequired`; `NotFound`, also for someone else's session; `Store`.
    pub async fn end_session(&self, token: &str, id: SessionId, client: &Client) -> Result<(), Error> {
        self.change_recently(token, client, |actor, mut change| async move {
            if id != actor.session.id {
                let found: Found<Session> = self.find(Key::session(actor.account.id, id)).await?;
                let is_live = |session: &Session| self.is_live(session, &actor.account);
                found.value.as_ref().filter(|session| is_live(session)).ok_or(Error::NotFound)?;
                found.expected_by(&mut change);
            }
            change.delete(Key::session(actor.account.id, id));
            let event = Event::new(self.world.now(), EventName::SessionEnded, Some(actor.account.id), client);
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(()) })
        })
        .await
    }

    /// Ends all other sessions, and voids every request of the account. Writes nothing if there is neither: this is
    /// not limited, and must not be a way to write any number of events.
    ///
    /// # Errors
    /// `SignInRequired`; `RecentSignInRequired`; `Store`.
    pub async fn end_other_sessions(&self, token: &str, client: &Client) -> Result<SignedIn, Error> {
        self.decide_and_commit(client, || async {
            let actor = self.recently_signed_in_with(token).await?;
            if !self.has_anything_live(&actor.account, Some(actor.session.id)).await? {
                return Ok(Decision::Answer(self.signed_in(actor.account, actor.session)?));
            }
            let mut change = Change::new();
            actor.expected_by(&mut change);
            let event =
                Event::new(self.world.now(), EventName::OthersSignedOut, Some(actor.account.id), client);
            let signed_in = self
                .put_in_new_epoch(&mut change, &actor.session, &actor.account, Account::clone(&actor.account))
                .await?;
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(signed_in) })
        })
        .await
    }
}
