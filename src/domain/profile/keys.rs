//! Keys for programs, as their owner makes and ends them.
//!
//! 1. A key opens one app, so the app has to let its owner in when it is made, and again at each use.
//! 2. Those that have ended are removed when another one is made, so an account never has many stored.
//! 3. The secret is derived from the nonce. It is shown to the session that made the key, for some minutes, and nothing
//!    of it is kept.

use std::time::Duration;

use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::record::Record;
use crate::domain::record::app_key::{AppKey, AppKeyPlace, KeyName};
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::front::Admission;
use crate::domain::record::ids::{AppKeyId, Nonce};
use crate::domain::record::key::Key;
use crate::domain::record::letter::{About, LetterKind};
use crate::domain::session::{Actor, Live, MAX_APP_KEYS, delete_key};
use crate::domain::token::AppKeySecret;
use crate::domain::{Decision, Gatepost};

/// A key that someone wants.
#[derive(Clone, Copy, Debug)]
pub struct WantedKey<'a> {
    /// What it is called.
    pub name: &'a KeyName,
    /// The app, by its host.
    pub host: &'a str,
    /// Who may open it.
    pub admission: &'a Admission,
    /// How long it works; nothing for one without an end.
    pub lifetime: Option<Duration>,
}

/// A key with its secret, for the person who made it.
#[derive(Clone, Debug)]
pub struct MadeKey {
    /// The key.
    pub key: AppKey,
    /// Its secret.
    pub secret: AppKeySecret,
}

impl Gatepost {
    /// Makes a key for one app.
    ///
    /// # Errors
    /// `SignInRequired`; `RecentSignInRequired`; `NotAllowed`; `TooManyKeys`; `Limited`; `Store`.
    pub async fn make_key(
        &self,
        token: &str,
        wanted: WantedKey<'_>,
        client: &Client,
    ) -> Result<MadeKey, Error> {
        self.change_recently(token, client, |actor, mut change| async move {
            if !wanted.admission.admits(&actor.account) {
                return Err(Error::NotAllowed);
            }
            // Step 2.
            let (live, dead) = self.stored_app_keys(&actor.account).await?;
            if live.len() >= MAX_APP_KEYS {
                return Err(Error::TooManyKeys);
            }
            // A clock that is ahead for a moment must remove none that would still work.
            let is_over = |key: &&AppKey| !self.is_key_live_at(key, &actor.account, self.earliest_now());
            dead.iter().filter(is_over).for_each(|key| delete_key(&mut change, key.account, key));
            // Of two at the same moment that each need the last place, one is decided again.
            self.put_key_made(&mut change, actor.account.id).await?;
            let key = self.new_key(&actor, &wanted);
            let made = self.secret_of(key).ok_or(Error::SignInRequired)?;
            put_key(&mut change, &made.key);
            let kind = LetterKind::KeyMade;
            self.queue_notice(&mut change, kind, &actor.account.address, About::Account(actor.account.id));
            let event = Event::new(self.world.now(), EventName::KeyMade, Some(actor.account.id), client);
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(made) })
        })
        .await
    }

    fn new_key(&self, actor: &Actor, wanted: &WantedKey<'_>) -> AppKey {
        let now = self.world.now();
        AppKey {
            id: AppKeyId(self.world.random()),
            account: actor.account.id,
            nonce: Nonce(self.world.random()),
            key: self.ring.newest(),
            name: wanted.name.clone(),
            host: wanted.host.to_ascii_lowercase(),
            epoch: actor.account.epoch,
            store_generation: self.lasting.store_generation,
            made_in: actor.session.id,
            made_at: now,
            expires_at: wanted.lifetime.map(|lifetime| now.plus(lifetime)),
            last_use: None,
        }
    }

    fn secret_of(&self, key: AppKey) -> Option<MadeKey> {
        let secret = self.ring.seal_app_key(key.key, key.nonce, &key.host)?;
        Some(MadeKey { key, secret })
    }

    /// One key of someone, and its secret for the session that made it a few minutes ago (step 3).
    ///
    /// # Errors
    /// `NotFound`, also for someone else's; `Store`.
    pub async fn app_key(&self, live: &Live, id: AppKeyId) -> Result<(AppKey, Option<AppKeySecret>), Error> {
        let keys = self.app_keys(&live.account).await?;
        let key = keys.into_iter().find(|key| key.id == id).ok_or(Error::NotFound)?;
        let is_shown = key.is_shown_to(live.session.id, self.world.now());
        let secret = if is_shown { self.secret_of(key.clone()).map(|made| made.secret) } else { None };
        Ok((key, secret))
    }

    /// Ends a key. That needs no recent sign-in: someone who has lost a device must not be kept from it.
    ///
    /// # Errors
    /// `SignInRequired`; `NotFound`, also for someone else's; `Store`.
    pub async fn end_key(&self, token: &str, id: AppKeyId, client: &Client) -> Result<(), Error> {
        self.decide_and_commit(client, || async {
            let actor = self.signed_in_with(token).await?;
            let account = &actor.account;
            let mut change = Change::new();
            actor.expected_by(&mut change);
            self.put_key_end(&mut change, account, id).await?;
            self.queue_notice(
                &mut change,
                LetterKind::KeyEnded,
                &account.address,
                About::Account(account.id),
            );
            let event = Event::new(self.world.now(), EventName::KeyEnded, Some(account.id), client);
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(()) })
        })
        .await
    }
}

/// Caused by its owner: at most twenty that work, ten made a day, each with an entry under its nonce. The sweeper
/// removes one when it expires, and all of them with the account.
fn put_key(change: &mut Change, key: &AppKey) {
    let (own, place) = (Key::app_key(key.account, key.id), Key::app_key_of(key.nonce));
    change.expect(own.clone(), None);
    change.expect(place.clone(), None);
    if let Some(end) = key.expires_at {
        change.put(Key::expiry(end, &own), Record::Expiry);
    }
    change.put(place, Record::AppKeyPlace(AppKeyPlace { account: key.account, id: key.id }));
    change.put(own, Record::AppKey(key.clone()));
}
