//! What an action ends, and what stays ended.

use super::{ANN, NOT_TWICE, act, admin};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    what_was_there_before_an_account_was_disabled_stays_dead_after_it_is_enabled,
    signing_out_everywhere_ends_sessions_and_open_links,
    a_link_that_an_administrator_sent_ends_with_them,
    signing_out_everywhere_ends_a_link_also_after_the_limits_were_lifted,
    ending_one_session_ends_nothing_else,
}

fn dead() -> Answer {
    Answer::refused(410, "invalid_link")
}

async fn what_was_there_before_an_account_was_disabled_stays_dead_after_it_is_enabled(door: Door) {
    let app = App::start().await;
    let mut ann = app.signed_in(door, ANN).await;
    let mut waiting = app.caller(door);
    waiting.ask(ANN).await;
    let letter = app.letter_to(ANN).await;
    let (mut admin, id) = (admin(&app, door).await, app.id_of(ANN).await);
    assert_eq!(act(&mut admin, &id, "disable", ANN).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(act(&mut admin, &id, "enable", ANN).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(ann.who().await, None);
    assert_eq!(waiting.type_code(&letter.code).await.code(), "invalid_request");
    assert_eq!(waiting.follow(&letter.link).await, dead());
    assert_eq!(app.caller(door).follow_deliberately(&letter.link).await, dead());
    app.signed_in(door, ANN).await;
}

async fn signing_out_everywhere_ends_sessions_and_open_links(door: Door) {
    let app = App::start().await;
    let mut ann = app.signed_in(door, ANN).await;
    let (mut admin, id) = (admin(&app, door).await, app.id_of(ANN).await);
    let mut waiting = app.caller(door);
    waiting.ask(ANN).await;
    let link = app.letter_to(ANN).await.link;
    assert_eq!(act(&mut admin, &id, "end-sessions", ANN).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!((ann.who().await, waiting.follow(&link).await), (None, dead()));
    app.clock.advance(NOT_TWICE);
    // Without a session, an open link is enough to have something to end.
    let mut waiting = app.caller(door);
    waiting.ask(ANN).await;
    let link = app.letter_to(ANN).await.link;
    assert_eq!(act(&mut admin, &id, "end-sessions", ANN).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(waiting.follow(&link).await, dead());
}

async fn a_link_that_an_administrator_sent_ends_with_them(door: Door) {
    let app = App::start().await;
    app.given(ANN, gatepost::domain::operator::Role::Member).await;
    let (mut admin, id) = (admin(&app, door).await, app.id_of(ANN).await);
    assert_eq!(act(&mut admin, &id, "send-sign-in", ANN).await, Answer::Done);
    let link = app.news_to(ANN).await.link.unwrap();
    assert_eq!(act(&mut admin, &id, "end-sessions", ANN).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(app.caller(door).follow_deliberately(&link).await, dead());
}

/// Lifting the limits must not make the server forget which links are open.
async fn signing_out_everywhere_ends_a_link_also_after_the_limits_were_lifted(door: Door) {
    let app = App::start().await;
    app.signed_in(door, ANN).await.sign_out().await;
    let (mut admin, id) = (admin(&app, door).await, app.id_of(ANN).await);
    let mut waiting = app.caller(door);
    waiting.ask(ANN).await;
    let link = app.letter_to(ANN).await.link;
    assert_eq!(act(&mut admin, &id, "lift-limits", ANN).await, Answer::Done);
    assert_eq!(act(&mut admin, &id, "end-sessions", ANN).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(waiting.follow(&link).await, dead());
}

async fn ending_one_session_ends_nothing_else(door: Door) {
    let app = App::start().await;
    let (mut one, mut other) = (app.signed_in(door, ANN).await, app.signed_in(door, ANN).await);
    let mut waiting = app.caller(door);
    waiting.ask(ANN).await;
    let link = app.letter_to(ANN).await.link;
    let (mut admin, id) = (admin(&app, door).await, app.id_of(ANN).await);
    let session = one.sessions().await.into_iter().find(|(_, is_current)| *is_current).unwrap().0;
    assert_eq!(act(&mut admin, &id, &format!("sessions/{session}/end"), "").await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!((one.who().await, other.who().await.as_deref()), (None, Some(ANN)));
    assert_eq!(waiting.follow(&link).await, Answer::Done);
}
