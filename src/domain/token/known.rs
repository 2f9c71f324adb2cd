//! What a browser keeps of an account it has been signed in to.
//!
//! A seal says for which email address a browser is known, and how the account stood then. Both are keyed
//! digests: someone who reads the cookie of another person's browser learns no address, and a seal is judged
//! without the store, so an address with an account takes the same time as one without.

use super::KnownToken;
use super::ring::KeyRing;
use super::ring_key::{RingKey, TAG_BYTES, part};
use crate::domain::record::address::CanonicalAddress;
use crate::domain::record::ids::{AccountId, KnownId, SessionId};
use crate::domain::record::known::KnownBrowser;
use crate::domain::record::store_generation::StoreGeneration;

const BODY_BYTES: usize = 1 + 12 + 12 + 8;

impl KeyRing {
    /// Seals that a browser is known.
    #[must_use]
    pub fn seal_known(&self, known: &KnownBrowser) -> KnownToken {
        let mut body = [0; BODY_BYTES];
        body[1..13].copy_from_slice(&known.id.0);
        body[13..25].copy_from_slice(&known.address);
        body[25..].copy_from_slice(&known.standing);
        let key = self.sealing();
        KnownToken(key.known.seal(key.id, body))
    }

    /// Opens such a seal. Nothing if even one bit is not ours.
    #[must_use]
    pub fn open_known(&self, token: &str) -> Option<KnownBrowser> {
        let (_, body) = self.open::<BODY_BYTES, { BODY_BYTES + TAG_BYTES }>(token, |key| &key.known)?;
        Some(KnownBrowser {
            id: KnownId(part(&body, 1)),
            address: part(&body, 13),
            standing: part(&body, 25),
        })
    }

    /// The keyed digest of an email address, for a seal that is made now.
    #[must_use]
    pub fn address_digest(&self, address: &CanonicalAddress) -> [u8; 12] {
        self.sealing().address_digest(address)
    }

    /// Whether a seal is about this address. It may have been made with an older key.
    #[must_use]
    pub fn is_about(&self, known: &KnownBrowser, address: &CanonicalAddress) -> bool {
        self.any(|key| key.address_digest(address) == known.address)
    }

    /// The keyed digest of an account in one epoch and one generation of the store.
    #[must_use]
    pub fn standing_digest(&self, account: AccountId, epoch: u32, store: StoreGeneration) -> [u8; 8] {
        self.sealing().standing_digest(account, epoch, store)
    }

    /// Whether the account still is in the epoch of a seal, and the store in its generation.
    #[must_use]
    pub fn is_standing(
        &self,
        known: &KnownBrowser,
        account: AccountId,
        epoch: u32,
        store: StoreGeneration,
    ) -> bool {
        self.any(|key| key.standing_digest(account, epoch, store) == known.standing)
    }

    /// The id under which a session counts as a known browser.
    #[must_use]
    pub fn known_session(&self, session: SessionId) -> KnownId {
        KnownId(self.sealing().known_session.digest(&[&session.0]))
    }
}

impl RingKey {
    fn address_digest(&self, address: &CanonicalAddress) -> [u8; 12] {
        self.address.digest(&[address.as_str().as_bytes()])
    }

    fn standing_digest(&self, account: AccountId, epoch: u32, store: StoreGeneration) -> [u8; 8] {
        self.standing.digest(&[&account.0, &epoch.to_be_bytes(), &store.0.to_be_bytes()])
    }
}
