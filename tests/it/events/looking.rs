//! Looking through many events, page by page, and queries that are refused.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use gatepost::domain::ports::Clock;
use gatepost::domain::record::client::{Client, Doer};
use gatepost::domain::record::event::{Event, EventName};
use gatepost::domain::record::key::Key;
use gatepost::domain::record::time::Timestamp;
use serde_json::Value;

use super::{EVENTS, listed, sentences};
use crate::admin::{ADMIN, admin};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    each_event_is_on_one_page_and_the_newest_is_first,
    a_page_looks_through_two_thousand_events_and_says_how_far_back,
    bad_queries_are_refused,
    an_ipv6_address_stands_for_its_network,
}

/// The times of all events that a query finds, page by page, and how many pages there were.
async fn times(admin: &crate::harness::caller::Caller, query: &str) -> (Vec<String>, usize) {
    let (mut times, mut pages, mut after) = (Vec::new(), 0, String::new());
    loop {
        let json = listed(admin, &format!("{query}{after}")).await;
        let events = json["events"].as_array().unwrap();
        assert!(events.len() <= 50);
        times.extend(events.iter().map(|it| it["at"].as_str().unwrap().to_owned()));
        pages += 1;
        match json["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return (times, pages),
        }
    }
}

async fn each_event_is_on_one_page_and_the_newest_is_first(door: Door) {
    let app = App::start_unlimited().await;
    let admin = admin(&app, door).await;
    let id = app.account(ADMIN).await.id;
    let from = app.clock.now().minus(Duration::from_hours(1_000));
    app.put_events(id, from, 170).await;
    let own = app.events().await.len();
    // Twice as many in one millisecond as a page has.
    let crowded = from.plus(Duration::from_hours(500));
    for number in 0..110_u8 {
        let event = Event::new(crowded, EventName::SignedOut, None, &Client::server());
        let mut change = gatepost::domain::ports::Change::new();
        change.put(Key::event(crowded, [number; 8]), gatepost::domain::record::Record::Event(event));
        app.commit(change).await;
    }
    let (all, pages) = times(&admin, "name=").await;
    assert_eq!(all.len(), own + 110);
    assert!(all.is_sorted_by(|one, other| one >= other), "{all:?}");
    assert_eq!(pages, (own + 110).div_ceil(50));
    let (of_account, _) = times(&admin, &format!("account={id}&name=authn_login_success")).await;
    assert!(of_account.len() >= 170, "{}", of_account.len());
    assert!(of_account.is_sorted_by(|one, other| one >= other), "{of_account:?}");
    let until = from.plus(Duration::from_secs(9));
    let (early, _) = times(&admin, &format!("until={until}")).await;
    assert_eq!((early.len(), early[0].clone()), (10, until.to_string()));
    let (early, _) = times(&admin, &format!("until={until}&account={id}")).await;
    assert_eq!(early.len(), 10);
}

async fn a_page_looks_through_two_thousand_events_and_says_how_far_back(door: Door) {
    let app = App::start_unlimited().await;
    let mut admin = admin(&app, door).await;
    let id = app.account(ADMIN).await.id;
    let from = app.clock.now().minus(Duration::from_secs(4_000));
    app.put_events(id, from, 2_100).await;
    let query = "name=authn_login_lock";
    let json = listed(&admin, query).await;
    assert_eq!(json["events"], Value::Array(vec![]));
    let looked_at = app.events().await.len() - 2_100;
    let back_to = from.plus(Duration::from_secs(100 + looked_at as u64));
    assert_eq!(json["looked_back_until"], back_to.to_string());
    let next = json["next"].as_str().unwrap();
    let json = listed(&admin, &format!("{query}&after={next}")).await;
    assert!(json["next"].is_null() && json["looked_back_until"].is_null(), "{json}");
    assert_eq!(sentences(&mut admin, query).await, [""; 0]);
    if door == Door::Pages {
        let shown = admin.get(&format!("{EVENTS}?{query}")).await.body;
        assert!(shown.contains("Looked back to ") && shown.contains("Look further"), "{shown}");
        assert!(shown.contains("name=authn_login_lock&amp;after="), "{shown}");
    }
}

async fn bad_queries_are_refused(door: Door) {
    let app = App::start_unlimited().await;
    let mut admin = admin(&app, door).await;
    for (query, field) in [
        ("name=nonsense", "name"),
        ("account=1", "account"),
        ("ip=localhost", "ip"),
        ("ip=127.0.0.1%2F8", "ip"),
        ("until=yesterday", "until"),
        ("until=1969-01-01T00:00:00Z", "until"),
        ("after=nonsense", "after"),
        ("ip=127.0.0.1&ip=127.0.0.2", "ip"),
    ] {
        let refused = Answer::refused_field(422, "invalid_field", field);
        assert_eq!(admin.open(&format!("{EVENTS}?{query}")).await, refused, "{query}");
    }
    for query in ["", "name=&account=&ip=&until=&after=", "until=2026-01-01T10:00", "other=1"] {
        assert_eq!(admin.open(&format!("{EVENTS}?{query}")).await, Answer::Done, "{query}");
    }
}

async fn an_ipv6_address_stands_for_its_network(door: Door) {
    let app = App::start_unlimited().await;
    let mut admin = admin(&app, door).await;
    for (number, name) in [(1, EventName::SignedIn), (2, EventName::SignedOut)] {
        let ip = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, number, 9, 9, 9, 9));
        let client = Client { ip, by: Doer::Person, user_agent: Some("x".into()), ..Client::server() };
        let at = Timestamp(u64::from(number));
        let mut change = gatepost::domain::ports::Change::new();
        let event = Event::new(at, name, None, &client);
        change.put(Key::event(at, [0; 8]), gatepost::domain::record::Record::Event(event));
        app.commit(change).await;
    }
    assert_eq!(sentences(&mut admin, "ip=2001%3Adb8%3A0%3A1%3A%3A1").await, ["Signed in."]);
    assert_eq!(sentences(&mut admin, "ip=2001%3Adb8%3A0%3A2%3A%3A").await, ["Signed out."]);
    assert_eq!(sentences(&mut admin, "ip=2001%3Adb8%3A0%3A3%3A%3A").await, [""; 0]);
}
