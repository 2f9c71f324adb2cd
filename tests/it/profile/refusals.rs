//! Refusals that change nothing are counted. No one can fill the store with them, or push out of an owner's
//! sight what happened.

use std::sync::Arc;
use std::time::Duration;

use gatepost::domain::password::Password;
use gatepost::domain::ports::{Clock, Company, Store};
use gatepost::domain::record::Record;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::event::EventName;
use gatepost::domain::record::ids::AccountId;
use gatepost::domain::record::key::Span;
use gatepost::domain::token::KeyRing;
use gatepost::domain::{Gatepost, Settings};
use serde_json::json;

use super::{ANN, OTHER, PASSWORD, also, registered, wrong};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::harness::limits::unlimited;
use crate::harness::world::world;
use crate::mail::full_store::FullStore;

both_doors! {
    a_strangers_wrong_passwords_are_one_line_and_hide_nothing_that_happened,
    a_wrong_password_writes_no_event_before_the_response,
    a_wrong_code_is_counted_in_its_request_at_once_and_stored_as_no_event,
    counts_are_written_when_the_server_stops,
    counts_of_a_deleted_account_are_kept_without_it,
    counts_are_removed_after_ninety_days,
    a_request_refused_because_of_too_many_is_counted,
}

const STRANGER: &str = "someone@example.org";

async fn a_strangers_wrong_passwords_are_one_line_and_hide_nothing_that_happened(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    let first = app.clock.now();
    for _ in 0..12 {
        assert_eq!(app.caller(door).sign_in_with_password(ANN, OTHER).await, wrong());
        app.clock.advance(Duration::from_mins(20));
    }
    let last = app.clock.now().minus(Duration::from_mins(20));
    app.refusals_written(12).await;
    let page = ann.in_browser().get("/profile").await.body;
    assert!(page.contains("Email address confirmed. Account created."), "{page}");
    assert!(!page.contains("Wrong password entered."), "{page}");
    let line = format!(
        "<span>12 wrong passwords entered.</span><span class=\"hint\">Between <time datetime=\"{first}\">"
    );
    let (_, rest) = page.split_once(&line).unwrap_or_else(|| panic!("{page}"));
    assert!(rest.split("</li>").next().unwrap().contains(&format!("<time datetime=\"{last}\">")), "{page}");
    let export = ann.export().await;
    let events = export["events"].as_array().unwrap();
    assert_eq!(events[0]["name"], "user_created", "what happened comes first");
    let counted: Vec<_> = events.iter().filter(|event| event["name"] == "authn_login_fail").collect();
    assert_eq!(counted.len(), 4, "one for each hour: {events:?}");
    assert_eq!(counted.iter().map(|event| event["count"].as_u64().unwrap()).sum::<u64>(), 12);
    assert_eq!(
        (&counted[0]["at"], &counted[3]["first_at"]),
        (&json!(last.to_string()), &json!(first.to_string()))
    );
}

async fn a_wrong_password_writes_no_event_before_the_response(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    let before = (app.all_but_events().await, app.events().await);
    for email in [ANN, ANN, STRANGER] {
        assert_eq!(app.caller(door).sign_in_with_password(email, OTHER).await, wrong());
    }
    assert_eq!((app.all_but_events().await, app.events().await), before);
    assert!(app.refusals().await.is_empty());
    let id = app.account(ANN).await.id;
    let mut counts = app.refusals_written(3).await;
    counts.sort_by_key(|it| it.count);
    let [of_none, of_ann] = &counts[..] else { panic!("{counts:?}") };
    assert_eq!((of_none.account, of_none.count, &of_none.last_client), (None, 1, &None));
    assert_eq!((of_ann.account, of_ann.count, of_ann.name), (Some(id), 2, EventName::PasswordRefused));
    // The same record counts on.
    app.caller(door).sign_in_with_password(ANN, OTHER).await;
    assert_eq!(app.refusals_written(4).await.len(), 2);
    // Another run adds to it.
    let app = app.restarted_as(Settings::default()).await;
    app.caller(door).sign_in_with_password(ANN, OTHER).await;
    assert_eq!(app.refusals_written(5).await.len(), 3);
    let page = also(&app, door, ANN, PASSWORD).await.in_browser().get("/profile").await.body;
    assert!(page.contains("<span>4 wrong passwords entered.</span>"), "{page}");
}

