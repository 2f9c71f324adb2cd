//! Somebody signed in who changes something about the account.
//!
//! What a session may do is decided in the same commit as its effect: the session and the account are
//! expected as they were read, so a session that is ended meanwhile changes nothing any more.

use std::time::Duration;

use super::Gatepost;
use super::account::Account;
use super::address::EmailAddress;
use super::error::Error;
use super::ids::{AccountId, LetterId, SessionId};
use super::key::Key;
use super::letter::{About, Letter, LetterKind};
use super::ports::{Change, Record};
use super::read::Found;
use super::session::{Session, SignedIn};

/// How long news is tried to be delivered.
const NEWS_LIFETIME: Duration = Duration::from_hours(3 * 24);

/// A live session and its account, as of one moment.
pub(super) struct Acting {
    pub(super) account: Account,
    pub(super) session: Session,
    found: (Found<Session>, Found<Account>),
}

impl Acting {
    /// Makes `change` hold only while both are still so.
    pub(super) fn expected_by(&self, change: &mut Change) {
        self.found.0.expected_by(change);
        self.found.1.expected_by(change);
    }

    /// The same for the session alone, where the account is expected already.
    pub(super) fn expected_session(&self, change: &mut Change) {
        self.found.0.expected_by(change);
    }
}

impl Gatepost {
    /// A session and its account, as of one moment, if it is live.
    pub(super) async fn acting(
        &self,
        account: AccountId,
        session: SessionId,
    ) -> Result<Option<Acting>, Error> {
        let (mut found, mut owner) =
            self.find_both::<Session, Account>(Key::session(account, session), Key::account(account)).await?;
        // Moved, not copied: every act of somebody signed in comes by here. What is expected stays found.
        let (Some(session), Some(account)) = (found.value.take(), owner.value.take()) else {
            return Ok(None);
        };
        let account = account.at(self.world.now());
        let is_live = self.is_live(&session, &account);
        Ok(is_live.then_some(Acting { account, session, found: (found, owner) }))
    }

    /// Who acts with this session token.
    pub(super) async fn signed_in_with(&self, token: &str) -> Result<Acting, Error> {
        let claims = self.ring.open_session(token).ok_or(Error::SignInRequired)?;
        self.acting(claims.account, claims.session).await?.ok_or(Error::SignInRequired)
    }

    /// The same, where the sign-in has to be recent: who finds an unlocked screen changes nothing.
    pub(super) async fn recently_signed_in_with(&self, token: &str) -> Result<Acting, Error> {
        let acting = self.signed_in_with(token).await?;
        if self.is_recent(&acting.session) { Ok(acting) } else { Err(Error::RecentSignInRequired) }
    }

    /// Writes the account in a new epoch, in which nothing lives on but the acting session, under a new
    /// id: a stolen copy of it is as dead as all others.
    pub(super) async fn put_in_new_epoch(
        &self,
        change: &mut Change,
        acting: &Session,
        mut account: Account,
    ) -> Result<SignedIn, Error> {
        account.move_epoch();
        let session = Session {
            id: SessionId(self.world.random()),
            key: self.ring.newest(),
            epoch: account.epoch,
            last_used_at: self.world.now(),
            ..acting.clone()
        };
        self.put_session_for(change, &session, Some(Key::session(account.id, acting.id))).await?;
        change.put(Key::account(account.id), Record::Account(account.clone()));
        self.signed_in(account, session)
    }

    /// Owes a letter that brings news.
    pub(super) fn owe_news(&self, change: &mut Change, kind: LetterKind, to: &EmailAddress, about: About) {
        let now = self.world.now();
        let letter = Letter {
            id: LetterId(self.world.random()),
            kind,
            to: to.clone(),
            about,
            queued_at: now,
            give_up_at: now.plus(NEWS_LIFETIME),
            tries: 0,
            lease: None,
        };
        change.put(Key::letter(now, letter.id), Record::Letter(letter));
    }
}
