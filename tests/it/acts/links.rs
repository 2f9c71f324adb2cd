//! Sign-in links that administrators have sent.

use std::time::Duration;

use gatepost::domain::operator::{IMPORT_STEP, ImportStep, NewAccount, Role};
use gatepost::domain::record::client::Client;
use gatepost::domain::record::event::EventName;
use gatepost::domain::record::time::Timestamp;

use super::{ANN, act, address, admin, eve};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    the_link_signs_its_owner_in_once_after_a_deliberate_action,
    two_links_to_one_address_are_half_a_minute_apart_whoever_sends_them,
    links_that_administrators_send_do_not_count_for_the_address,
    a_disabled_account_gets_no_link,
    the_hundred_and_first_email_of_an_administrator_in_an_hour_waits,
}

async fn the_link_signs_its_owner_in_once_after_a_deliberate_action(door: Door) {
    let app = App::start().await;
    app.given(ANN, Role::Member).await;
    let (mut admin, id) = (admin(&app, door).await, app.id_of(ANN).await);
    assert_eq!(act(&mut admin, &id, "send-sign-in", ANN).await, Answer::Done);
    let letter = app.news_to(ANN).await;
    let (link, mut ann) = (letter.link.unwrap(), app.caller(door));
    assert!(letter.code.is_none(), "{}", letter.text);
    if door == Door::Json {
        let answer = admin.last.as_ref().unwrap();
        assert!(!answer.body.contains(link.rsplit('/').next().unwrap()), "{}", answer.body);
    }
    // Opening it is not enough, and neither is being the administrator's browser.
    for caller in [&mut ann, &mut admin] {
        assert_eq!(caller.look_at(&link).await, Answer::Done);
        assert_eq!(caller.follow(&link).await.code(), "confirmation_required");
    }
    assert_eq!(ann.follow_deliberately(&link).await, Answer::Done);
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
    assert_eq!(app.caller(door).follow_deliberately(&link).await, Answer::refused(410, "invalid_link"));
    // It expires as any sign-in link does.
    app.clock.advance(Duration::from_secs(30));
    assert_eq!(act(&mut admin, &id, "send-sign-in", ANN).await, Answer::Done);
    let link = app.news_to(ANN).await.link.unwrap();
    app.clock.advance(Duration::from_mins(10));
    assert_eq!(app.caller(door).follow_deliberately(&link).await, Answer::refused(410, "invalid_link"));
}

async fn two_links_to_one_address_are_half_a_minute_apart_whoever_sends_them(door: Door) {
    let app = App::start().await;
    app.given(ANN, Role::Member).await;
    let (mut admin, mut eve, id) = (admin(&app, door).await, eve(&app, door).await, app.id_of(ANN).await);
    let (one, other) =
        tokio::join!(act(&mut admin, &id, "send-sign-in", ANN), act(&mut eve, &id, "send-sign-in", ANN));
    assert!((one == Answer::Done) != (other == Answer::Done), "{one:?} {other:?}");
    app.news_to(ANN).await;
    app.clock.advance(Duration::from_secs(10));
    for caller in [&mut admin, &mut eve] {
        assert_eq!(act(caller, &id, "send-sign-in", ANN).await, Answer::refused(429, "too_many_mails"));
        assert_eq!(caller.last.as_ref().unwrap().header("retry-after"), Some("20"));
    }
    app.clock.advance(Duration::from_secs(20));
    assert_eq!(act(&mut eve, &id, "send-sign-in", ANN).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(app.names_by_admins().await, [EventName::SignInSent; 2]);
}

async fn links_that_administrators_send_do_not_count_for_the_address(door: Door) {
    let app = App::start().await;
    app.given(ANN, Role::Member).await;
    let (mut admin, id) = (admin(&app, door).await, app.id_of(ANN).await);
    for _ in 0..4 {
        assert_eq!(act(&mut admin, &id, "send-sign-in", ANN).await, Answer::Done);
        app.news_to(ANN).await;
        app.clock.advance(Duration::from_secs(30));
    }
    for _ in 0..3 {
        assert_eq!(app.caller(door).ask(ANN).await, Answer::Done);
        app.letter_to(ANN).await;
    }
    assert_eq!(app.caller(door).ask(ANN).await, Answer::refused(429, "too_many_mails"));
    assert_eq!(act(&mut admin, &id, "send-sign-in", ANN).await, Answer::Done);
    app.news_to(ANN).await;
}

async fn a_disabled_account_gets_no_link(door: Door) {
    let app = App::start().await;
    app.given(ANN, Role::Member).await;
    app.disable(ANN).await;
    let (mut admin, id) = (admin(&app, door).await, app.id_of(ANN).await);
    assert_eq!(act(&mut admin, &id, "send-sign-in", ANN).await, Answer::refused(403, "account_disabled"));
    let reply = admin.last.as_ref().unwrap();
    assert!(reply.body.contains("Enable it first."), "{}", reply.body);
    app.expect_no_letter().await;
}

async fn the_hundred_and_first_email_of_an_administrator_in_an_hour_waits(door: Door) {
    let app = App::start().await;
    let emails: Vec<String> = (0..103).map(|number| format!("a{number}@example.org")).collect();
    let at = Timestamp(1);
    let rows = emails.iter().map(|email| NewAccount {
        address: address(email),
        registered_at: at,
        confirmed_at: at,
        role: Role::Member,
        disabled: false,
        password: None,
    });
    for step in rows.collect::<Vec<_>>().chunks(IMPORT_STEP) {
        app.house.gatepost.import_accounts(step, ImportStep::Last, &Client::server()).await.unwrap();
    }
    let (mut admin, mut eve) = (admin(&app, door).await, eve(&app, door).await);
    for email in &emails[..99] {
        assert_eq!(act(&mut admin, &app.id_of(email).await, "send-sign-in", email).await, Answer::Done);
    }
    app.read_all().await;
    // The last place, for two at once.
    let mut same = admin.clone().with_agent("Chrome/142.0 on Windows");
    let (first, second) = (app.id_of(&emails[99]).await, app.id_of(&emails[100]).await);
    let (one, other) = tokio::join!(
        act(&mut admin, &first, "send-sign-in", ""),
        act(&mut same, &second, "send-sign-in", "")
    );
    let refused = Answer::refused(429, "too_many_mails");
    assert!([[&one, &other], [&other, &one]].contains(&[&Answer::Done, &refused]), "{one:?} {other:?}");
    let last = app.id_of(&emails[101]).await;
    assert_eq!(act(&mut admin, &last, "send-sign-in", "").await, refused);
    assert_eq!(admin.last.as_ref().unwrap().header("retry-after"), Some("3600"));
    assert_eq!(act(&mut eve, &last, "send-sign-in", "").await, Answer::Done, "another one has their own");
    // They are one client, which could request twenty emails; these do not count there.
    assert_eq!(app.caller(door).ask(ANN).await, Answer::Done);
    app.read_all().await;
}
