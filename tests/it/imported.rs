//! Imported passwords: what is stored of them, and that no response time reveals them.

use std::sync::{Arc, Mutex};

use argon2::{Algorithm, Argon2, Params, Version};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use gatepost::domain::operator::{ImportStep, NewAccount, Role};
use gatepost::domain::password::{ForeignHash, Password};
use gatepost::domain::person::PasswordSignIn;
use gatepost::domain::ports::{Change, Committed, Company, Reading, Store, StoreError, Versioned};
use gatepost::domain::record::Record;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::key::{Key, Span};
use gatepost::domain::record::password::{Cost, Method, Recipe};
use gatepost::domain::record::request::Request;
use gatepost::domain::record::time::Timestamp;
use gatepost::domain::token::KeyRing;
use gatepost::domain::{Gatepost, Settings};
use gatepost::store::memory::MemoryStore;

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::world::world;

both_doors! {
    every_password_check_computes_the_same_hashes_while_imported_ones_are_stored,
    the_last_imported_hash_ends_that_however_it_goes,
    a_registration_at_an_imported_address_is_hashed_as_any_other,
    an_imported_password_is_checked_as_it_is_sent_and_stored_prepared,
    two_recipes_at_one_address_make_every_check_compute_two_hashes,
    an_import_at_an_address_where_a_stranger_registered_reveals_nothing,
}

const PASSWORD: &str = "three quiet otters";
const WRONG: &str = "seven loud geese";
/// Cheaper than ours, and cheap enough for a test.
const IMPORTED_COST: Cost = Cost { memory_kib: 8192, passes: 1, lanes: 2 };

fn invalid() -> Answer {
    Answer::refused(401, "invalid_credentials")
}

fn address(email: &str) -> EmailAddress {
    EmailAddress::parse(email).unwrap()
}

/// The hash that another program computes of a password.
fn bare_hash(password: &str, salt: [u8; 16]) -> [u8; 32] {
    let Cost { memory_kib, passes, lanes } = IMPORTED_COST;
    let params = Params::new(memory_kib, passes, lanes, Some(32)).unwrap();
    let mut hash = [0; 32];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into(password.as_bytes(), &salt, &mut hash).unwrap();
    hash
}

/// The same as that program stores it.
fn foreign(password: &str, salt: [u8; 16]) -> ForeignHash {
    let Cost { memory_kib, passes, lanes } = IMPORTED_COST;
    let hash = bare_hash(password, salt);
    let [salt, hash] = [&salt[..], &hash].map(|bytes| STANDARD_NO_PAD.encode(bytes));
    ForeignHash::parse(&format!("$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${salt}${hash}")).unwrap()
}

fn row(email: &str, password: &str, salt: [u8; 16]) -> NewAccount {
    NewAccount {
        address: address(email),
        registered_at: Timestamp::default(),
        confirmed_at: Timestamp::default(),
        role: Role::Member,
        disabled: false,
        password: Some(foreign(password, salt)),
    }
}

pub(crate) async fn import(app: &App, emails: &[&str]) {
    let rows: Vec<NewAccount> = emails.iter().map(|email| row(email, PASSWORD, [7; 16])).collect();
    let imported =
        app.house.gatepost.import_accounts(&rows, ImportStep::Last, &Client::server()).await.unwrap();
    assert_eq!(imported.added, emails.len());
}

/// How many hashes a wrong password at an address costs.
pub(crate) async fn cost_of_a_wrong_password(app: &App, door: Door, email: &str) -> u64 {
    let before = app.house.gatepost.passwords_hashed();
    let mut caller = app.caller(door);
    assert_eq!(caller.sign_in_with_password(email, WRONG).await, invalid(), "{email}");
    let (hashed, attempts) = (app.house.gatepost.passwords_hashed() - before, caller.attempts());
    assert_eq!(hashed % attempts, 0, "each attempt costs the same: {hashed} in {attempts} attempts");
    hashed / attempts
}

async fn every_password_check_computes_the_same_hashes_while_imported_ones_are_stored(door: Door) {
    let app = App::start().await;
    let mut bob = app.caller(door);
    assert_eq!(bob.register("bob@example.org", PASSWORD).await, Answer::Done);
    let letter = app.letter_to("bob@example.org").await;
    assert_eq!(bob.follow(&letter.link).await, Answer::Done);
    assert_eq!(cost_of_a_wrong_password(&app, door, "bob@example.org").await, 1);
    import(&app, &["ann@example.org"]).await;
    // An imported password, one of ours, and no account.
    for email in ["ann@example.org", "bob@example.org", "eve@example.org"] {
        assert_eq!(cost_of_a_wrong_password(&app, door, email).await, 2, "{email}");
        let before = app.house.gatepost.passwords_hashed();
        let mut caller = app.caller(door);
        assert_eq!(caller.register(email, "a wholly new password").await, Answer::Done);
        let hashed = app.house.gatepost.passwords_hashed() - before;
        assert_eq!(hashed, 2 * caller.attempts(), "registering {email}");
        assert_eq!(cost_of_a_wrong_password(&app, door, email).await, 2, "{email} after that");
    }
    app.read_all().await;
    // The right password is hashed once more, to be stored like all others. Then nothing is left.
    let before = app.house.gatepost.passwords_hashed();
    let mut ann = app.caller(door);
    assert_eq!(ann.sign_in_with_password("ann@example.org", PASSWORD).await, Answer::Done);
    assert_eq!(app.house.gatepost.passwords_hashed() - before, 4 * ann.attempts());
    for email in ["ann@example.org", "bob@example.org", "eve@example.org"] {
        assert_eq!(cost_of_a_wrong_password(&app, door, email).await, 1, "{email}");
    }
}

