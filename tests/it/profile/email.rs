//! Changing the address, and undoing the change.

use std::time::Duration;

use super::{ANN, OTHER, PASSWORD, WAIT, also, registered, wrong};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    a_new_address_is_confirmed_with_the_link_where_the_account_is_signed_in,
    a_new_address_is_confirmed_with_the_code,
    no_account_can_take_another_persons_address,
    a_taken_address_gets_the_same_response_and_its_owner_is_notified,
    only_the_newest_change_counts_and_it_can_be_cancelled,
    the_old_address_can_undo_the_change,
    a_reserved_address_stays_free_of_others_until_the_undo_expires,
    an_invalid_new_address_is_refused,
}

const NEW: &str = "new@example.org";
const BOB: &str = "bob@example.org";

fn gone() -> Answer {
    Answer::refused(410, "invalid_link")
}

async fn a_new_address_is_confirmed_with_the_link_where_the_account_is_signed_in(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    let mut elsewhere = also(&app, door, ANN, PASSWORD).await;
    assert_eq!(ann.change_email(NEW).await, Answer::Done);
    assert!(app.news_to(ANN).await.link.is_none(), "the old address is told, without a link");
    let letter = app.letter_to(NEW).await;
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
    let stolen = ann.clone();
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(ann.who().await.as_deref(), Some(NEW));
    assert_eq!((elsewhere.who().await, stolen.clone().who().await), (None, None));
    assert_eq!(app.caller(door).sign_in_with_password(ANN, PASSWORD).await, wrong());
    also(&app, door, NEW, PASSWORD).await;
    assert_eq!(elsewhere.follow_deliberately(&letter.link).await, gone());
}

