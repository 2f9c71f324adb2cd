//! Making keys.

use std::time::Duration;

use gatepost::domain::record::event::EventName;

use super::{ANN, BOB, DAY, GIT, NOT_TWICE, WIKI, again, in_front, make, opens, shown, try_make};
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    a_key_is_made_with_an_event_and_an_email,
    a_key_can_only_be_made_for_an_app_that_lets_the_person_in,
    the_fields_of_a_key_are_checked,
    making_a_key_needs_a_recent_sign_in,
    an_account_makes_ten_keys_a_day_and_has_twenty,
    only_the_session_that_made_a_key_sees_it_and_only_for_ten_minutes,
}

async fn a_key_is_made_with_an_event_and_an_email(door: Door) {
    let app = in_front().await;
    let mut ann = app.signed_in(door, ANN).await;
    let made = make(&mut ann, "My phone", WIKI, "30d").await;
    assert!(made.secret.len() == 44 && made.id.len() == 24);
    assert!(app.events().await.contains(&EventName::KeyMade));
    assert_eq!(app.news_to(ANN).await.subject, "A key for a program was made at Gatepost");
    // Nothing of the secret is stored, and its id says nothing about it.
    let stored = app.at_rest().await;
    assert!(!stored.contains(&made.secret) && !made.secret.contains(&made.id));
    assert_eq!(opens(&app, WIKI, &made.secret).await.as_deref(), Some(ANN));
}

async fn a_key_can_only_be_made_for_an_app_that_lets_the_person_in(door: Door) {
    let app = in_front().await;
    let mut ann = app.signed_in(door, ANN).await;
    let refused = Answer::refused(403, "not_allowed");
    for host in ["bob.example.org", "off.example.org", "unknown.example.org", "", "wiki.example.org:443"] {
        for expires in ["30d", "never"] {
            assert_eq!(try_make(&mut ann, "x", host, expires).await, refused, "{host} {expires}");
        }
    }
    assert_eq!(try_make(&mut ann, "x", "WIKI.example.org", "90d").await, Answer::Done);
    let mut bob = app.signed_in(door, BOB).await;
    assert_eq!(try_make(&mut bob, "x", "bob.example.org", "never").await, Answer::Done);
}

async fn the_fields_of_a_key_are_checked(door: Door) {
    let app = in_front().await;
    let mut ann = app.signed_in(door, ANN).await;
    let long = "x".repeat(65);
    for (name, expires, code, field) in [
        ("", "30d", "missing_field", "name"),
        (" ", "30d", "missing_field", "name"),
        (long.as_str(), "30d", "invalid_field", "name"),
        ("a\u{202e}b", "30d", "invalid_field", "name"),
        ("x", "31d", "invalid_field", "expires"),
        ("x", "", "missing_field", "expires"),
        // This app's keys need an end.
        ("x", "never", "invalid_field", "expires"),
    ] {
        let answer = try_make(&mut ann, name, WIKI, expires).await;
        assert_eq!(answer, Answer::refused_field(422, code, field), "{name:?} {expires}");
        if door == Door::Pages && name == long {
            // It is in its own field again, and in no other one.
            assert_eq!(ann.last.as_ref().unwrap().body.matches(name).count(), 1);
        }
    }
    let answer = ann.act("/profile/keys", &[("name", "x".to_owned())]).await;
    assert_eq!(answer, Answer::refused_field(422, "missing_field", "app"));
    assert_eq!(try_make(&mut ann, "x", GIT, "never").await, Answer::Done);
}

async fn making_a_key_needs_a_recent_sign_in(door: Door) {
    let app = in_front().await;
    assert_eq!(
        try_make(&mut app.caller(door), "x", WIKI, "30d").await,
        Answer::refused(401, "sign_in_required")
    );
    let mut ann = app.signed_in(door, ANN).await;
    let made = make(&mut ann, "x", WIKI, "30d").await;
    app.clock.advance(Duration::from_mins(11));
    let answer = try_make(&mut ann, "x", WIKI, "30d").await;
    assert_eq!(answer.code(), "recent_sign_in_required");
    // Ending one does not: someone who has lost a device must not be kept from it.
    assert_eq!(ann.act(&format!("/profile/keys/{}/end", made.id), &[]).await, Answer::Done);
    assert_eq!(opens(&app, WIKI, &made.secret).await, None);
}

async fn an_account_makes_ten_keys_a_day_and_has_twenty(door: Door) {
    let app = in_front().await;
    let mut first = Vec::new();
    for day in 0..2 {
        let mut ann = again(&app, door, ANN).await;
        for number in 0..10 {
            let made = make(&mut ann, &format!("{day}-{number}"), WIKI, "30d").await;
            first.push(made);
        }
        if day == 0 {
            // One that has ended since counts as well.
            let id = &first.pop().unwrap().id;
            assert_eq!(ann.act(&format!("/profile/keys/{id}/end"), &[]).await, Answer::Done);
            let answer = try_make(&mut ann, "one more", WIKI, "30d").await;
            assert_eq!(answer.code(), "too_many_tries");
        }
        app.clock.advance(DAY);
    }
    let mut ann = again(&app, door, ANN).await;
    let made = make(&mut ann, "the twentieth", WIKI, "30d").await;
    let answer = try_make(&mut ann, "one more", WIKI, "30d").await;
    assert_eq!(answer, Answer::refused(422, "too_many_keys"));
    assert_eq!(opens(&app, WIKI, &first[0].secret).await.as_deref(), Some(ANN));
    assert_eq!(ann.act(&format!("/profile/keys/{}/end", made.id), &[]).await, Answer::Done);
    app.clock.advance(NOT_TWICE);
    assert_eq!(try_make(&mut ann, "one more", WIKI, "30d").await, Answer::Done);
}

async fn only_the_session_that_made_a_key_sees_it_and_only_for_ten_minutes(door: Door) {
    let app = in_front().await;
    let mut ann = app.signed_in(door, ANN).await;
    let made = make(&mut ann, "x", WIKI, "30d").await;
    let page = format!("/profile/keys/{}", made.id);
    let mut elsewhere = app.signed_in(Door::Pages, ANN).await;
    let reply = elsewhere.opened(&page).await;
    assert!(reply.status == 200 && shown(&reply.body).is_none() && reply.body.contains("wiki.example.org"));
    let mut bob = app.signed_in(Door::Pages, BOB).await;
    assert_eq!(bob.opened(&page).await.status, 404);
    let mut browser = ann.in_browser();
    app.clock.advance(Duration::from_mins(9));
    let reply = browser.opened(&page).await;
    assert_eq!(shown(&reply.body), Some(made.secret));
    assert!(reply.header("cache-control").unwrap().contains("no-store"));
    app.clock.advance(Duration::from_mins(2));
    let reply = browser.opened(&page).await;
    assert!(reply.status == 200 && shown(&reply.body).is_none());
}