async fn the_last_imported_hash_ends_that_however_it_goes(door: Door) {
    let app = App::start().await;
    let all = ["a@example.org", "b@example.org", "c@example.org", "d@example.org", "e@example.org"];
    import(&app, &all).await;
    let [signed_in, reset, changed, removed, deleted] = all;
    let check = async || cost_of_a_wrong_password(&app, door, "eve@example.org").await;
    assert_eq!(check().await, 2);
    assert_eq!(app.caller(door).sign_in_with_password(signed_in, PASSWORD).await, Answer::Done);
    let mut caller = app.caller(door);
    assert_eq!(caller.forgot_password(reset).await, Answer::Done);
    let letter = app.letter_to(reset).await;
    assert_eq!(caller.reset_by_code(&letter.code, "a wholly new password").await, Answer::Done);
    app.news_to(reset).await;
    let mut caller = app.signed_in(door, changed).await;
    assert_eq!(caller.change_password("a wholly new password", Some(PASSWORD)).await, Answer::Done);
    app.news_to(changed).await;
    let mut caller = app.signed_in(door, removed).await;
    assert_eq!(caller.remove_password().await, Answer::Done);
    app.news_to(removed).await;
    assert_eq!(check().await, 2, "one is left");
    app.house.gatepost.delete_account_of(&address(deleted), &Client::server()).await.unwrap();
    app.news_to(deleted).await;
    assert_eq!(check().await, 1, "none is left");
    assert!(app.all_records().await.iter().all(|(_, found)| !matches!(found.record, Record::Workload(_))));
}

/// Its password would otherwise be stored at a cost that another program chose.
async fn a_registration_at_an_imported_address_is_hashed_as_any_other(door: Door) {
    let app = App::start().await;
    import(&app, &["ann@example.org"]).await;
    let stored = app.account("ann@example.org").await.password.unwrap();
    let bare = bare_hash(PASSWORD, [7; 16]);
    assert_ne!(stored.hash, bare, "the store alone must not be enough to try passwords");
    assert_eq!(app.caller(door).register("ann@example.org", "a wholly new password").await, Answer::Done);
    app.letter_to("ann@example.org").await;
    let requests = app.all_records().await.into_iter().filter_map(|(_, found)| match found.record {
        Record::Request(Request { password: Some(entered), .. }) => Some(entered.hash().recipe.clone()),
        _ => None,
    });
    let recipes: Vec<Recipe> = requests.collect();
    let [Recipe { method, cost, .. }] = &recipes[..] else { panic!("{recipes:?}") };
    assert_eq!((*method, *cost), (Method::Peppered, Cost::default()));
    let unconfirmed = Answer::refused(403, "unconfirmed");
    let mut stranger = app.caller(door);
    assert_eq!(stranger.sign_in_with_password("ann@example.org", "a wholly new password").await, unconfirmed);
    assert_eq!(app.caller(door).sign_in_with_password("ann@example.org", PASSWORD).await, Answer::Done);
}

async fn an_imported_password_is_checked_as_it_is_sent_and_stored_prepared(door: Door) {
    let app = App::start().await;
    let (sent, prepared) = ("gru\u{308}ne\u{a0}Otter am Fluss", "gr\u{fc}ne Otter am Fluss");
    let rows = [row("ann@example.org", sent, [7; 16])];
    app.house.gatepost.import_accounts(&rows, ImportStep::Last, &Client::server()).await.unwrap();
    let sign_in = async |password: &str| {
        let mut caller: Caller = app.caller(door);
        caller.sign_in_with_password("ann@example.org", password).await
    };
    assert_eq!(sign_in(prepared).await, invalid(), "the other program did not prepare it");
    assert_eq!(sign_in(sent).await, Answer::Done);
    assert_eq!(app.account("ann@example.org").await.password.unwrap().recipe.method, Method::Peppered);
    assert_eq!(sign_in(prepared).await, Answer::Done);
    assert_eq!(sign_in(sent).await, Answer::Done);
}

