//! Sealed tokens and derived codes: ours open, nothing else does, and nothing panics.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, Version};
use gatepost::domain::password::Password;
use gatepost::domain::ports::Change;
use gatepost::domain::ports::Company;
use gatepost::domain::ports::Store;
use gatepost::domain::record::Record;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::ids::KeyId;
use gatepost::domain::record::ids::{AccountId, Nonce, SessionId};
use gatepost::domain::record::key::Key;
use gatepost::domain::record::password::{Cost, PasswordHash, Recipe};
use gatepost::domain::record::salt::SaltSeed;
use gatepost::domain::token::Code;
use gatepost::domain::token::KeyRing;
use gatepost::domain::token::KeyRingError;
use gatepost::domain::token::LinkClaims;
use gatepost::domain::token::SessionClaims;
use gatepost::domain::{Gatepost, Settings};
use gatepost::store::memory::MemoryStore;
use proptest::prelude::*;

use crate::harness::world::world;

const OLD_KEY: &str = "gatepost-key-1 1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const NEW_KEY: &str = "gatepost-key-1 2 ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";

const SEED: SaltSeed = SaltSeed([5; 32]);

fn ring() -> KeyRing {
    KeyRing::parse(OLD_KEY).unwrap()
}

fn link(nonce: [u8; 12], generation: u8) -> LinkClaims {
    LinkClaims { key: KeyId(1), nonce: Nonce(nonce), generation }
}

fn session(account: [u8; 16], session: [u8; 16]) -> SessionClaims {
    SessionClaims { key: KeyId(1), account: AccountId(account), session: SessionId(session) }
}

/// One token of each kind over the same bytes.
fn all_kinds(nonce: [u8; 12], generation: u8, ids: ([u8; 16], [u8; 16])) -> [String; 3] {
    let ring = ring();
    [
        ring.seal_link(&link(nonce, generation)).unwrap().as_str().to_owned(),
        ring.seal_request(KeyId(1), Nonce(nonce)).unwrap().as_str().to_owned(),
        ring.seal_session(&session(ids.0, ids.1)).unwrap().as_str().to_owned(),
    ]
}

/// Whether a text opens as a link, request or session token.
fn opens(ring: &KeyRing, text: &str) -> [bool; 3] {
    [ring.open_link(text).is_some(), ring.open_request(text).is_some(), ring.open_session(text).is_some()]
}

proptest! {
    #[test]
    fn six_digits_of_any_script_are_a_code_whatever_is_between_them(
        digits in prop::collection::vec("\\p{Nd}", 6), noise in "\\P{Nd}{0,8}",
    ) {
        let text = format!("{noise}{}{noise}", digits.join(&noise));
        let code = Code::parse(&text).unwrap();
        prop_assert!(code.as_str().bytes().all(|byte| byte.is_ascii_digit()) && code.as_str().len() == 6);
        // One digit more, and it is a code only if six of them stand together.
        let is_group = noise.is_empty();
        let longer = Code::parse(&format!("{}x{text}", digits[0]));
        prop_assert_eq!(longer, is_group.then_some(code));
    }

    #[test]
    fn fewer_than_six_digits_are_no_code(digits in prop::collection::vec("\\p{Nd}", 0..6), noise in "\\P{Nd}{0,8}") {
        prop_assert_eq!(Code::parse(&digits.join(&noise)), None);
    }
}

