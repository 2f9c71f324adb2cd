//! Somebody signed in who changes something about the account.
//!
//! What a session may do is decided in the same commit as its effect: the session and the account are
//! expected as they were read, so a session that is ended meanwhile changes nothing any more.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::read::Found;
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::ids::{AccountId, SessionId};
use crate::domain::record::key::Key;
use crate::domain::record::session::Session;
use crate::domain::session::SignedIn;

/// A live session and its account, as of one moment.
pub(in crate::domain) struct Actor {
    pub(in crate::domain) account: Account,
    pub(in crate::domain) session: Session,
    found: (Found<Session>, Found<Account>),
}

impl Actor {
    /// Makes `change` hold only while both are still so.
    pub(in crate::domain) fn expected_by(&self, change: &mut Change) {
        self.found.0.expected_by(change);
        self.found.1.expected_by(change);
    }

    /// The same for the session alone, where the account is expected already.
    pub(in crate::domain) fn expected_session(&self, change: &mut Change) {
        self.found.0.expected_by(change);
    }
}

impl Gatepost {
    /// A session and its account, as of one moment, if it is live.
    pub(in crate::domain) async fn find_actor(
        &self,
        account: AccountId,
        session: SessionId,
    ) -> Result<Option<Actor>, Error> {
        let (mut found, mut owner) =
            self.find_both::<Session, Account>(Key::session(account, session), Key::account(account)).await?;
        // Moved, not copied: every act of somebody signed in comes by here. What is expected stays found.
        let (Some(session), Some(account)) = (found.value.take(), owner.value.take()) else {
            return Ok(None);
        };
        let account = account.at(self.world.now());
        let is_live = self.is_live(&session, &account);
        Ok(is_live.then_some(Actor { account, session, found: (found, owner) }))
    }

    /// Who acts with this session token.
    pub(in crate::domain) async fn signed_in_with(&self, token: &str) -> Result<Actor, Error> {
        let claims = self.ring.open_session(token).ok_or(Error::SignInRequired)?;
        self.find_actor(claims.account, claims.session).await?.ok_or(Error::SignInRequired)
    }

    /// The same, where the sign-in has to be recent: who finds an unlocked screen changes nothing.
    pub(in crate::domain) async fn recently_signed_in_with(&self, token: &str) -> Result<Actor, Error> {
        let actor = self.signed_in_with(token).await?;
        if self.is_recent(&actor.session) { Ok(actor) } else { Err(Error::RecentSignInRequired) }
    }

    /// Writes the account in a new epoch, in which nothing lives on but the acting session, under a new
    /// id: a stolen copy of it is as dead as all others.
    pub(in crate::domain) async fn put_in_new_epoch(
        &self,
        change: &mut Change,
        current: &Session,
        mut account: Account,
    ) -> Result<SignedIn, Error> {
        account.move_epoch();
        let session = Session {
            id: SessionId(self.world.random()),
            key: self.ring.newest(),
            epoch: account.epoch,
            last_used_at: self.world.now(),
            ..current.clone()
        };
        self.put_session_replacing(change, &session, Some(Key::session(account.id, current.id))).await?;
        change.put(Key::account(account.id), Record::Account(account.clone()));
        self.signed_in(account, session)
    }
}
