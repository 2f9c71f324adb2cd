//! The actor: someone signed in who changes something about their account.
//!
//! Whether a session may do something is decided in the same commit as the change. Session and account are
//! expected as they were read, so a session that is ended meanwhile changes nothing.

use std::sync::Arc;

use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::read::Found;
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::client::Client;
use crate::domain::record::ids::{AccountId, SessionId};
use crate::domain::record::key::Key;
use crate::domain::record::session::Session;
use crate::domain::session::{SignedIn, Standing};
use crate::domain::{Decision, Gatepost};

/// A live session and its account, as of one moment.
pub(in crate::domain) struct Actor {
    pub(in crate::domain) account: Arc<Account>,
    pub(in crate::domain) session: Arc<Session>,
    found: (Found<Arc<Session>>, Found<Arc<Account>>),
}

impl Actor {
    /// Makes `change` depend on both being unchanged.
    pub(in crate::domain) fn expected_by(&self, change: &mut Change) {
        self.found.0.expected_by(change);
        self.found.1.expected_by(change);
    }

    /// How the account stands for a session that is recent, or not.
    pub(super) fn standing(&self, is_recent: bool) -> Standing {
        Standing(self.found.1.version().map(|version| (version, is_recent)))
    }

    /// Makes `change` depend on the session only, for a change that already expects the account.
    pub(in crate::domain) fn expected_session(&self, change: &mut Change) {
        self.found.0.expected_by(change);
    }
}

impl Gatepost {
    /// A session and its account as of one moment, if the session is live.
    pub(in crate::domain) async fn find_actor(
        &self,
        account: AccountId,
        session: SessionId,
    ) -> Result<Option<Actor>, Error> {
        let (mut found, mut owner) = self
            .find_both::<Arc<Session>, Arc<Account>>(Key::session(account, session), Key::account(account))
            .await?;
        // The versions stay behind and can be expected.
        let (Some(mut session), Some(mut account)) = (found.value.take(), owner.value.take()) else {
            return Ok(None);
        };
        // Both are shared with other requests, and copied only for what has to be different.
        let last_used_at = self.last_uses.of(&session);
        if last_used_at != session.last_used_at {
            // Whether it is written yet must make no difference to anyone.
            Arc::make_mut(&mut session).last_used_at = last_used_at;
        }
        if account.pending_change.is_some() {
            account = Arc::new(Arc::unwrap_or_clone(account).at(self.earliest_now()));
        }
        if self.has_lost_password(&account) {
            Arc::make_mut(&mut account).password = None;
        }
        let is_live = self.is_live(&session, &account);
        Ok(is_live.then_some(Actor { account, session, found: (found, owner) }))
    }

    /// The session and account that a session token belongs to.
    pub(in crate::domain) async fn signed_in_with(&self, token: &str) -> Result<Actor, Error> {
        let claims = self.ring.open_session(token).ok_or(Error::SignInRequired)?;
        self.find_actor(claims.account, claims.session).await?.ok_or(Error::SignInRequired)
    }

    /// The same, if the sign-in is recent: someone who finds an unlocked screen must not change anything.
    pub(in crate::domain) async fn recently_signed_in_with(&self, token: &str) -> Result<Actor, Error> {
        let actor = self.signed_in_with(token).await?;
        if self.is_recent(&actor.session) { Ok(actor) } else { Err(Error::RecentSignInRequired) }
    }

    /// The session and account of an administrator. However old the sign-in is: looking changes nothing.
    async fn admin_with(&self, token: &str) -> Result<Actor, Error> {
        let actor = self.signed_in_with(token).await?;
        if actor.account.admin { Ok(actor) } else { Err(Error::AdminRequired) }
    }

    /// Checks that a session token is an administrator's.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `Store`.
    pub async fn expect_admin(&self, token: &str) -> Result<(), Error> {
        self.admin_with(token).await.map(drop)
    }

    /// Checks that a session token may change what administrators look after. Doors ask before they look at any input,
    /// so that no one else learns what is wrong with it, or what there is.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `RecentSignInRequired`; `Store`.
    pub async fn expect_recent_admin(&self, token: &str) -> Result<(), Error> {
        self.recent_admin_with(token).await.map(drop)
    }

    /// The session and account of an administrator whose sign-in is recent. The role comes first: whoever lacks it
    /// learns nothing else.
    async fn recent_admin_with(&self, token: &str) -> Result<Actor, Error> {
        let actor = self.admin_with(token).await?;
        if self.is_recent(&actor.session) { Ok(actor) } else { Err(Error::RecentSignInRequired) }
    }

    /// Commits a change by an administrator whose sign-in is recent. `decide` gets a change that depends on session and
    /// account being as they were read, so one who loses the role meanwhile changes nothing.
    pub(in crate::domain) async fn act_as_admin<T, F, D>(
        &self,
        token: &str,
        client: &Client,
        decide: F,
    ) -> Result<T, Error>
    where
        F: Fn(Actor, Change) -> D,
        D: Future<Output = Result<Decision<T>, Error>>,
    {
        self.decide_and_commit(client, || async {
            let actor = self.recent_admin_with(token).await?;
            let mut change = Change::new();
            actor.expected_by(&mut change);
            decide(actor, change).await
        })
        .await
    }

    /// Commits a change by someone whose sign-in is recent. `decide` gets a change that depends on session and
    /// account being as they were read.
    pub(in crate::domain) async fn change_recently<T, F, D>(
        &self,
        token: &str,
        client: &Client,
        decide: F,
    ) -> Result<T, Error>
    where
        F: Fn(Actor, Change) -> D,
        D: Future<Output = Result<Decision<T>, Error>>,
    {
        self.decide_and_commit(client, || async {
            let actor = self.recently_signed_in_with(token).await?;
            let mut change = Change::new();
            actor.expected_by(&mut change);
            decide(actor, change).await
        })
        .await
    }

    /// Writes the account in a new epoch, which ends all sessions except the current one. That one
    /// continues under a new id, so a stolen copy of it is dead too.
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
        change.put(Key::account(account.id), Record::from(account.clone()));
        self.signed_in(account, session)
    }
}
