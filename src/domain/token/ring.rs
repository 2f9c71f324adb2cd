//! The key ring: the keys of this server, and everything they seal, open and derive.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::LinkClaims;
use super::RequestToken;
use super::SessionClaims;
use super::SessionToken;
use super::key_lines;
use super::key_list::{KeyList, KeyRingError};
use super::ring_key::{KEY_ID_BITS, RingKey, TAG_BYTES, TokenKey, VERSION, part};
use crate::domain::ports::World;
use crate::domain::record::ids::KeyId;
use crate::domain::record::ids::{AccountId, Nonce, SessionId};
use crate::domain::token::{Code, LinkToken};

/// The keys of this server, newest first. The newest seals; all open, and so do those at the end, which have not sealed
/// anything yet. There is always one that seals.
///
/// Every request opens a token, so the keys are exchanged as a whole and read without a lock.
pub struct KeyRing {
    keys: ArcSwap<KeyList>,
}

impl KeyRing {
    /// Parses a key file: one key per line, newest first. A comma ends a line too, for a variable that
    /// has to be one line.
    ///
    /// # Errors
    /// Names the line that is not a key.
    pub fn parse(text: &str) -> Result<Self, KeyRingError> {
        Ok(Self { keys: ArcSwap::from_pointee(KeyList::parse(text)?) })
    }

    /// The text of a key file with one new key.
    #[must_use]
    pub fn generate(world: &World) -> String {
        std::mem::take(&mut *key_lines::new_line(KeyId(1), world))
    }

    /// The ids of all keys, newest first, and then those that only open so far.
    #[must_use]
    pub fn ids(&self) -> Vec<KeyId> {
        self.keys.load().all().iter().map(|key| key.id).collect()
    }

    /// An id for the next key: the one after the newest that is free.
    #[must_use]
    pub fn next_id(&self) -> KeyId {
        self.free_ids().next().unwrap_or(self.newest())
    }

    /// The ids that no key of the ring has, from the one after the newest on.
    pub fn free_ids(&self) -> impl Iterator<Item = KeyId> {
        let newest = self.newest().0;
        let all = (1..=KEY_ID_BITS).map(move |step| KeyId((newest + step) & KEY_ID_BITS));
        all.filter(|id| !self.holds(*id))
    }

    /// From now on has the keys of another ring.
    pub fn take_over(&self, other: Self) {
        self.keys.store(other.keys.into_inner());
    }

    /// From now on has no key with this id, unless it is the only one.
    pub fn drop_key(&self, id: KeyId) {
        self.keys.rcu(|keys| keys.without(id));
    }

    /// The next of the keys that only open so far, if there is one.
    #[must_use]
    pub fn waiting(&self) -> Option<KeyId> {
        self.keys.load().waiting().first().map(|key| key.id)
    }

    /// Whether a key only opens so far.
    #[must_use]
    pub fn is_waiting(&self, id: KeyId) -> bool {
        self.keys.load().waiting().iter().any(|key| key.id == id)
    }

    /// From now on seals with a key that only opened so far.
    pub fn seal_with(&self, id: KeyId) {
        self.keys.rcu(|keys| keys.sealing_with(id));
    }

    /// The key that seals.
    #[must_use]
    pub fn newest(&self) -> KeyId {
        self.keys.load().all()[0].id
    }

    /// The newest key and its pepper.
    #[must_use]
    pub fn newest_pepper(&self) -> (KeyId, Pepper) {
        let key = self.sealing();
        (key.id, Pepper(key.pepper.0))
    }

    /// The newest key, with everything derived from it.
    pub(super) fn sealing(&self) -> Arc<RingKey> {
        Arc::clone(&self.keys.load().all()[0])
    }

    /// Whether one of the keys is it.
    pub(super) fn any(&self, is_it: impl Fn(&RingKey) -> bool) -> bool {
        self.keys.load().all().iter().any(|key| is_it(key))
    }

    /// The id and check value of every key. The value identifies a key without revealing it.
    pub fn checks(&self) -> impl Iterator<Item = (KeyId, [u8; 32])> {
        let checks: Vec<_> = self.keys.load().all().iter().map(|key| (key.id, key.check)).collect();
        checks.into_iter()
    }

    /// Seals a link token. Nothing if its key is no longer in the ring.
    #[must_use]
    pub fn seal_link(&self, claims: &LinkClaims) -> Option<LinkToken> {
        self.with(claims.key, |key| LinkToken(key.link.seal(key.id, link_body(claims))))
    }

    /// Opens a link token. Nothing if even one bit is not ours.
    #[must_use]
    pub fn open_link(&self, token: &str) -> Option<LinkClaims> {
        let (key, body) = self.open::<14, { 14 + TAG_BYTES }>(token, |key| &key.link)?;
        Some(LinkClaims { key, nonce: Nonce(part(&body, 1)), generation: body[13] })
    }

    /// Seals the token of a link that restores an address.
    #[must_use]
    pub fn seal_undo(&self, claims: &LinkClaims) -> Option<LinkToken> {
        self.with(claims.key, |key| LinkToken(key.undo.seal(key.id, link_body(claims))))
    }