proptest! {
    #[test]
    fn a_token_opens_to_the_sealed_claims(
        nonce: [u8; 12], generation: u8, account: [u8; 16], id: [u8; 16],
    ) {
        let ring = ring();
        let [of_link, of_request, of_session] = all_kinds(nonce, generation, (account, id));
        prop_assert_eq!(ring.open_link(&of_link), Some(link(nonce, generation)));
        prop_assert_eq!(ring.open_request(&of_request), Some(Nonce(nonce)));
        prop_assert_eq!(ring.open_session(&of_session), Some(session(account, id)));
    }

    #[test]
    fn a_token_ends_in_a_letter_or_a_digit_so_that_no_mail_program_cuts_it(
        nonce: [u8; 12], generation: u8, ids: ([u8; 16], [u8; 16]),
    ) {
        let undo = ring().seal_undo(&link(nonce, generation)).unwrap();
        prop_assert_eq!(ring().open_undo(undo.as_str()), Some(Nonce(nonce)));
        for token in all_kinds(nonce, generation, ids).iter().map(String::as_str).chain([undo.as_str()]) {
            prop_assert!(token.ends_with(|last: char| last.is_ascii_alphanumeric()), "{}", token);
        }
    }

    #[test]
    fn no_kind_of_token_opens_as_another(nonce: [u8; 12], generation: u8, ids: ([u8; 16], [u8; 16])) {
        let opened = all_kinds(nonce, generation, ids).map(|token| opens(&ring(), &token));
        prop_assert_eq!(opened, [[true, false, false], [false, true, false], [false, false, true]]);
    }

    #[test]
    fn a_token_with_a_flipped_bit_does_not_open(
        nonce: [u8; 12], generation: u8, ids: ([u8; 16], [u8; 16]), at: prop::sample::Index, bit in 0..8_u8,
    ) {
        for token in all_kinds(nonce, generation, ids) {
            let mut bytes = token.clone().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            let forged = String::from_utf8_lossy(&bytes).into_owned();
            prop_assert_eq!(opens(&ring(), &forged), [false; 3]);
        }
    }

    #[test]
    fn a_shortened_or_extended_token_does_not_open(
        nonce: [u8; 12], generation: u8, ids: ([u8; 16], [u8; 16]), at: prop::sample::Index, more in ".{1,5}",
    ) {
        for token in all_kinds(nonce, generation, ids) {
            let at = at.index(token.len());
            prop_assert_eq!(opens(&ring(), &token[..at]), [false; 3]);
            prop_assert_eq!(opens(&ring(), &token[at + 1..]), [false; 3]);
            prop_assert_eq!(opens(&ring(), &format!("{token}{more}")), [false; 3]);
            prop_assert_eq!(opens(&ring(), &format!("{more}{token}")), [false; 3]);
        }
    }

    #[test]
    fn a_different_key_does_not_open_a_token(nonce: [u8; 12], generation: u8, ids: ([u8; 16], [u8; 16])) {
        let other = KeyRing::parse(&NEW_KEY.replace(" 2 ", " 1 ")).unwrap();
        for token in all_kinds(nonce, generation, ids) {
            prop_assert_eq!(opens(&other, &token), [false; 3]);
            prop_assert_eq!(opens(&KeyRing::parse(NEW_KEY).unwrap(), &token), [false; 3]);
        }
    }

    #[test]
    fn tokens_of_an_older_key_still_open(nonce: [u8; 12], generation: u8, ids: ([u8; 16], [u8; 16])) {
        let both = KeyRing::parse(&format!("{NEW_KEY}\n{OLD_KEY}\n")).unwrap();
        prop_assert_eq!(both.newest(), KeyId(2));
        for token in all_kinds(nonce, generation, ids) {
            prop_assert!(opens(&both, &token).contains(&true));
        }
    }

    #[test]
    fn arbitrary_text_does_not_open_and_does_not_panic(text in ".{0,120}") {
        prop_assert_eq!(opens(&ring(), &text), [false; 3]);
    }
}

#[test]
fn tokens_and_codes_are_the_same_as_in_the_first_release() {
    let ring = ring();
    let nonce = *b"twelve bytes";
    let claims = link(nonce, 3);
    insta::assert_snapshot!(format!(
        "link     {}\nrequest  {}\nsession  {}\ncode     {}\nnew code {}\ncheck    {:02x?}",
        ring.seal_link(&claims).unwrap().as_str(),
        ring.seal_request(KeyId(1), Nonce(nonce)).unwrap().as_str(),
        ring.seal_session(&session([7; 16], [9; 16])).unwrap().as_str(),
        ring.code(&claims).unwrap().as_str(),
        ring.code(&link(nonce, 4)).unwrap().as_str(),
        ring.checks().next().unwrap().1,
    ));
}

