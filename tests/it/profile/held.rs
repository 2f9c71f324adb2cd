//! An address that is reserved for an account which can get it back.

use std::time::Duration;

use gatepost::domain::operator::{Refusal, Role};
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;

use super::{ANN, OTHER, PASSWORD, WAIT, readdress, registered};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    the_undo_link_is_emailed_to_the_address_as_it_was_confirmed,
    a_registration_at_a_reserved_address_is_void_after_the_undo,
    the_previous_address_is_notified_of_the_deletion,
    an_undo_never_takes_an_address_from_its_new_owner,
}

const NEW: &str = "new@example.org";
const WEEK: Duration = Duration::from_hours(7 * 24);

async fn the_undo_link_is_emailed_to_the_address_as_it_was_confirmed(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    let undo = readdress(&app, &mut ann, ANN, NEW).await;
    let mut stranger = app.caller(door);
    assert_eq!(stranger.ask("ANN@Example.org").await, Answer::Done);
    let letter = app.news_to(ANN).await;
    assert_eq!((letter.to.as_str(), letter.link), (ANN, Some(undo)));
}

async fn a_registration_at_a_reserved_address_is_void_after_the_undo(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    let undo = readdress(&app, &mut ann, ANN, NEW).await;
    let mut stranger = app.caller(door);
    stranger.register(ANN, OTHER).await;
    app.news_to(ANN).await;
    let unconfirmed = Answer::refused(403, "unconfirmed");
    assert_eq!(app.caller(door).sign_in_with_password(ANN, OTHER).await, unconfirmed);
    assert_eq!(app.caller(door).follow_deliberately(&undo).await, Answer::Done);
    app.read_all().await;
    // The stranger does not notice, and confirms nothing.
    assert_eq!(app.caller(door).sign_in_with_password(ANN, OTHER).await, unconfirmed);
    app.clock.advance(WAIT);
    assert_eq!(stranger.resend().await, Answer::Done);
    let letter = app.letter_to(ANN).await;
    let mut ann = app.caller(door);
    assert_eq!(ann.follow_deliberately(&letter.link).await, Answer::Done);
    assert!(!ann.has_password().await);
}

/// A thief moves the account to another address and deletes it at once: the one action that cannot be undone.
async fn the_previous_address_is_notified_of_the_deletion(door: Door) {
    let app = App::start().await;
    let mut thief = registered(&app, door, ANN).await;
    let undo = readdress(&app, &mut thief, ANN, NEW).await;
    assert_eq!(thief.delete_account("delete").await, Answer::Done);
    for address in [ANN, NEW] {
        let news = app.news_to(address).await;
        assert!(news.subject.contains("deleted") && news.link.is_none(), "{}", news.text);
    }
    assert_eq!(app.caller(door).follow_deliberately(&undo).await, Answer::refused(410, "invalid_link"));
}

/// The clock was ahead, so the reservation had expired, and is then set right.
async fn an_undo_never_takes_an_address_from_its_new_owner(door: Door) {
    for deletes in [true, false] {
        let app = App::start().await;
        let mut ann = registered(&app, door, ANN).await;
        let undo = readdress(&app, &mut ann, ANN, NEW).await;
        app.clock.advance(WEEK);
        let mut carol = registered(&app, door, ANN).await;
        app.clock.set_back(WEEK);
        if deletes {
            let moved = EmailAddress::parse(NEW).unwrap();
            app.house.gatepost.delete_account_of(&moved, &Client::server()).await.unwrap();
        } else {
            let answer = app.caller(door).follow_deliberately(&undo).await;
            assert_eq!(answer, Answer::refused(410, "invalid_link"));
        }
        app.read_all().await;
        assert_eq!(carol.who().await.as_deref(), Some(ANN));
        assert_eq!(app.caller(door).sign_in_with_password(ANN, PASSWORD).await, Answer::Done);
        assert_eq!(app.accounts().await, if deletes { 1 } else { 2 });
    }
}

/// The index entries of the reserved address and of the address left behind may expire at the same time.
#[tokio::test]
async fn an_account_can_be_deleted_at_any_time_after_a_change() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Json, ANN).await;
    readdress(&app, &mut ann, ANN, NEW).await;
    app.clock.advance(Duration::from_hours(5 * 24));
    let moved = EmailAddress::parse(NEW).unwrap();
    app.house.gatepost.delete_account_of(&moved, &Client::server()).await.unwrap();
    app.read_all().await;
    app.sweep_after(Duration::from_hours(48)).await;
    assert_eq!(app.records().await.without_events(), App::start().await.records().await.without_events());
}

#[tokio::test]
async fn the_operator_is_told_that_an_address_is_reserved() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Json, ANN).await;
    readdress(&app, &mut ann, ANN, NEW).await;
    let (address, operator) = (EmailAddress::parse(ANN).unwrap(), Client::server());
    let added = app.house.gatepost.add_account(&address, Role::Member, &operator).await;
    assert_eq!(added.unwrap_err(), Refusal::AddressHeld(address.clone()));
    app.clock.advance(WEEK);
    app.house.gatepost.add_account(&address, Role::Member, &operator).await.unwrap();
}