    /// Opens such a token.
    #[must_use]
    pub fn open_undo(&self, token: &str) -> Option<Nonce> {
        let (_, body) = self.open::<14, { 14 + TAG_BYTES }>(token, |key| &key.undo)?;
        Some(Nonce(part(&body, 1)))
    }

    /// Seals the token of a link that secures an account.
    #[must_use]
    pub fn seal_securing(&self, claims: &LinkClaims) -> Option<LinkToken> {
        self.with(claims.key, |key| LinkToken(key.securing.seal(key.id, link_body(claims))))
    }

    /// Opens such a token.
    #[must_use]
    pub fn open_securing(&self, token: &str) -> Option<Nonce> {
        let (_, body) = self.open::<14, { 14 + TAG_BYTES }>(token, |key| &key.securing)?;
        Some(Nonce(part(&body, 1)))
    }

    /// Seals the request token. It is the same for all generations of a request.
    #[must_use]
    pub fn seal_request(&self, key: KeyId, nonce: Nonce) -> Option<RequestToken> {
        let mut body = [0; 1 + 12];
        body[1..].copy_from_slice(&nonce.0);
        self.with(key, |key| RequestToken(key.request.seal(key.id, body)))
    }

    /// Opens a request token.
    #[must_use]
    pub fn open_request(&self, token: &str) -> Option<Nonce> {
        let (_, body) = self.open::<13, { 13 + TAG_BYTES }>(token, |key| &key.request)?;
        Some(Nonce(part(&body, 1)))
    }

    /// Seals a session token.
    #[must_use]
    pub fn seal_session(&self, claims: &SessionClaims) -> Option<SessionToken> {
        let mut body = [0; 1 + 16 + 16];
        body[1..17].copy_from_slice(&claims.account.0);
        body[17..].copy_from_slice(&claims.session.0);
        self.with(claims.key, |key| SessionToken(key.session.seal(key.id, body)))
    }

    /// Opens a session token.
    #[must_use]
    pub fn open_session(&self, token: &str) -> Option<SessionClaims> {
        let (key, body) = self.open::<33, { 33 + TAG_BYTES }>(token, |key| &key.session)?;
        Some(SessionClaims { key, account: AccountId(part(&body, 1)), session: SessionId(part(&body, 17)) })
    }

    /// The code that belongs to a link. It is derived with a key of its own, so guessing or using up a
    /// code reveals nothing about the link.
    #[must_use]
    pub fn code(&self, claims: &LinkClaims) -> Option<Code> {
        let mut body = [0; 13];
        body[..12].copy_from_slice(&claims.nonce.0);
        body[12] = claims.generation;
        let hash = self.with(claims.key, |key| blake3::keyed_hash(&key.code.0, &body))?;
        // 2^64 is so large that the remainder favours no code by more than 10^-13.
        Some(Code::from_number(u64::from_le_bytes(part(hash.as_bytes(), 0))))
    }

    /// The pepper that goes into every password hash. Without it, the store alone would be enough to try
    /// passwords (NIST SP 800-63B, 5.1.1.2). Nothing if the key is no longer in the ring.
    #[must_use]
    pub fn pepper(&self, id: KeyId) -> Option<Pepper> {
        self.with(id, |key| Pepper(key.pepper.0))
    }

    /// Whether a key is in the ring.
    #[must_use]
    pub fn holds(&self, id: KeyId) -> bool {
        self.with(id, |_| ()).is_some()
    }

    pub(super) fn with<T>(&self, id: KeyId, use_it: impl FnOnce(&RingKey) -> T) -> Option<T> {
        self.keys.load().all().iter().find(|key| key.id == id).map(|key| use_it(key))
    }

    pub(super) fn open<const BODY: usize, const WHOLE: usize>(
        &self,
        token: &str,
        kind: fn(&RingKey) -> &TokenKey,
    ) -> Option<(KeyId, [u8; BODY])> {
        let mut whole = [0; WHOLE];
        // The decoder refuses padding, other alphabets and stray bits, so each token has one spelling.
        let length = URL_SAFE_NO_PAD.decode_slice(token, &mut whole).ok()?;
        if length != WHOLE || whole[0] & !KEY_ID_BITS != VERSION {
            return None;
        }
        let id = KeyId(whole[0] & KEY_ID_BITS);
        let (body, tag) = whole.split_at(BODY);
        let expected = self.with(id, |key| kind(key).tag(body))?;
        bool::from(expected.ct_eq(tag)).then(|| (id, part(body, 0)))
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing({} keys)", self.keys.load().all().len())
    }
}

/// The secret that one key adds to a password before hashing.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Pepper([u8; 32]);

impl Pepper {
    /// The keyed hash that is stored in place of a hash that another program computed.
    #[must_use]
    pub fn wrap(&self, hash: &[u8]) -> [u8; 32] {
        *blake3::keyed_hash(&self.0, hash).as_bytes()
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pepper(…)")
    }
}

fn link_body(claims: &LinkClaims) -> [u8; 14] {
    let mut body = [0; 14];
    body[1..13].copy_from_slice(&claims.nonce.0);
    body[13] = claims.generation;
    body
}
