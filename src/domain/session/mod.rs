//! Being signed in, and signing out.
//!
//! A session is live while it is stored, has not ended, was used recently enough, its account is in the epoch
//! of the sign-in, and the store was not restored since. It is looked up with every request, so a session that
//! is ended is refused with the very next one.
//!
//! - `actor`: someone signed in who changes something, expected by that change
//! - `signed_in`: a live session with its account, and the result of signing in
//! - `known`: browsers that have been signed in before

mod actor;
mod known;
mod signed_in;

use crate::domain::read::Found;
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::client::Client;
use crate::domain::record::reckoning::Bounds;
use crate::domain::record::session::{Means, RECENT, Session};
use std::sync::Arc;
use std::time::Duration;

pub(in crate::domain) use self::actor::Actor;
pub use self::known::MAX_KNOWN;
pub use self::signed_in::{Live, SignedIn, Standing};
use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::{AccountId, SessionId};
use crate::domain::record::key::{Key, Span};
use crate::domain::record::time::Timestamp;
use crate::domain::token::SessionClaims;
use crate::domain::{Decision, Gatepost};

/// The most sessions of one account. The oldest end first.
pub const MAX_SESSIONS: usize = 50;
/// The last use is noted at most this often.
const TOUCH_AFTER: Duration = Duration::from_mins(5);

impl Gatepost {
    /// Who is signed in with a session token.
    ///
    /// # Errors
    /// `SignInRequired`; `Store`.
    pub async fn session(&self, token: &str) -> Result<Live, Error> {
        let Actor { account, session, .. } = self.signed_in_with(token).await?;
        self.touch(&session);
        Ok(Live { account, session })
    }

    /// How the account of a session stands now. Every new session and every change of the account moves it, and
    /// so does the end of the time for changes.
    ///
    /// # Errors
    /// `Store`.
    pub async fn standing(&self, token: &str) -> Result<Standing, Error> {
        match self.signed_in_with(token).await {
            Ok(actor) => Ok(actor.standing(self.is_recent(&actor.session))),
            Err(Error::SignInRequired) => Ok(Standing::default()),
            Err(error) => Err(error),
        }
    }

    /// Checks that a session token may change the account. Doors ask before they look at any input, so that
    /// no one else learns what is wrong with it.
    ///
    /// # Errors
    /// `SignInRequired`; `RecentSignInRequired`; `Store`.
    pub async fn expect_recent(&self, token: &str) -> Result<(), Error> {
        self.recently_signed_in_with(token).await.map(drop)
    }

    /// Whether a session may change the account without confirming first.
    #[must_use]
    pub fn is_recent(&self, session: &Session) -> bool {
        // After the clock was set back, a sign-in in the future does not count as recent until then.
        session.proven_at.is_within(RECENT, self.world.now())
    }

