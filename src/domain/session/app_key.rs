//! Keys for programs: which of an account work, and whom one stands for at its app. A key is no sign-in: nothing here
//! gives a session.

use std::net::IpAddr;
use std::sync::Arc;

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::read::Found;
use crate::domain::record::account::Account;
use crate::domain::record::app_key::{AppKey, AppKeyPlace, KeyName, KeyUse};
use crate::domain::record::ids::{AccountId, AppKeyId};
use crate::domain::record::key::{Key, Span};
use crate::domain::record::time::Timestamp;

/// The most keys of one account that work.
pub const MAX_APP_KEYS: usize = 20;
/// More than one account can have stored: those that have ended are removed when another one is made.
const MANY: usize = 4 * MAX_APP_KEYS;

/// Whom a key stands for.
#[derive(Clone, Debug)]
pub struct KeyHolder {
    /// The account.
    pub account: Arc<Account>,
    /// What its owner calls the key.
    pub name: KeyName,
}

impl Gatepost {
    /// Whom a key stands for at an app. Two reads, and none before the tag was checked.
    ///
    /// # Errors
    /// `InvalidKey` for whatever does not work here: no one learns why; `Store`.
    pub async fn key_holder(&self, host: &str, secret: &str, ip: IpAddr) -> Result<KeyHolder, Error> {
        let nonce = self.ring.open_app_key(secret, host).ok_or(Error::InvalidKey)?;
        let place: Found<AppKeyPlace> = self.find(Key::app_key_of(nonce)).await?;
        let AppKeyPlace { account, id } = place.value.ok_or(Error::InvalidKey)?;
        let (key, owner) =
            self.find_both::<AppKey, Arc<Account>>(Key::app_key(account, id), Key::account(account)).await?;
        let (Some(key), Some(account)) = (key.value, owner.value) else { return Err(Error::InvalidKey) };
        if key.nonce != nonce || !self.is_key_live(&key, &account) {
            return Err(Error::InvalidKey);
        }
        let now = self.world.now();
        if AppKey::is_use_due(self.key_uses.of(&key), now) {
            self.key_uses.note(&key, KeyUse { at: now, ip });
        }
        Ok(KeyHolder { account, name: key.name })
    }

    /// Whether a key works, if its app lets the account in.
    pub(in crate::domain) fn is_key_live(&self, key: &AppKey, account: &Account) -> bool {
        self.is_key_live_at(key, account, self.world.now())
    }

    /// The same at another time.
    pub(in crate::domain) fn is_key_live_at(&self, key: &AppKey, account: &Account, now: Timestamp) -> bool {
        // One that was sealed under a key of the ring that is retired opens nothing any more.
        self.ring.holds(key.key) && key.is_live(account, self.lasting.store_generation, now)
    }

    /// The keys of an account that work, the newest first.
    ///
    /// # Errors
    /// `Store`.
    pub async fn app_keys(&self, account: &Account) -> Result<Vec<AppKey>, Error> {
        let (mut live, _) = self.stored_app_keys(account).await?;
        for key in &mut live {
            key.last_use = self.key_uses.of(key);
        }
        live.sort_unstable_by_key(|key| std::cmp::Reverse((key.made_at, key.id)));
        Ok(live)
    }

    /// Those that work, and those that are still stored and don't.
    pub(in crate::domain) async fn stored_app_keys(
        &self,
        account: &Account,
    ) -> Result<(Vec<AppKey>, Vec<AppKey>), Error> {
        let all = self.list::<AppKey>(&Span::app_keys(account.id), MANY).await?;
        let all = all.into_iter().map(|listed| listed.value);
        Ok(all.partition(|key| self.is_key_live(key, account)))
    }

    /// Ends a key that works, in a change that expects its account.
    ///
    /// # Errors
    /// `NotFound` if there is none with this id, or if it has ended; `Store`.
    pub(in crate::domain) async fn put_key_end(
        &self,
        change: &mut Change,
        account: &Account,
        id: AppKeyId,
    ) -> Result<AppKey, Error> {
        let found: Found<AppKey> = self.find(Key::app_key(account.id, id)).await?;
        found.expected_by(change);
        let key = found.value.filter(|key| self.is_key_live(key, account)).ok_or(Error::NotFound)?;
        delete_key(change, key.account, &key);
        Ok(key)
    }
}

/// Deletes a key and its entry under its nonce.
pub(in crate::domain) fn delete_key(change: &mut Change, account: AccountId, key: &AppKey) {
    change.delete(Key::app_key(account, key.id));
    change.delete(Key::app_key_of(key.nonce));
}