async fn a_wrong_code_is_counted_in_its_request_at_once_and_stored_as_no_event(door: Door) {
    let app = App::start().await;
    let mut ann = app.caller(door);
    ann.ask(ANN).await;
    let letter = app.letter_to(ANN).await;
    let before = app.events().await;
    for _ in 0..5 {
        let answer = ann.type_code(&letter.wrong_code()).await;
        assert_eq!(answer, Answer::refused_field(422, "wrong_code", "code"));
    }
    assert_eq!(ann.type_code(&letter.code).await, Answer::refused(410, "invalid_request"));
    assert_eq!(app.events().await, before);
    let counts = app.refusals_written(5).await;
    assert_eq!((counts.len(), counts[0].name, counts[0].account), (1, EventName::WrongCode, None));
}

async fn counts_are_written_when_the_server_stops(door: Door) {
    let mut app = App::start().await;
    assert_eq!(app.caller(door).sign_in_with_password(STRANGER, OTHER).await, wrong());
    app.work.ended().await;
    assert_eq!(app.refusals().await.iter().map(|it| it.count).sum::<u64>(), 1);
}

async fn counts_of_a_deleted_account_are_kept_without_it(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    app.caller(door).sign_in_with_password(ANN, OTHER).await;
    app.refusals_written(1).await;
    app.caller(door).sign_in_with_password(ANN, OTHER).await;
    assert_eq!(ann.delete_account("delete").await, Answer::Done);
    app.news_to(ANN).await;
    app.sweep_after(Duration::from_secs(1)).await;
    while app.refusals().await.iter().any(|it| it.account.is_some()) || app.refusals().await.is_empty() {
        app.sweep_after(Duration::from_secs(30)).await;
        tokio::task::yield_now().await;
    }
    let counts = app.refusals().await;
    assert_eq!((counts.len(), counts[0].account, &counts[0].last_client), (1, None, &None));
}

async fn counts_are_removed_after_ninety_days(door: Door) {
    let app = App::start().await;
    app.caller(door).sign_in_with_password(STRANGER, OTHER).await;
    app.refusals_written(1).await;
    app.sweep_after(Duration::from_hours(89 * 24)).await;
    assert_eq!(app.refusals().await.len(), 1);
    app.sweep_after(Duration::from_hours(24)).await;
    assert_eq!(app.refusals().await.len(), 0);
    let marks = app.all_records().await.into_iter().filter(|(key, _)| key.expired().is_some());
    assert_eq!(marks.count(), 0);
}

async fn a_request_refused_because_of_too_many_is_counted(door: Door) {
    let app = App::start().await;
    let mut ann = app.caller(door);
    ann.ask(ANN).await;
    app.letter_to(ANN).await;
    ann.ask(ANN).await;
    assert_eq!(ann.last.as_ref().unwrap().status, 429);
    let mut bob = app.caller(door);
    bob.register(STRANGER, PASSWORD).await;
    app.letter_to(STRANGER).await;
    bob.register(STRANGER, PASSWORD).await;
    assert_eq!(bob.last.as_ref().unwrap().status, 429);
    let counts = app.refusals_written(2).await;
    assert_eq!((counts.len(), counts[0].name), (1, EventName::Throttled));
}

/// The store fails for a while: the counts wait, and are written once.
#[tokio::test]
async fn counts_wait_for_a_store_that_is_full() {
    let (store, (world, _)) = (Arc::new(FullStore::new()), world());
    let ring = KeyRing::parse(&KeyRing::generate(&world)).unwrap();
    // Otherwise a try could not be written down.
    let house = Gatepost::open(store.clone(), Company::Alone, world, ring, unlimited()).await.unwrap();
    let (stranger, password) = (EmailAddress::parse(STRANGER).unwrap(), Password::new(OTHER.to_owned()));
    let guess = async || {
        house.sign_in_with_password(&stranger, &password, None, &Client::server()).await.unwrap_err();
    };
    guess().await;
    store.fill();
    house.write_refusals().await.unwrap_err();
    guess().await;
    store.empty();
    house.write_refusals().await.unwrap();
    house.write_refusals().await.unwrap();
    let stored = store.scan(&Span::refusals(AccountId([0; 16])), 10).await.unwrap();
    let [(_, found)] = &stored[..] else { panic!("{stored:?}") };
    let Record::Refusals(refusals) = &found.as_ref().unwrap().record else { panic!("{found:?}") };
    assert_eq!(refusals.count, 2);
}
