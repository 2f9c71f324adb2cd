//! Where someone is signed in, and ending sessions elsewhere.

use std::sync::Arc;

use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::read::Found;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::SessionId;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::request::Request;
use crate::domain::record::session::Session;
use crate::domain::session::{Actor, Live, SignedIn};
use crate::domain::{Decision, Gatepost};

/// How many requests are looked at to find one that is open. Where there are more, some are taken to be.
const MANY_REQUESTS: usize = 64;

impl Gatepost {
    /// The live sessions of an account, most recently used first.
    ///
    /// # Errors
    /// `Store`.
    pub async fn sessions(&self, live: &Live) -> Result<Vec<Session>, Error> {
        let all = self.sessions_of(live.account.id).await?;
        let mut sessions: Vec<Session> = all.into_iter().map(|(_, session)| session).collect();
        sessions.retain(|session| self.is_live(session, &live.account));
        let now = self.world.now();
        for session in &mut sessions {
            session.last_used_at = self.last_uses.of(session).min(now);
            session.created_at = session.created_at.min(now);
        }
        sessions.sort_unstable_by_key(|session| std::cmp::Reverse((session.last_used_at, session.id)));
        Ok(sessions)
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
            if !self.has_others(&actor).await? {
                return Ok(Decision::Answer(self.signed_in(actor.account, actor.session)?));
            }
            let mut change = Change::new();
            actor.expected_by(&mut change);
            let event =
                Event::new(self.world.now(), EventName::OthersSignedOut, Some(actor.account.id), client);
            let signed_in = self
                .put_in_new_epoch(&mut change, &actor.session, Arc::unwrap_or_clone(actor.account))
                .await?;
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(signed_in) })
        })
        .await
    }

    /// Whether there is another live session of the account, or a request that a new epoch would void.
    async fn has_others(&self, actor: &Actor) -> Result<bool, Error> {
        let Actor { account, session: own, .. } = actor;
        let others = self.sessions_of(account.id).await?;
        let is_other = |session: &Session| session.id != own.id && self.is_live(session, account);
        if account.pending_change.is_some() || others.iter().any(|(_, session)| is_other(session)) {
            return Ok(true);
        }
        let Some(mut nonces) = self.lately_mailed(&account.address).await? else { return Ok(true) };
        let asked = self.store.scan(&Span::asked(account.id), MANY_REQUESTS).await?;
        if asked.len() == MANY_REQUESTS {
            return Ok(true);
        }
        let asked = asked.iter().filter_map(|(key, _)| key.asked_record());
        let mut keys: Vec<Key> = asked.filter(Key::is_request).collect();
        keys.extend(nonces.drain(..).map(Key::request));
        keys.sort_unstable();
        keys.dedup();
        let now = self.world.now();
        let requests = self.find_readable::<Request>(keys).await?;
        let mut requests = requests.into_iter().filter_map(|found| found?.value);
        Ok(requests.any(|request| !request.is_over(now) && request.is_voided_by(account)))
    }
}
