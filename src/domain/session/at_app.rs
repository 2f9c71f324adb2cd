//! Being signed in at an app on another host. A browser keeps one cookie for each host, sealed for that host and no
//! other, so an app that is taken over by an attacker has nothing that opens another one.

use std::time::Duration;

use super::actor::Actor;
use super::signed_in::Live;
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::{Change, Class, Committed, StoreError};
use crate::domain::record::Record;
use crate::domain::record::front::Admission;
use crate::domain::record::ids::Nonce;
use crate::domain::record::key::Key;
use crate::domain::record::session::Session;
use crate::domain::record::time::Timestamp;
use crate::domain::record::used::UsedToken;
use crate::domain::token::{AppPass, BrowserMark, HandOver, Ticket, browser_secret};

/// How long a ticket works: long enough to register and to open the email.
const TICKET: Duration = Duration::from_hours(1);
/// How long a hand-over token works: as long as a slow redirect takes.
const TOKEN: Duration = Duration::from_mins(1);

/// A ticket that was opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Where its browser wanted to go.
    pub ticket: Ticket,
    /// Whether its time is over.
    pub is_late: bool,
}

/// A sign-in that has arrived at an app's host.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// The path and query that the browser wanted.
    pub path: String,
    /// Keeps it signed in there.
    pub pass: String,
    /// How long that is.
    pub lifetime: Duration,
}

/// A browser that comes with a hand-over token.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// The token.
    pub token: &'a str,
    /// The host at which it comes.
    pub host: &'a str,
    /// The secret that the browser keeps for that host.
    pub secret: Option<&'a str>,
    /// Whether it only asks for the head of a page, which changes nothing.
    pub is_head: bool,
}

impl Gatepost {
    /// A secret for a browser that has none for an app's host.
    #[must_use]
    pub fn new_browser_secret(&self) -> String {
        browser_secret(self.world.random())
    }

    /// A ticket for a browser that wants to go to a path of an app. Nothing if its secret is not one of ours.
    ///
    /// # Errors
    /// `Store`, where nodes go by the time of the store that they share.
    pub async fn make_ticket(&self, host: &str, path: &str, secret: &str) -> Result<Option<String>, Error> {
        let Some(browser) = BrowserMark::of(secret) else { return Ok(None) };
        let (host, path, at) = (host.to_owned(), path.to_owned(), self.common_time().await?);
        Ok(Some(self.ring.seal_ticket(&Ticket { host, path, browser, at })))
    }

    /// Opens a ticket. Nothing if even one bit is not ours.
    ///
    /// # Errors
    /// `Store`, as above.
    pub async fn open_ticket(&self, ticket: &str) -> Result<Option<Opened>, Error> {
        let Some(ticket) = self.ring.open_ticket(ticket) else { return Ok(None) };
        let is_late = !ticket.at.is_within(TICKET, self.common_time().await?);
        Ok(Some(Opened { ticket, is_late }))
    }

    /// The host that a ticket is for, late or not, without the store.
    #[must_use]
    pub fn ticket_host(&self, ticket: &str) -> Option<String> {
        self.ring.open_ticket(ticket).map(|ticket| ticket.host)
    }

    /// A token that hands the sign-in over to the browser of a ticket. Only the browser whose secret is in the ticket
    /// can use it. If an attacker's ticket is opened by someone else, that person's browser can't, and neither of
    /// them is signed in as the other.
    ///
    /// # Errors
    /// `Store`, as above.
    pub async fn hand_over_to_app(&self, live: &Live, ticket: &Ticket) -> Result<String, Error> {
        let Ticket { host, path, browser, .. } = ticket.clone();
        let (account, session) = (live.account.id, live.session.id);
        let (nonce, at) = (Nonce(self.world.random()), self.common_time().await?);
        // In memory, spent tokens are forgotten when the run ends, so a token must not outlive it.
        let run = self.neighbours.is_none().then_some(self.run);
        Ok(self.ring.seal_hand_over(&HandOver { nonce, host, path, browser, account, session, at, run }))
    }

