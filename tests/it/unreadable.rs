//! Records that this version cannot read, because they are damaged or a newer version wrote them: what
//! needs one fails, and everything else goes on.

use std::sync::Arc;
use std::time::Duration;

use gatepost::domain::operator::AccountState;
use gatepost::domain::record::address::EmailAddress;

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::harness::log::Log;
use crate::harness::spoiled::SpoiledStore;

both_doors! {
    emails_that_cannot_be_read_do_not_hold_up_the_others,
    emails_whose_requests_cannot_be_read_do_not_keep_the_senders_busy,
    a_device_that_cannot_be_read_is_left_out_of_the_list_and_the_export,
    a_request_that_cannot_be_read_does_not_break_the_pages_of_its_browser,
    a_strangers_registration_that_cannot_be_read_does_not_keep_the_owner_out,
    what_needs_a_record_that_cannot_be_read_fails_with_one_line_in_the_log,
}

const ANN: &str = "ann@example.org";
const PASSWORD: &str = "three quiet otters";
const MANY: usize = 50;

async fn spoiled() -> (App, Arc<SpoiledStore>) {
    let store = Arc::new(SpoiledStore::default());
    (App::start_over(store.clone()).await, store)
}

async fn emails_that_cannot_be_read_do_not_hold_up_the_others(door: Door) {
    let (app, store) = spoiled().await;
    store.spoil_under("o/");
    for number in 0..MANY {
        app.caller(door).ask(&format!("m{number}@example.org")).await;
    }
    store.stop_spoiling();
    let mut ann = app.caller(door);
    ann.ask(ANN).await;
    let letter = app.letter_to(ANN).await;
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    let ready = ann.get("/readyz").await;
    assert_eq!(
        (ready.status.as_u16(), crate::monitoring::first_lines(&ready.body).as_str()),
        (200, "ready\ndatabase: accepts changes\noutbox: empty\nunreadable records: 50\n")
    );
    // Nothing is lost: a version that can read them sends them.
    store.mend();
    app.caller(door).ask("bob@example.org").await;
    assert_eq!(app.read_all().await.len(), MANY + 1);
}

async fn emails_whose_requests_cannot_be_read_do_not_keep_the_senders_busy(door: Door) {
    let (app, store) = spoiled().await;
    store.spoil_under("r/");
    for number in 0..5 {
        app.caller(door).ask(&format!("m{number}@example.org")).await;
    }
    store.stop_spoiling();
    for _ in 0..61 {
        app.pass(Duration::from_mins(1)).await;
    }
    app.expect_no_letter().await;
    let mut ann = app.caller(door);
    ann.ask(ANN).await;
    let letter = app.letter_to(ANN).await;
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
}