/// A registration waits under the recipe its address had then; the account gets another one.
async fn two_recipes_at_one_address_make_every_check_compute_two_hashes(door: Door) {
    let app = App::start().await;
    let mut ann = app.caller(door);
    assert_eq!(ann.register("ann@example.org", PASSWORD).await, Answer::Done);
    let letter = app.letter_to("ann@example.org").await;
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    assert_eq!(app.caller(door).register("ann@example.org", "a wholly new password").await, Answer::Done);
    app.letter_to("ann@example.org").await;
    let password_cost = Cost { passes: 3, ..Cost::default() };
    let app = app.restarted_as(Settings { password_cost, ..Settings::default() }).await;
    let unconfirmed = Answer::refused(403, "unconfirmed");
    let stranger = async || {
        let mut caller = app.caller(door);
        caller.sign_in_with_password("ann@example.org", "a wholly new password").await
    };
    assert_eq!(stranger().await, unconfirmed);
    assert_eq!(cost_of_a_wrong_password(&app, door, "eve@example.org").await, 1);
    assert_eq!(app.caller(door).sign_in_with_password("ann@example.org", PASSWORD).await, Answer::Done);
    assert_eq!(stranger().await, unconfirmed, "the stranger does not learn that someone signed in");
    for email in ["ann@example.org", "eve@example.org"] {
        assert_eq!(cost_of_a_wrong_password(&app, door, email).await, 2, "{email}");
    }
    app.clock.advance(std::time::Duration::from_hours(25));
    for email in ["ann@example.org", "eve@example.org"] {
        assert_eq!(cost_of_a_wrong_password(&app, door, email).await, 1, "{email}");
    }
}

async fn an_import_at_an_address_where_a_stranger_registered_reveals_nothing(door: Door) {
    let app = App::start().await;
    let mut registering = app.caller(door);
    assert_eq!(registering.register("ann@example.org", "a wholly new password").await, Answer::Done);
    app.letter_to("ann@example.org").await;
    let unconfirmed = Answer::refused(403, "unconfirmed");
    let stranger = async || {
        let mut caller = app.caller(door);
        caller.sign_in_with_password("ann@example.org", "a wholly new password").await
    };
    assert_eq!(stranger().await, unconfirmed);
    import(&app, &["ann@example.org"]).await;
    assert_eq!(stranger().await, unconfirmed, "the account has another salt");
    let costs = async || {
        let [ann, eve] = ["ann@example.org", "eve@example.org"];
        (cost_of_a_wrong_password(&app, door, ann).await, cost_of_a_wrong_password(&app, door, eve).await)
    };
    assert_eq!(costs().await, (2, 2), "one imported, one of ours");
    assert_eq!(app.caller(door).sign_in_with_password("ann@example.org", PASSWORD).await, Answer::Done);
    assert_eq!(stranger().await, unconfirmed);
    assert_eq!(costs().await, (2, 2), "two of ours, with different salts");
    // Five wrong codes, and the registration begins again with the password it had.
    app.clock.advance(std::time::Duration::from_hours(12));
    for _ in 0..5 {
        registering.type_code("000000").await;
    }
    assert_eq!(registering.resend().await, Answer::Done);
    app.letter_to("ann@example.org").await;
    app.clock.advance(std::time::Duration::from_hours(13));
    assert_eq!((stranger().await, costs().await), (unconfirmed, (2, 2)));
    app.clock.advance(std::time::Duration::from_hours(12));
    assert_eq!((stranger().await, costs().await), (invalid(), (1, 1)));
}

/// A store that imports an account just before the first commit of someone else.
struct ImportingStore {
    inner: Arc<MemoryStore>,
    other: Mutex<Option<Gatepost>>,
}

#[async_trait]
impl Store for ImportingStore {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, StoreError> {
        self.inner.get(keys).await
    }

    async fn scan(&self, span: &Span, limit: usize) -> Result<Vec<(Key, Reading)>, StoreError> {
        self.inner.scan(span, limit).await
    }

    async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        let other = self.other.lock().unwrap().take();
        if let Some(other) = other {
            let imported = row("ann@example.org", PASSWORD, [7; 16]);
            other.import_accounts(&[imported], ImportStep::Last, &Client::server()).await.unwrap();
        }
        self.inner.commit(change).await
    }

    fn writable(&self) -> Result<(), StoreError> {
        self.inner.writable()
    }
}

#[tokio::test]
async fn a_registration_is_hashed_again_if_an_account_with_another_salt_appears_meanwhile() {
    let (inner, (world, _)) = (Arc::new(MemoryStore::new()), world());
    let keys = KeyRing::generate(&world);
    let ring = || KeyRing::parse(&keys).unwrap();
    let (settings, alone) = (Settings::default, Company::Alone);
    let other = Gatepost::open(inner.clone(), alone, world.clone(), ring(), settings()).await.unwrap();
    let store = Arc::new(ImportingStore { inner, other: Mutex::new(None) });
    let house = Gatepost::open(store.clone(), Company::Alone, world, ring(), settings()).await.unwrap();
    *store.other.lock().unwrap() = Some(other);
    let (ann, password) = (address("ann@example.org"), Password::new("a wholly new password".into()));
    house.register(&ann, &password, None, &[], &Client::server()).await.unwrap();
    assert!(house.account_at(&ann).await.is_ok(), "the import came first");
    let signed_in = house.sign_in_with_password(&ann, &password, None, &Client::server()).await;
    assert!(matches!(signed_in, Ok(PasswordSignIn::Unconfirmed(_))), "{signed_in:?}");
    // Hashed before and after the import, then checked: one recipe of ours, and one dummy or imported.
    assert_eq!(house.passwords_hashed(), 1 + 2 + 2);
}
