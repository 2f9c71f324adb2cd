//! The keys of the ring: what depends on each, taking up a new one, and retiring an old one.
//!
//! 1. What still depends on a key is counted page by page.
//! 2. A new key is in the key file before the store knows it, and the store knows it before anything is
//!    sealed with it. So whenever the process ends, the key file has every key that the store needs.
//! 3. A key is retired in the store first. From then on it opens nothing, whether or not its line is still in
//!    the key file, and a password that was hashed with it counts as none.

use std::collections::BTreeMap;

use crate::domain::error::Error;
use crate::domain::operator::refusal::Refusal;
use crate::domain::ports::Change;
use crate::domain::read::{KnownKey, RETIRED, Stored, fit_keys, known_keys, put_keys};
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::app_key::AppKey;
use crate::domain::record::client::Client;
use crate::domain::record::ids::{AccountId, KeyId};
use crate::domain::record::key::{Key, Span};
use crate::domain::record::new_device::NewDevice;
use crate::domain::record::request::Request;
use crate::domain::record::session::Session;
use crate::domain::token::KeyRing;
use crate::domain::{Decision, Gatepost};

/// How many records are read at once.
const PAGE: usize = 500;

/// What depends on a key of the ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct KeyUses {
    /// The key.
    pub key: u8,
    /// Whether it is the key that seals.
    pub seals: bool,
    /// Accounts whose password was hashed with it.
    pub passwords: u64,
    /// Sessions that are signed in with it.
    pub sessions: u64,
    /// Links that would still work.
    pub links: u64,
    /// Keys for programs that were sealed with it. Not named by servers of earlier versions, which have none.
    #[serde(default)]
    pub app_keys: u64,
}

impl KeyUses {
    /// Whether nothing depends on it.
    #[must_use]
    pub fn is_unused(&self) -> bool {
        [self.passwords, self.sessions, self.links, self.app_keys] == [0; 4]
    }
}

/// The uses of all keys, newest first.
struct Count(Vec<KeyUses>);

impl Count {
    fn add(&mut self, key: KeyId, one: fn(&mut KeyUses) -> &mut u64) {
        if let Some(uses) = self.0.iter_mut().find(|uses| uses.key == key.0) {
            *one(uses) += 1;
        }
    }
}

impl Gatepost {
    /// The keys of the ring, newest first, and what depends on each (step 1). Reads every account, session and
    /// request.
    ///
    /// # Errors
    /// `Store`.
    pub async fn key_uses(&self) -> Result<Vec<KeyUses>, Error> {
        let ids = self.ring.ids().into_iter().enumerate();
        let of = |(index, id): (usize, KeyId)| KeyUses { key: id.0, seals: index == 0, ..KeyUses::default() };
        let mut count = Count(ids.map(of).collect());
        self.count_accounts(&mut count).await?;
        self.count_sessions(&mut count).await?;
        self.count_requests(&mut count).await?;
        self.count_new_devices(&mut count).await?;
        self.count_app_keys(&mut count).await?;
        Ok(count.0)
    }

    async fn count_accounts(&self, count: &mut Count) -> Result<(), Error> {
        let (now, mut rest) = (self.world.now(), Some(Span::accounts()));
        while let Some(page) = self.next_users::<Account>(&mut rest).await? {
            for account in page {
                if let Some(password) = &account.password {
                    count.add(password.recipe.pepper, |uses| &mut uses.passwords);
                }
                for undo in account.undos.iter().filter(|undo| now < undo.over_at) {
                    count.add(undo.key, |uses| &mut uses.links);
                }
            }
        }
        Ok(())
    }

    async fn count_sessions(&self, count: &mut Count) -> Result<(), Error> {
        let mut rest = Some(Span::all_sessions());
        while let Some(page) = self.next_users::<Session>(&mut rest).await? {
            let mut ids: Vec<AccountId> = page.iter().map(|session| session.account).collect();
            // Sessions of one account are neighbours.
            ids.dedup();
            let owners = self.list_these::<Account>(ids.into_iter().map(Key::account).collect()).await?;
            let owners: BTreeMap<_, _> = owners.into_iter().map(|it| (it.value.id.0, it.value)).collect();
            for session in page {
                if owners.get(&session.account.0).is_some_and(|owner| self.is_live(&session, owner)) {
                    count.add(session.key, |uses| &mut uses.sessions);
                }
            }
        }
        Ok(())
    }

    async fn count_requests(&self, count: &mut Count) -> Result<(), Error> {
        let (now, mut rest) = (self.world.now(), Some(Span::requests()));
        while let Some(page) = self.next_users::<Request>(&mut rest).await? {
            let works = |it: &Request| it.generation.used.is_none() && now < it.live_until();
            page.iter().filter(|it| works(it)).for_each(|it| count.add(it.key, |uses| &mut uses.links));
        }
        Ok(())
    }