/// The hash stored for a registration with this password, under these keys.
async fn hash_of(password: &str, keys: &str) -> PasswordHash {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let mut change = Change::new();
    change.put(Key::salt_seed(), Record::SaltSeed(SEED));
    store.commit(change).await.unwrap();
    let (ring, settings) = (KeyRing::parse(keys).unwrap(), Settings::default());
    let gatepost =
        Gatepost::open(Arc::clone(&store), Company::Alone, world().0, ring, settings).await.unwrap();
    let ann = EmailAddress::parse("Ann@example.org").unwrap();
    let password = Password::new(password.into());
    let queued = gatepost.register(&ann, &password, None, &[], &Client::server()).await.unwrap();
    let found = store.get(&[Key::request(queued.held.nonce())]).await.unwrap().remove(0).unwrap();
    let Record::Request(request) = found.record else { panic!("no request") };
    request.password.unwrap().hash().clone()
}

/// If the hash of an existing password changed, no one could sign in with it.
#[tokio::test]
async fn passwords_are_hashed_as_in_the_first_release() {
    let password = "three quiet otters";
    let PasswordHash { recipe, hash } = hash_of(password, OLD_KEY).await;
    let address = EmailAddress::parse("ann@example.org").unwrap().canonical();
    assert_eq!(recipe, Recipe::new(SEED.salt(&address), KeyId(1), Cost::default()));
    insta::assert_snapshot!(format!(
        "pepper {:02x?}\nsalt   {:02x?}\n{:?}, {} bytes\nhash   {hash:02x?}",
        ring().pepper(KeyId(1)).unwrap().as_bytes(),
        recipe.salt,
        recipe.cost,
        recipe.length_bytes,
    ));
    let params = Params::new(19 * 1024, 2, 1, Some(32)).unwrap();
    let mut bare = [0; 32];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into(password.as_bytes(), &recipe.salt, &mut bare).unwrap();
    assert_ne!(hash, bare, "the database alone is not enough to guess passwords");
    let elsewhere = hash_of(password, &NEW_KEY.replace(" 2 ", " 1 ")).await;
    assert_eq!(elsewhere.recipe, recipe);
    assert_ne!(elsewhere.hash, hash);
}

#[test]
fn a_link_token_keeps_a_link_short() {
    let token = ring().seal_link(&link([255; 12], 255)).unwrap();
    assert_eq!(token.as_str().len(), 40);
}

#[test]
fn codes_are_evenly_distributed() {
    let ring = ring();
    let mut counts = [[0_u32; 10]; 6];
    for number in 0..20_000_u64 {
        let mut nonce = [0; 12];
        nonce[..8].copy_from_slice(&number.to_le_bytes());
        let code = ring.code(&link(nonce, 0)).unwrap();
        assert_eq!(code.as_str().len(), 6);
        for (place, digit) in code.as_str().bytes().enumerate() {
            counts[place][usize::from(digit - b'0')] += 1;
        }
    }
    // 2,000 of each are expected; six standard deviations are 255.
    assert!(counts.as_flattened().iter().all(|count| count.abs_diff(2_000) < 255), "{counts:?}");
}

#[test]
fn a_broken_key_file_is_refused_with_its_line() {
    for (text, error) in [
        (String::new(), KeyRingError::Empty),
        ("\n \n".into(), KeyRingError::Empty),
        (format!("{OLD_KEY}\nrubbish"), KeyRingError::Line(2)),
        (OLD_KEY.replace("-1 1", "-1 64"), KeyRingError::Line(1)),
        (OLD_KEY.replace("-1 1", "-2 1"), KeyRingError::Line(1)),
        (OLD_KEY.replace("8=", "="), KeyRingError::Line(1)),
        (format!("{OLD_KEY} more"), KeyRingError::Line(1)),
        (format!("{OLD_KEY}\n{OLD_KEY}"), KeyRingError::Twice(1)),
    ] {
        assert_eq!(KeyRing::parse(&text).err(), Some(error), "{text:?}");
    }
}

#[test]
fn debug_output_contains_no_secret() {
    let ring = ring();
    let claims = link([1; 12], 0);
    let shown = format!(
        "{ring:?} {:?} {:?} {:?} {:?}",
        ring.seal_link(&claims),
        ring.seal_request(KeyId(1), Nonce([1; 12])),
        ring.seal_session(&session([1; 16], [2; 16])),
        ring.code(&claims),
    );
    assert_eq!(
        shown,
        "KeyRing(1 keys) Some(LinkToken(…)) Some(RequestToken(…)) Some(SessionToken(…)) Some(Code(…))"
    );
}