async fn a_new_address_is_confirmed_with_the_code(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    ann.change_email(NEW).await;
    app.news_to(ANN).await;
    let letter = app.letter_to(NEW).await;
    assert_eq!(ann.type_code(&letter.code).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(ann.who().await.as_deref(), Some(NEW));
}

/// The attack: someone signed in requests a change to the victim's address, and the victim opens the
/// email.
async fn no_account_can_take_another_persons_address(door: Door) {
    let app = App::start().await;
    let mut trojan = registered(&app, door, BOB).await;
    trojan.change_email(ANN).await;
    app.news_to(BOB).await;
    let letter = app.letter_to(ANN).await;
    let mut victim = app.caller(door);
    assert_eq!(victim.look_at(&letter.link).await, Answer::Done);
    let sign_in = Answer::refused(401, "sign_in_required");
    assert_eq!(victim.follow_deliberately(&letter.link).await, sign_in);
    assert_eq!(victim.confirm_elsewhere(&letter.link, Some(PASSWORD)).await, sign_in);
    // It does not work where the victim is signed in to an account of their own either.
    let mut other = registered(&app, door, "carol@example.org").await;
    assert_eq!(other.follow_deliberately(&letter.link).await, gone());
    // Nor does the code work in a browser that has a request of its own.
    other.ask("carol@example.org").await;
    other.type_code(&letter.code).await;
    assert_eq!(other.who().await.as_deref(), Some("carol@example.org"));
    app.clock.advance(WAIT);
    assert_eq!(trojan.who().await.as_deref(), Some(BOB));
    let mut victim = app.signed_in(door, ANN).await;
    assert_eq!(victim.who().await.as_deref(), Some(ANN));
    // By now the address is taken.
    assert_eq!(trojan.type_code(&letter.code).await, Answer::refused(410, "invalid_request"));
    assert_eq!(trojan.follow(&letter.link).await, gone());
    if door == Door::Json {
        app.letter_to("carol@example.org").await;
    }
}

async fn a_taken_address_gets_the_same_response_and_its_owner_is_notified(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    registered(&app, door, BOB).await;
    assert_eq!(ann.change_email(BOB).await, Answer::Done);
    app.news_to(ANN).await;
    let news = app.news_to(BOB).await;
    assert!(news.link.is_none() && news.code.is_none(), "{}", news.text);
    assert_eq!(ann.type_code("000000").await, Answer::refused_field(422, "wrong_code", "code"));
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
}

async fn only_the_newest_change_counts_and_it_can_be_cancelled(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    ann.change_email(NEW).await;
    app.news_to(ANN).await;
    let first = app.letter_to(NEW).await;
    ann.change_email(BOB).await;
    app.news_to(ANN).await;
    let second = app.letter_to(BOB).await;
    assert_eq!(ann.follow(&first.link).await, gone());
    assert_eq!(ann.cancel_email_change().await, Answer::Done);
    assert_eq!(ann.follow(&second.link).await, gone());
    assert_eq!(ann.type_code(&second.code).await, Answer::refused(410, "invalid_request"));
    assert_eq!(ann.cancel_email_change().await, Answer::Done, "calling off none is no mistake");
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
}

async fn the_old_address_can_undo_the_change(door: Door) {
    let app = App::start().await;
    // A thief controls the account and changes everything in it, twice.
    let mut thief = registered(&app, door, ANN).await;
    thief.change_email(NEW).await;
    app.news_to(ANN).await;
    let letter = app.letter_to(NEW).await;
    assert_eq!(thief.follow(&letter.link).await, Answer::Done);
    let undo = app.news_to(ANN).await.link.unwrap();
    thief.change_email(BOB).await;
    app.news_to(NEW).await;
    let letter = app.letter_to(BOB).await;
    assert_eq!(thief.follow(&letter.link).await, Answer::Done);
    let younger = app.news_to(NEW).await.link.unwrap();
    assert_eq!(thief.change_password(OTHER, Some(PASSWORD)).await, Answer::Done);
    app.news_to(BOB).await;
    let mut waiting = app.caller(door);
    waiting.ask(BOB).await;
    let planted = app.letter_to(BOB).await;
    app.clock.advance(Duration::from_hours(6 * 24));
    // Six days later, its owner presses the button in the email.
    let mut ann = app.caller(door);
    assert_eq!(ann.look_at(&undo).await, Answer::Done);
    let tick = Answer::refused_field(422, "confirmation_required", "confirm");
    assert_eq!(ann.follow(&undo).await, tick);
    assert_eq!(ann.follow_deliberately(&undo).await, Answer::Done);
    app.news_to(ANN).await;
    app.news_to(BOB).await;
    assert_eq!(ann.who().await, None, "it signs nobody in");
    assert_eq!(thief.who().await, None);
    for (email, password) in [(ANN, PASSWORD), (ANN, OTHER), (BOB, OTHER)] {
        assert_eq!(app.caller(door).sign_in_with_password(email, password).await, wrong());
    }
    for link in [&undo, &younger, &planted.link] {
        assert_eq!(thief.follow_deliberately(link).await, gone());
    }
    app.clock.advance(WAIT);
    let mut ann = app.signed_in(door, ANN).await;
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
    assert_eq!(app.accounts().await, 1);
}

async fn a_reserved_address_stays_free_of_others_until_the_undo_expires(door: Door) {
    let app = App::start_unlimited().await;
    let mut ann = registered(&app, door, ANN).await;
    ann.change_email(NEW).await;
    app.news_to(ANN).await;
    let letter = app.letter_to(NEW).await;
    ann.follow(&letter.link).await;
    let undo = app.news_to(ANN).await.link.unwrap();
    // Every door responds as usual, and the old address gets the undo link by email.
    let mut stranger = app.caller(door);
    assert_eq!(stranger.ask(ANN).await, Answer::Done);
    assert_eq!(app.news_to(ANN).await.link.as_deref(), Some(undo.as_str()));
    assert_eq!(stranger.register(ANN, OTHER).await, Answer::Done);
    assert_eq!(app.news_to(ANN).await.link.as_deref(), Some(undo.as_str()));
    assert_eq!(stranger.forgot_password(ANN).await, Answer::Done);
    assert_eq!(app.news_to(ANN).await.link.as_deref(), Some(undo.as_str()));
    app.sweep_after(Duration::from_hours(7 * 24)).await;
    assert_eq!(ann.follow_deliberately(&undo).await, gone());
    let mut next = app.signed_in(door, ANN).await;
    assert_eq!(next.who().await.as_deref(), Some(ANN));
    assert_eq!(app.accounts().await, 2);
}

async fn an_invalid_new_address_is_refused(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    for same in [ANN, "ANN@Example.org"] {
        assert_eq!(ann.change_email(same).await, Answer::refused_field(422, "same_email", "email"));
    }
    for text in ["", "ann", "a@b@c", "a@example.org,b@example.org"] {
        assert_eq!(ann.change_email(text).await, Answer::refused_field(422, "invalid_email", "email"));
    }
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
}
