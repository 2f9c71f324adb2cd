//! Anything that has expired is no longer shown, emailed or trusted.

use std::time::Duration;

use gatepost::domain::operator::{ImportStep, NewAccount, Role};
use gatepost::domain::password::ForeignHash;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::event::EventName;
use gatepost::domain::record::time::Timestamp;

use super::{ANN, PASSWORD, registered};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    an_expired_change_of_address_is_shown_nowhere,
    notices_that_are_no_longer_true_are_not_sent,
    a_sign_in_from_the_future_is_not_recent,
    a_strangers_registration_stays_pending_after_the_account_is_deleted,
}

const BOB: &str = "bob@example.org";
const NEW: &str = "new@example.org";
/// The hash of a password that no one knows.
const HASH: &str =
    "$argon2id$v=19$m=8192,t=3,p=2$maia5wwCZyFzaCY4g+dlRQ$6ROKhAkFvjNrgkxYaTT6hqFGfhFW7V5haFrnw+d4XIU";

async fn an_expired_change_of_address_is_shown_nowhere(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    assert_eq!(ann.change_email(NEW).await, Answer::Done);
    app.news_to(ANN).await;
    app.letter_to(NEW).await;
    let operators = async || {
        let address = EmailAddress::parse(ANN).unwrap();
        app.house.gatepost.account_at(&address).await.unwrap().pending_change
    };
    assert!(operators().await.is_some());
    app.clock.advance(Duration::from_hours(24));
    assert!(operators().await.is_none());
    let mut anew = app.caller(door);
    assert_eq!(anew.sign_in_with_password(ANN, PASSWORD).await, Answer::Done);
    if door == Door::Json {
        let outcome = anew.last.as_ref().unwrap().json();
        assert!(outcome["account"]["pending_email"].is_null());
    }
    assert!(anew.export().await["account"]["pending_email"].is_null());
}

/// The mail server is down while Bob requests Ann's address and Ann's account is deleted.
async fn notices_that_are_no_longer_true_are_not_sent(door: Door) {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let app = App::start_with_smtp(port).await;
    add(&app, ANN).await;
    let link = add(&app, BOB).await;
    let mut bob: Caller = app.caller(door);
    assert_eq!(bob.follow_deliberately(&link).await, Answer::Done);
    assert_eq!(bob.change_email(ANN).await, Answer::Done);
    let dropped = async || app.events().await.iter().filter(|it| **it == EventName::MailDropped).count();
    app.pass(Duration::from_mins(5)).await;
    assert_eq!(dropped().await, 0);
    let (address, operator) = (EmailAddress::parse(ANN).unwrap(), Client::server());
    app.house.gatepost.delete_account_of(&address, &operator).await.unwrap();
    // Which email tries first whether the mail server is back is left to chance; the others wait for it.
    for _ in 0..3 {
        app.pass(Duration::from_mins(5)).await;
    }
    assert_eq!(dropped().await, 1, "that somebody wants an address of nobody");
}

/// Creates an account as the operator and returns its sign-in link.
async fn add(app: &App, email: &str) -> String {
    let (address, operator) = (EmailAddress::parse(email).unwrap(), Client::server());
    let added = app.house.gatepost.add_account(&address, Role::Member, &operator).await.unwrap();
    format!("http://localhost/link/{}", added.token.as_str())
}

/// The clock was ahead and is then set right.
async fn a_sign_in_from_the_future_is_not_recent(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    app.clock.set_back(Duration::from_mins(1));
    assert_eq!(ann.cancel_email_change().await, Answer::Done, "a clock that is a little off");
    app.clock.set_back(Duration::from_hours(1));
    assert_eq!(ann.cancel_email_change().await, Answer::refused(403, "recent_sign_in_required"));
    assert_eq!(ann.reauthenticate(PASSWORD).await, Answer::Done);
    assert_eq!(ann.cancel_email_change().await, Answer::Done);
}

/// The account was imported, with a salt of its own.
async fn a_strangers_registration_stays_pending_after_the_account_is_deleted(door: Door) {
    let app = App::start().await;
    let (address, operator) = (EmailAddress::parse(ANN).unwrap(), Client::server());
    let account = NewAccount {
        address: address.clone(),
        registered_at: Timestamp::default(),
        confirmed_at: Timestamp::default(),
        role: Role::Member,
        disabled: false,
        password: Some(ForeignHash::parse(HASH).unwrap()),
    };
    app.house.gatepost.import_accounts(&[account], ImportStep::Last, &operator).await.unwrap();
    assert_eq!(app.caller(door).register(ANN, PASSWORD).await, Answer::Done);
    app.letter_to(ANN).await;
    let unconfirmed = Answer::refused(403, "unconfirmed");
    assert_eq!(app.caller(door).sign_in_with_password(ANN, PASSWORD).await, unconfirmed);
    app.house.gatepost.delete_account_of(&address, &operator).await.unwrap();
    app.news_to(ANN).await;
    assert_eq!(app.caller(door).sign_in_with_password(ANN, PASSWORD).await, unconfirmed);
}