async fn a_device_that_cannot_be_read_is_left_out_of_the_list_and_the_export(door: Door) {
    let (app, store) = spoiled().await;
    app.signed_in(door, ANN).await;
    store.spoil("s/").await;
    let mut ann = app.signed_in(door, ANN).await;
    assert_eq!(ann.sessions().await.len(), 1);
    store.spoil("h/").await;
    app.clock.advance(Duration::from_secs(1));
    app.caller(door).sign_in_with_password(ANN, "not her password").await;
    let export = ann.export().await;
    assert_eq!(export["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(export["account"]["email"], ANN);
}

async fn a_request_that_cannot_be_read_does_not_break_the_pages_of_its_browser(door: Door) {
    let (app, store) = spoiled().await;
    let mut ann = app.caller(door);
    ann.ask(ANN).await;
    app.letter_to(ANN).await;
    store.spoil("r/").await;
    assert_eq!(ann.get("/sign-in").await.status, 200);
    // Asking again cannot go on with it, so it begins a new one.
    assert_eq!(ann.ask(ANN).await, Answer::Done);
    let letter = app.letter_to(ANN).await;
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
}

async fn a_strangers_registration_that_cannot_be_read_does_not_keep_the_owner_out(door: Door) {
    let (app, store) = spoiled().await;
    app.caller(door).register(ANN, "the password of a stranger").await;
    app.letter_to(ANN).await;
    assert_eq!(store.spoil("r/").await, 1);
    let mut ann = app.caller(door);
    assert_eq!(ann.register(ANN, PASSWORD).await, Answer::Done);
    let letter = app.letter_to(ANN).await;
    // Her own registration is found, although the stranger's is listed beside it.
    let answer = app.caller(door).sign_in_with_password(ANN, PASSWORD).await;
    assert_eq!(answer, Answer::refused(403, "unconfirmed"));
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    app.read_all().await;
}

async fn what_needs_a_record_that_cannot_be_read_fails_with_one_line_in_the_log(door: Door) {
    let log = Log::default();
    let _logged = log.capture();
    let (app, store) = spoiled().await;
    let mut ann = app.signed_in(door, ANN).await;
    let mut bob = app.signed_in(door, "bob@example.org").await;
    assert_eq!(store.spoil("e/ann").await, 1);
    let answer = app.caller(door).ask(ANN).await;
    assert_eq!(answer, Answer::refused(500, "internal"));
    let text = log.text();
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("e/(address)")).collect();
    let [line] = lines[..] else { panic!("{text}") };
    assert!(
        line.contains("the record under e/(address) has a format that this version can't read"),
        "{line}"
    );
    // Whoever is signed in does not need that record.
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
    assert_eq!(bob.who().await.as_deref(), Some("bob@example.org"));
}

#[tokio::test]
async fn the_list_of_accounts_leaves_out_what_cannot_be_read() {
    let (app, store) = spoiled().await;
    let gatepost = &app.house.gatepost;
    for email in [ANN, "bob@example.org", "cem@example.org", "dan@example.org"] {
        app.signed_in(Door::Json, email).await;
    }
    store.spoil("e/bob").await;
    assert!(gatepost.account_at(&EmailAddress::parse(ANN).unwrap()).await.is_ok());
    let listed = async |limit| {
        let (mut after, mut listed) = (None, Vec::new());
        loop {
            let page = gatepost.list_accounts(after.as_ref(), limit, AccountState::All).await.unwrap();
            listed.extend(page.accounts.iter().map(|account| account.address.to_string()));
            after = page.next;
            if after.is_none() {
                return listed;
            }
        }
    };
    for limit in [1, 2, 3, 100] {
        assert_eq!(listed(limit).await, [ANN, "cem@example.org", "dan@example.org"], "{limit} a page");
    }
    store.spoil("a/").await;
    assert!(listed(100).await.is_empty());
    store.mend();
    assert_eq!(listed(2).await.len(), 4);
}

#[tokio::test]
async fn expired_records_that_cannot_be_read_do_not_keep_the_others_from_being_removed() {
    let (app, store) = spoiled().await;
    let ask = async |names: &str| {
        for number in 0..MANY {
            app.caller(Door::Json).ask(&format!("{names}{number}@example.org")).await;
        }
        app.read_all().await;
    };
    ask("first").await;
    assert_eq!(store.spoil("r/").await, MANY);
    // A mark says when to look, and its key is enough for that.
    assert_eq!(store.spoil("x/").await, MANY);
    ask("later").await;
    app.sweep_after(Duration::from_hours(26)).await;
    assert_eq!(app.records().await.requests, 0, "what can be read is gone");
    store.mend();
    assert_eq!(app.records().await.requests, MANY, "what cannot be read was kept");
    app.sweep_after(Duration::from_hours(25)).await;
    assert_eq!(
        app.records().await.without_events(),
        3,
        "the key check, the seed of salts and the administrators"
    );
}

#[tokio::test]
async fn a_deleted_account_whose_record_cannot_be_read_leaves_nothing_behind() {
    let (app, store) = spoiled().await;
    let mut ann = app.signed_in(Door::Json, ANN).await;
    app.signed_in(Door::Json, "bob@example.org").await;
    store.spoil_under("d/");
    assert_eq!(ann.delete_account("delete").await, Answer::Done);
    store.stop_spoiling();
    app.news_to(ANN).await;
    app.sweep_after(Duration::from_secs(1)).await;
    let records = app.records().await;
    assert_eq!((records.sessions, records.accounts), (1, 1), "only those of the other account");
}