    /// Ends the session of a token. Not an error if there is none.
    ///
    /// # Errors
    /// `Store`.
    pub async fn sign_out(&self, token: &str, client: &Client) -> Result<(), Error> {
        let Some(claims) = self.ring.open_session(token) else { return Ok(()) };
        let key = Key::session(claims.account, claims.session);
        self.decide_and_commit(client, || async {
            let found: Found<Session> = self.find(key.clone()).await?;
            if found.value.is_none() {
                return Ok(Decision::Answer(()));
            }
            let mut change = Change::new();
            found.expected_by(&mut change);
            change.delete(found.key);
            let event = Event::new(self.world.now(), EventName::SignedOut, Some(claims.account), client);
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(()) })
        })
        .await
    }

    pub(in crate::domain) fn is_live(&self, session: &Session, account: &Account) -> bool {
        !account.disabled
            && session.epoch == account.epoch
            // In a store that was restored, a session that was ended since looks alive.
            && session.store_generation == self.lasting.store_generation
            && self.world.now() < self.session_end(session)
    }

    /// When a session ends if it is not used again.
    pub(in crate::domain) fn session_end(&self, session: &Session) -> Timestamp {
        session.expires_at.min(self.last_uses.of(session).plus(self.settings().session_idle))
    }

    pub(in crate::domain) fn new_session(
        &self,
        account: &Account,
        means: Means,
        now: Timestamp,
        client: &Client,
    ) -> Session {
        Session {
            // A new id at every sign-in, so that no one can plant a session id.
            id: SessionId(self.world.random()),
            account: account.id,
            key: self.ring.newest(),
            epoch: account.epoch,
            store_generation: self.lasting.store_generation,
            created_at: now,
            last_used_at: now,
            expires_at: now.plus(self.settings().session_absolute),
            proven_at: now,
            means,
            ip: client.ip,
            device: client.device(),
        }
    }

    /// Adds a session to a change that also writes the account. Ends the session this browser is leaving
    /// (`previous_session` is its token), and the oldest sessions beyond the limit.
    pub(in crate::domain) async fn put_session(
        &self,
        change: &mut Change,
        session: &Session,
        previous_session: Option<&str>,
    ) -> Result<(), Error> {
        let previous = previous_session.and_then(|token| self.ring.open_session(token));
        let previous = previous.map(|claims| Key::session(claims.account, claims.session));
        self.put_session_replacing(change, session, previous).await
    }

    /// The same, with the key of the session to end.
    pub(in crate::domain) async fn put_session_replacing(
        &self,
        change: &mut Change,
        session: &Session,
        previous: Option<Key>,
    ) -> Result<(), Error> {
        for key in self.beyond_cap(session, previous.as_ref()).await?.into_iter().chain(previous) {
            change.delete(key);
        }
        let key = Key::session(session.account, session.id);
        change.put(Key::expiry(self.session_end(session), &key), Record::Expiry);
        change.put(key, Record::from(session.clone()));
        Ok(())
    }

    /// The sessions to end so that the newest fits. Sessions of an earlier epoch, or from
    /// before the store was restored, are dead and go first.
    async fn beyond_cap(&self, newest: &Session, previous: Option<&Key>) -> Result<Vec<Key>, Error> {
        let found = self.sessions_of(newest.account).await?;
        let others = found.into_iter().filter(|(key, _)| Some(key) != previous);
        let age = |session: &Session| (session.epoch, session.store_generation);
        let (mut live, dead): (Vec<_>, Vec<_>) = others.partition(|(_, it)| age(it) == age(newest));
        // A session from the future counts as one from now: one of the newest, but not permanently.
        let now = self.world.now();
        live.sort_by_key(|(_, session)| session.created_at.min(now));
        let surplus = (live.len() + 1).saturating_sub(MAX_SESSIONS);
        Ok(dead.into_iter().chain(live.into_iter().take(surplus)).map(|(key, _)| key).collect())
    }

    /// All stored sessions of an account, including dead ones.
    pub(in crate::domain) async fn sessions_of(
        &self,
        account: AccountId,
    ) -> Result<Vec<(Key, Session)>, Error> {
        let found = self.list::<Session>(&Span::sessions(account), MAX_SESSIONS + 1).await?;
        Ok(found.into_iter().map(|listed| (listed.key, listed.value)).collect())
    }

    pub(in crate::domain) fn signed_in(
        &self,
        account: impl Into<Arc<Account>>,
        session: impl Into<Arc<Session>>,
    ) -> Result<SignedIn, Error> {
        let (account, session) = (account.into(), session.into());
        let claims = SessionClaims { key: session.key, account: account.id, session: session.id };
        let token = self.ring.seal_session(&claims).ok_or(Error::SignInRequired)?;
        Ok(SignedIn { account, session, token })
    }

    /// Notes the use of a session now and then. It is written later.
    fn touch(&self, session: &Session) {
        if let Some(at) = self.last_use_to_note(session) {
            self.last_uses.note(session, at);
        }
    }

    /// The last use of a session that is used now, if it has to be noted. It never moves back, or a clock
    /// that is behind for a moment would end sessions; except from a future that a clock which was ahead
    /// has left there, once that is certain.
    fn last_use_to_note(&self, session: &Session) -> Option<Timestamp> {
        // Usually the last use was a moment ago. The wall clock shows that, since it is never outside the bounds.
        let (now, last) = (self.world.now(), self.last_uses.of(session));
        if last <= now && now < last.plus(TOUCH_AFTER) {
            return None;
        }
        let Bounds { earliest, latest } = self.bounds();
        let is_due = last.plus(TOUCH_AFTER) <= earliest;
        (is_due || last > latest).then_some(earliest)
    }
}
