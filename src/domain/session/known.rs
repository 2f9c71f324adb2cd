//! Known browsers: those that have been signed in to an account before.
//!
//! A browser that is given a session keeps a seal that says so, for a year, even after signing out. Nothing is
//! stored for it. The seal reveals nothing and opens nothing: whoever steals it can be taken for that browser,
//! but still has to sign in.

use super::Live;
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::record::account::Account;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::ids::{KnownId, SessionId};
use crate::domain::record::known::KnownBrowser;
use crate::domain::token::KnownToken;

/// How many accounts one browser keeps a seal for. Bounds its cookie.
pub const MAX_KNOWN: usize = 4;

impl Gatepost {
    /// What the seals in a browser's cookie say. Those that are not ours are left out, and so are those that
    /// name an address once more.
    pub fn known_browsers<'a>(&self, seals: impl Iterator<Item = &'a str>) -> Vec<KnownBrowser> {
        let mut known: Vec<KnownBrowser> = Vec::new();
        for one in seals.take(MAX_KNOWN).filter_map(|seal| self.ring.open_known(seal)) {
            if known.iter().all(|other| other.address != one.address) {
                known.push(one);
            }
        }
        known
    }

    /// Counts a live session as a known browser, unless the cookie says the same already.
    pub fn know_session(&self, client: &mut Client, live: &Live) {
        self.know(client, live.session.id, &live.account);
    }

    /// The same for a session token. One that is not live, or cannot be read, counts as none.
    pub async fn know_session_of(&self, client: &mut Client, token: &str) {
        if let Ok(actor) = self.signed_in_with(token).await {
            self.know(client, actor.session.id, &actor.account);
        }
    }

    fn know(&self, client: &mut Client, session: SessionId, account: &Account) {
        let address = account.address.canonical();
        if !client.known.iter().any(|known| self.ring.is_about(known, &address)) {
            client.known.push(self.known_browser(self.ring.known_session(session), account));
        }
    }

    /// The seals that a browser keeps once it is signed in to an account: that of this account first. It keeps
    /// its id there, and what it had for other addresses.
    #[must_use]
    pub fn keep_known(&self, client: &Client, account: &Account) -> Vec<KnownToken> {
        let address = account.address.canonical();
        let (here, elsewhere): (Vec<&KnownBrowser>, Vec<&KnownBrowser>) =
            client.known.iter().partition(|known| self.ring.is_about(known, &address));
        let id = here.first().map_or_else(|| KnownId(self.world.random()), |known| known.id);
        let newest = self.known_browser(id, account);
        let all = std::iter::once(&newest).chain(elsewhere).take(MAX_KNOWN);
        all.map(|known| self.ring.seal_known(known)).collect()
    }

    /// Under which id a client is known for an address, if it is. Decided by its seals and its session only:
    /// the same for an address with an account and one without.
    #[expect(clippy::unused_async, reason = "whoever asks need not know that the store is not read")]
    pub(in crate::domain) async fn known_at(
        &self,
        client: &Client,
        address: &EmailAddress,
    ) -> Result<Option<KnownId>, Error> {
        let address = address.canonical();
        let known = client.known.iter().find(|known| self.ring.is_about(known, &address));
        Ok(known.map(|known| known.id))
    }

    /// Whether a client has been signed in to an account since its epoch moved last. Whoever moved it wanted
    /// everyone else out, so what they keep must not pass for the owner's own device.
    pub(in crate::domain) async fn is_known_device(
        &self,
        client: &Client,
        account: &Account,
    ) -> Result<bool, Error> {
        let Some(id) = self.known_at(client, &account.address).await? else { return Ok(false) };
        let store = self.lasting.store_generation;
        let is_current =
            |known: &KnownBrowser| self.ring.is_standing(known, account.id, account.epoch, store);
        Ok(client.known.iter().any(|known| known.id == id && is_current(known)))
    }

    fn known_browser(&self, id: KnownId, account: &Account) -> KnownBrowser {
        let standing = self.ring.standing_digest(account.id, account.epoch, self.lasting.store_generation);
        KnownBrowser { id, address: self.ring.address_digest(&account.address.canonical()), standing }
    }
}
