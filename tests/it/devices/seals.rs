//! Seals of known browsers: ours open, nothing else does, and a key that was added or retired does what it should.

use gatepost::domain::record::address::{CanonicalAddress, EmailAddress};
use gatepost::domain::record::ids::{AccountId, KeyId, KnownId, Nonce, SessionId};
use gatepost::domain::record::known::KnownBrowser;
use gatepost::domain::record::store_generation::StoreGeneration;
use gatepost::domain::token::{KeyRing, LinkClaims, SessionClaims};
use proptest::prelude::*;

const OLD_KEY: &str = "gatepost-key-1 1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const NEW_KEY: &str = "gatepost-key-1 2 ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";
const ANN: AccountId = AccountId([1; 16]);
const FIRST: StoreGeneration = StoreGeneration(0);

fn ring(keys: &str) -> KeyRing {
    KeyRing::parse(keys).unwrap()
}

fn address(text: &str) -> CanonicalAddress {
    EmailAddress::parse(text).unwrap().canonical()
}

/// A browser that was signed in to Ann's account, in epoch 7.
fn browser(ring: &KeyRing) -> KnownBrowser {
    KnownBrowser {
        id: KnownId([3; 12]),
        address: ring.address_digest(&address("ann@example.org")),
        standing: ring.standing_digest(ANN, 7, FIRST),
    }
}

proptest! {
    #[test]
    fn a_seal_opens_to_what_was_sealed(id: [u8; 12], about: [u8; 12], standing: [u8; 8]) {
        let known = KnownBrowser { id: KnownId(id), address: about, standing };
        let seal = ring(OLD_KEY).seal_known(&known);
        prop_assert_eq!(ring(OLD_KEY).open_known(seal.as_str()), Some(known));
        prop_assert_eq!(ring(NEW_KEY).open_known(seal.as_str()), None);
    }

    #[test]
    fn a_seal_with_a_flipped_bit_does_not_open(at: prop::sample::Index, bit in 0..8_u8) {
        let ring = ring(OLD_KEY);
        let mut bytes = ring.seal_known(&browser(&ring)).as_str().as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert_eq!(ring.open_known(&String::from_utf8_lossy(&bytes)), None);
    }

    #[test]
    fn anything_else_does_not_open(text in "[A-Za-z0-9_-]{0,140}") {
        prop_assert_eq!(ring(OLD_KEY).open_known(&text), None);
    }
}

#[test]
fn no_other_token_opens_as_a_seal_or_as_the_link_that_secures_an_account() {
    let ring = ring(OLD_KEY);
    let claims = LinkClaims { key: KeyId(1), nonce: Nonce([4; 12]), generation: 0 };
    let session = SessionClaims { key: KeyId(1), account: ANN, session: SessionId([2; 16]) };
    let securing = ring.seal_securing(&claims).unwrap();
    let links = [ring.seal_link(&claims).unwrap(), ring.seal_undo(&claims).unwrap()];
    assert_eq!(ring.open_securing(securing.as_str()), Some(claims.nonce));
    assert_eq!((ring.open_link(securing.as_str()), ring.open_undo(securing.as_str())), (None, None));
    for link in &links {
        assert_eq!((ring.open_securing(link.as_str()), ring.open_known(link.as_str())), (None, None));
    }
    assert_eq!(ring.open_known(ring.seal_session(&session).unwrap().as_str()), None);
    assert_eq!(ring.open_session(ring.seal_known(&browser(&ring)).as_str()), None);
}

#[test]
fn a_seal_is_about_one_address_in_any_spelling() {
    let ring = ring(OLD_KEY);
    let known = browser(&ring);
    assert!(ring.is_about(&known, &address("Ann@Example.org")));
    assert!(!ring.is_about(&known, &address("ann@example.net")));
}

#[test]
fn a_seal_is_about_one_epoch_of_one_account_in_one_generation_of_the_store() {
    let ring = ring(OLD_KEY);
    let known = browser(&ring);
    assert!(ring.is_standing(&known, ANN, 7, FIRST));
    assert!(!ring.is_standing(&known, ANN, 8, FIRST));
    assert!(!ring.is_standing(&known, AccountId([2; 16]), 7, FIRST));
    assert!(!ring.is_standing(&known, ANN, 7, StoreGeneration(1)));
}

#[test]
fn a_seal_outlives_a_new_key_and_ends_with_its_own() {
    let old = ring(OLD_KEY);
    let seal = old.seal_known(&browser(&old));
    let both = ring(&format!("{NEW_KEY}\n{OLD_KEY}\n"));
    let known = both.open_known(seal.as_str()).unwrap();
    assert!(both.is_about(&known, &address("ann@example.org")));
    assert!(both.is_standing(&known, ANN, 7, FIRST));
    assert_eq!(ring(NEW_KEY).open_known(seal.as_str()), None);
}

#[test]
fn a_seal_names_neither_address_nor_account() {
    let [one, other] = [OLD_KEY, NEW_KEY].map(|keys| browser(&ring(keys)));
    assert_ne!((one.address, one.standing), (other.address, other.standing));
    assert_eq!(format!("{:?}", ring(OLD_KEY).seal_known(&one)), "KnownToken(…)");
}
