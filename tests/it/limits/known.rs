//! Browsers that have been signed in before: no stranger can use up what they may do.

use futures_util::future::join_all;
use gatepost::domain::Gatepost;
use gatepost::domain::error::Error;
use gatepost::domain::password::Password;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::limits::{Limit, Limits};
use gatepost::domain::token::KnownToken;

use super::{ANN, BOB, PASSWORD, WRONG, limited_to, mails};
use crate::harness::app::App;
use crate::harness::caller::Door;
use crate::harness::limits::NO_LIMITS;
use crate::profile::registered;

/// A browser that has been signed in to the account of this address.
async fn known(app: &App, email: &str) -> Client {
    let gatepost = &app.house.gatepost;
    let seals = gatepost.keep_known(&Client::server(), &app.account(email).await);
    let known = gatepost.known_browsers(seals.iter().map(KnownToken::as_str));
    assert_eq!(known.len(), 1);
    Client { known, ..Client::server() }
}

async fn ask(gatepost: &Gatepost, email: &str, client: &Client) -> Result<(), Error> {
    let address = EmailAddress::parse(email).unwrap();
    gatepost.request_sign_in(&address, None, &[], client).await.map(drop)
}

async fn enter(gatepost: &Gatepost, email: &str, password: &str, client: &Client) -> Result<(), Error> {
    let address = EmailAddress::parse(email).unwrap();
    let password = Password::new(password.to_owned());
    gatepost.sign_in_with_password(&address, &password, None, client).await.map(drop)
}

#[track_caller]
fn assert_limited(result: Result<(), Error>, expected: Limit) {
    match result {
        Err(Error::Limited { limit, .. }) if limit == expected => {}
        other => panic!("{other:?}, not {expected:?}"),
    }
}

/// SEC-52.
#[tokio::test]
async fn a_known_browser_gets_emails_when_strangers_have_used_up_the_addresss() {
    let app = limited_to(mails(2, 3)).await;
    app.signed_in(Door::Json, ANN).await;
    let (stranger, ann, phone) = (Client::server(), known(&app, ANN).await, known(&app, ANN).await);
    let gatepost = &app.house.gatepost;
    ask(gatepost, ANN, &stranger).await.unwrap();
    assert_limited(ask(gatepost, ANN, &stranger).await, Limit::MailsToAddress);
    // Each cookie has as many as the address, and what it uses takes nothing from strangers.
    for browser in [&ann, &phone] {
        for _ in 0..2 {
            ask(gatepost, ANN, browser).await.unwrap();
        }
        assert_limited(ask(gatepost, ANN, browser).await, Limit::MailsToAddress);
    }
    // All cookies together have five times that.
    for _ in 0..3 {
        let another = known(&app, ANN).await;
        for _ in 0..2 {
            ask(gatepost, ANN, &another).await.unwrap();
        }
    }
    assert_limited(ask(gatepost, ANN, &known(&app, ANN).await).await, Limit::MailsToAddress);
    // Known at one address is not known at another.
    ask(gatepost, BOB, &ann).await.unwrap();
    ask(gatepost, BOB, &stranger).await.unwrap();
    assert_limited(ask(gatepost, BOB, &ann).await, Limit::MailsToAddress);
    app.read_all().await;
}

/// SEC-54.
#[tokio::test]
async fn a_known_browser_signs_in_when_strangers_have_used_up_the_addresss_passwords() {
    let app = limited_to(Limits { tries_per_address_15m: 2, ..NO_LIMITS }).await;
    registered(&app, Door::Json, ANN).await;
    let (stranger, ann) = (Client::server(), known(&app, ANN).await);
    let gatepost = &app.house.gatepost;
    for _ in 0..2 {
        assert_eq!(enter(gatepost, ANN, WRONG, &stranger).await, Err(Error::InvalidCredentials));
    }
    assert_limited(enter(gatepost, ANN, PASSWORD, &stranger).await, Limit::TriesAtAddress);
    for _ in 0..2 {
        enter(gatepost, ANN, PASSWORD, &ann).await.unwrap();
    }
    assert_limited(enter(gatepost, ANN, PASSWORD, &ann).await, Limit::TriesAtAddress);
    for _ in 0..4 {
        let another = known(&app, ANN).await;
        for _ in 0..2 {
            enter(gatepost, ANN, PASSWORD, &another).await.unwrap();
        }
    }
    assert_limited(enter(gatepost, ANN, PASSWORD, &known(&app, ANN).await).await, Limit::TriesAtAddress);
}

/// SEC-54. Someone who has stolen many cookies, say.
#[tokio::test]
async fn of_many_known_browsers_at_once_no_more_passwords_are_hashed_than_all_may_enter_together() {
    let app = limited_to(Limits { tries_per_address_15m: 2, ..NO_LIMITS }).await;
    registered(&app, Door::Json, ANN).await;
    let gatepost = &app.house.gatepost;
    let mut browsers = Vec::new();
    for _ in 0..10 {
        browsers.push(known(&app, ANN).await);
    }
    let hashed = gatepost.passwords_hashed();
    let guessing = browsers.iter().chain(&browsers).map(|browser| enter(gatepost, ANN, WRONG, browser));
    let answers = join_all(guessing).await;
    let wrong = answers.iter().filter(|answer| **answer == Err(Error::InvalidCredentials)).count();
    assert_eq!((wrong, gatepost.passwords_hashed() - hashed), (10, 10));
}

/// SEC-35.
#[tokio::test]
async fn a_known_browser_enters_codes_when_strangers_have_used_up_the_addresss() {
    let app = limited_to(Limits { codes_per_address_day: 2, ..NO_LIMITS }).await;
    app.signed_in(Door::Json, ANN).await;
    let (gatepost, address) = (&app.house.gatepost, EmailAddress::parse(ANN).unwrap());
    let (stranger, ann) = (Client::server(), known(&app, ANN).await);
    let mut asked = Vec::new();
    for client in [&stranger, &ann] {
        let queued = gatepost.request_sign_in(&address, None, &[], client).await.unwrap();
        asked.push((queued.held, app.letter_to(ANN).await));
    }
    let [(theirs, their_letter), (hers, her_letter)] = <[_; 2]>::try_from(asked).unwrap();
    let code = |text: &str| gatepost::domain::token::Code::parse(text);
    for _ in 0..2 {
        let wrong = code(&their_letter.wrong_code());
        let refused = gatepost.redeem_code(theirs, wrong.as_ref(), None, None, &stranger).await;
        assert_eq!(refused.unwrap_err(), Error::WrongCode);
    }
    let right = code(&their_letter.code);
    let refused = gatepost.redeem_code(theirs, right.as_ref(), None, None, &stranger).await;
    assert_limited(refused.map(drop), Limit::CodesAtAddress);
    let right = code(&her_letter.code);
    assert!(gatepost.redeem_code(hers, right.as_ref(), None, None, &ann).await.is_ok());
}