    async fn count_new_devices(&self, count: &mut Count) -> Result<(), Error> {
        let (now, mut rest) = (self.world.now(), Some(Span::new_devices()));
        while let Some(page) = self.next_users::<NewDevice>(&mut rest).await? {
            let works = |it: &NewDevice| it.led_to.is_none() && now < it.over_at;
            page.iter().filter(|it| works(it)).for_each(|it| count.add(it.key, |uses| &mut uses.links));
        }
        Ok(())
    }

    async fn count_app_keys(&self, count: &mut Count) -> Result<(), Error> {
        let mut rest = Some(Span::all_app_keys());
        while let Some(page) = self.next_users::<AppKey>(&mut rest).await? {
            let mut ids: Vec<AccountId> = page.iter().map(|key| key.account).collect();
            ids.dedup();
            let owners = self.list_these::<Account>(ids.into_iter().map(Key::account).collect()).await?;
            let owners: BTreeMap<_, _> = owners.into_iter().map(|it| (it.value.id.0, it.value)).collect();
            for key in page {
                if owners.get(&key.account.0).is_some_and(|owner| self.is_key_live(&key, owner)) {
                    count.add(key.key, |uses| &mut uses.app_keys);
                }
            }
        }
        Ok(())
    }

    /// The next records of a range, or nothing after the last. `rest` becomes what is left of it.
    async fn next_users<T: Stored>(&self, rest: &mut Option<Span>) -> Result<Option<Vec<T>>, Error> {
        let Some(span) = rest.take() else { return Ok(None) };
        // The store never waits, so without this no one else would be served.
        tokio::task::yield_now().await;
        let page = self.list::<T>(&span, PAGE).await?;
        *rest = page.last().filter(|_| page.len() == PAGE).map(|last| span.after(&last.key));
        Ok(Some(page.into_iter().map(|listed| listed.value).collect()))
    }

    /// Whether a key is in the ring and not retired.
    #[must_use]
    pub fn has_key(&self, id: KeyId) -> bool {
        self.ring.holds(id)
    }

    /// The id of the next key.
    #[must_use]
    pub fn next_key(&self) -> KeyId {
        self.ring.next_id()
    }

    /// Whether the keys of a key file are other ones than those in use. As at a start, keys that were retired are
    /// dropped from it first.
    ///
    /// # Errors
    /// `OtherKeys` if it lacks a key of the store; `House`.
    pub async fn check_keys(&self, ring: &KeyRing) -> Result<bool, Refusal> {
        let known = known_keys(&*self.store).await.map_err(Error::from)?;
        fit_keys(ring, &known, None);
        put_keys(&mut Change::new(), ring, &known).map_err(|id| Refusal::OtherKeys(id.0))?;
        Ok(!ring.checks().eq(self.ring.checks()))
    }

    /// Takes up the keys of a ring that is in the key file already (step 2). Its newest key seals from then on.
    /// Keys that were retired stay so, except the newest, whose id may be used again.
    ///
    /// # Errors
    /// `OtherKeys` if it lacks a key of the store; `House`.
    pub async fn adopt_keys(&self, ring: KeyRing) -> Result<(), Refusal> {
        self.decide_and_commit(&Client::operator(), || async {
            let known = known_keys(&*self.store).await?;
            fit_keys(&ring, &known, Some(ring.newest()));
            let mut change = Change::new();
            if let Err(id) = put_keys(&mut change, &ring, &known) {
                return Ok(Decision::Answer(Err(Refusal::OtherKeys(id.0))));
            }
            Ok(Decision::Commit { change, event: None, answer: Ok(Ok(())) })
        })
        .await??;
        let (before, newest) = (self.ring.newest(), ring.newest());
        self.ring.take_over(ring);
        self.tell_neighbours();
        if newest == before {
            let keys: Vec<String> = self.ring.ids().iter().map(|id| id.0.to_string()).collect();
            tracing::info!(
                keys = keys.join(", "),
                "there are other keys in the key file, which open from now on"
            );
        } else {
            tracing::info!(event = "key_rotated", key = newest.0, "a new key seals from now on");
        }
        Ok(())
    }

    /// Retires a key (step 3), whatever depends on it.
    ///
    /// # Errors
    /// `NoKey`; `KeySeals` for the newest one; `House`.
    pub async fn retire_key(&self, id: KeyId) -> Result<(), Refusal> {
        if !self.ring.holds(id) {
            return Err(Refusal::NoKey(id.0));
        }
        if self.ring.newest() == id {
            return Err(Refusal::KeySeals(id.0));
        }
        self.decide_and_commit(&Client::operator(), || async {
            let known = known_keys(&*self.store).await?;
            let version = known.iter().find(|key| key.id == id).map(KnownKey::version);
            let mut change = Change::new();
            change.expect(Key::key_check(id.0), version);
            // It takes the place of the check value.
            change.put(Key::key_check(id.0), Record::KeyCheck(RETIRED));
            Ok(Decision::Commit { change, event: None, answer: Ok(()) })
        })
        .await?;
        self.ring.drop_key(id);
        self.tell_neighbours();
        tracing::info!(event = "key_retired", key = id.0, "a key opens nothing from now on");
        Ok(())
    }
}
