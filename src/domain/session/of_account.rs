//! The sessions of an account, and when someone last signed in to it.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::record::account::Account;
use crate::domain::record::event::{Event, EventName, Means};
use crate::domain::record::key::Span;
use crate::domain::record::session::Session;
use crate::domain::record::time::Timestamp;

/// A sign-in: when it was, and what it was done with.
pub type LastSignIn = (Timestamp, Option<Means>);

impl Gatepost {
    /// The live sessions of an account, most recently used first.
    pub(in crate::domain) async fn live_sessions(&self, account: &Account) -> Result<Vec<Session>, Error> {
        let all = self.sessions_of(account.id).await?;
        let mut sessions: Vec<Session> = all.into_iter().map(|(_, session)| session).collect();
        sessions.retain(|session| self.is_live(session, account));
        let now = self.world.now();
        for session in &mut sessions {
            session.last_used_at = self.last_uses.of(session).min(now);
            session.created_at = session.created_at.min(now);
        }
        sessions.sort_unstable_by_key(|session| std::cmp::Reverse((session.last_used_at, session.id)));
        Ok(sessions)
    }

    /// The last sign-in to an account that is known: of these sessions, or among its last `most` events.
    pub(in crate::domain) async fn last_sign_in<'a>(
        &self,
        account: &Account,
        sessions: impl IntoIterator<Item = &'a Session>,
        most: usize,
    ) -> Result<Option<LastSignIn>, Error> {
        let of_sessions = sessions.into_iter().map(|it| (it.created_at, Some(Means::from(it.means))));
        let of_sessions = of_sessions.max_by_key(|(at, _)| *at);
        let events = self.list::<Event>(&Span::history(account.id), most).await?.into_iter();
        let signed_in = events.map(|listed| listed.value).find(|event| is_sign_in(event.name));
        let of_history = signed_in.map(|event| (event.at, event.means));
        Ok(of_sessions.into_iter().chain(of_history).max_by_key(|(at, _)| *at))
    }
}

fn is_sign_in(name: EventName) -> bool {
    matches!(
        name,
        EventName::SignedIn | EventName::AccountConfirmed | EventName::FirstSignIn | EventName::PasswordReset
    )
}