    /// Redeems a hand-over token: as often as the right browser comes with it, while the token and the session last.
    /// Another browser, or another host, gets nothing and spends it for everyone: someone has read it in a log or
    /// sent it to someone else (login CSRF).
    ///
    /// # Errors
    /// `Over`; `Store`, also if it can't be remembered that it is spent.
    pub async fn arrive(&self, arrival: Arrival<'_>) -> Result<Arrived, Error> {
        // The tag comes before anything else.
        let token = self.ring.open_hand_over(arrival.token).ok_or(Error::Over)?;
        let now = self.common_time().await?;
        let own_run = self.neighbours.is_none().then_some(self.run);
        if !token.at.is_within(TOKEN, now) || token.run != own_run {
            return Err(Error::Over);
        }
        let browser = arrival.secret.and_then(BrowserMark::of);
        if token.host != arrival.host || !browser.is_some_and(|browser| browser.is(token.browser)) {
            if !arrival.is_head {
                self.spend(&token, now).await?;
            }
            return Err(Error::Over);
        }
        let Actor { session, .. } = self.holder_of(&token).await?.ok_or(Error::Over)?;
        let lifetime = session.expires_at.since(self.world.now());
        let pass = self.ring.seal_pass(&AppPass {
            host: token.host,
            account: token.account,
            session: token.session,
        });
        Ok(Arrived { path: token.path, pass, lifetime })
    }

    /// Who is signed in at an app, by the cookie of its host.
    ///
    /// # Errors
    /// `SignInRequired`; `Store`.
    pub async fn session_at(&self, host: &str, pass: &str) -> Result<Live, Error> {
        // The cookie of another host opens nothing here.
        let pass = self.ring.open_pass(pass).filter(|pass| pass.host == host).ok_or(Error::SignInRequired)?;
        let found = self.find_actor(pass.account, pass.session).await?;
        let Actor { account, session, .. } = found.ok_or(Error::SignInRequired)?;
        self.touch(&session);
        Ok(Live { account, session })
    }

    /// The path that a hand-over token leads to, whether or not it still works: nothing if it is not ours, or for
    /// another host.
    #[must_use]
    pub fn path_of_hand_over(&self, token: &str, host: &str) -> Option<String> {
        self.ring.open_hand_over(token).filter(|token| token.host == host).map(|token| token.path)
    }

    /// Whether an app needs a newer proof than that of a session.
    #[must_use]
    pub fn is_over(&self, admission: &Admission, session: &Session) -> bool {
        admission.is_over(session, self.world.now())
    }

    /// The session that a token hands over, unless the token is spent. One read.
    async fn holder_of(&self, token: &HandOver) -> Result<Option<Actor>, Error> {
        if self.neighbours.is_none() {
            let actor = self.find_actor(token.account, token.session).await?;
            // After the read, so that whoever spends it meanwhile is seen.
            return Ok(actor.filter(|_| !self.spent.has(token.nonce)));
        }
        let keys = (Key::session(token.account, token.session), Key::account(token.account));
        let (session, account, used) =
            self.find_three::<_, _, UsedToken>([keys.0, keys.1, Key::used_token(token.nonce)]).await?;
        Ok(if used.value.is_some() { None } else { self.actor_of(session, account) })
    }

    /// Spends a token for everyone. If that can't be remembered, no one learns more than that it failed.
    async fn spend(&self, token: &HandOver, now: Timestamp) -> Result<(), Error> {
        if self.neighbours.is_none() {
            let monotonic = self.world.clock.monotonic();
            let has_room = self.spent.spend(token.nonce, token.session, monotonic);
            return if has_room { Ok(()) } else { Err(StoreError::Busy.into()) };
        }
        let (key, used) = (Key::used_token(token.nonce), UsedToken { at: now });
        let mut change = Change::of(Class::Safety);
        change.expect(key.clone(), None);
        change.put(Key::expiry(used.over_at(), &key), Record::Expiry);
        change.put(key, Record::UsedToken(used));
        // On a conflict, someone else has spent it.
        match self.store.commit(change).await? {
            Committed::Yes | Committed::Conflict => Ok(()),
        }
    }

    /// The time that all nodes have in common: that of the store, where they share one, or else our own.
    async fn common_time(&self) -> Result<Timestamp, Error> {
        let Some(neighbours) = &self.neighbours else { return Ok(self.world.now()) };
        Ok(neighbours.engine.time().await?.unwrap_or_else(|| self.world.now()))
    }
}
