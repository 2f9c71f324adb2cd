//! What a drill finds: how replies are compared, and when a link or an entrance has failed.

use gatepost::app::doctor::enumeration::{Measured, Row, Spread, accepted};
use gatepost::app::doctor::{Climb, Outcome, Reply, Rung, Scanned, difference};

/// What another reply has differently.
type Change = fn(&mut Reply);

/// A reply about an address, as our pages and the API give them.
fn reply(address: &str, token: &str) -> Reply {
    let headers = [
        ("content-type", "application/json"),
        ("date", &format!("Sun, 29 Nov 2026 14:57:{:02} GMT", token.len())),
        ("set-cookie", &format!("__Host-gatepost_request={token}; Path=/; HttpOnly")),
        ("x-request-id", "0123456789abcdef"),
    ];
    let body =
        format!("{{\"request\":\"{token}\",\"at\":\"2026-11-29T14:57:44.1{}Z\"}} {address}", &token[..2]);
    Reply {
        status: 202,
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        body,
    }
}

const KNOWN: (&str, &str) = ("k1@doctor.invalid", "10AAAAAAAAAAAAAAAAAAAAAAAAAA");
const UNKNOWN: (&str, &str) = ("u1@doctor.invalid", "99-B_BBBBBBBBBBBBBBBBBBBBBBB");

#[test]
fn replies_that_differ_only_in_what_must_differ_are_equal() {
    let (known, mut unknown) = (reply(KNOWN.0, KNOWN.1), reply(UNKNOWN.0, UNKNOWN.1));
    unknown.headers[3].1 = "fedcba9876543210".into();
    assert_eq!(difference((&known, KNOWN.0), (&unknown, UNKNOWN.0)), None);
    // How long to wait depends on the moment at which the page is drawn.
    let waiting = |reply: &Reply, wait: u8| {
        let page = format!("<button data-wait=\"{wait}\">You can send another in {wait} seconds.");
        Reply { body: page, ..reply.clone() }
    };
    assert_eq!(difference((&waiting(&known, 30), KNOWN.0), (&waiting(&unknown, 9), UNKNOWN.0)), None);
    // An address in a query is encoded.
    for (reply, address) in [(&known, KNOWN.0), (&unknown, UNKNOWN.0)] {
        let mut other = reply.clone();
        other.headers.push(("location".into(), format!("/sign-in?email={}", address.replace('@', "%40"))));
        assert!(difference((&other, address), (reply, address)).is_some());
    }
}

#[test]
fn every_other_difference_is_found() {
    let changes: [(&str, Change); 10] = [
        ("another status", |it| it.status = 200),
        ("a header more", |it| it.headers.push(("retry-after".into(), "30".into()))),
        ("a header less", |it| drop(it.headers.pop())),
        ("another order of headers", |it| it.headers.swap(0, 1)),
        ("another value", |it| it.headers[0].1 = "application/problem+json".into()),
        ("another cookie", |it| it.headers[2].1 = it.headers[2].1.replace("request", "visitor")),
        ("a longer cookie", |it| it.headers[2].1 = it.headers[2].1.replace("BB;", "BBB;")),
        ("another attribute", |it| it.headers[2].1 = it.headers[2].1.replace("HttpOnly", "Secure")),
        ("a word in the body", |it| it.body.push_str(" known")),
        ("a shorter token", |it| it.body = it.body.replace("BBB\"", "BB\"")),
    ];
    let known = reply(KNOWN.0, KNOWN.1);
    for (what, change) in changes {
        let mut unknown = reply(UNKNOWN.0, UNKNOWN.1);
        change(&mut unknown);
        let found = difference((&known, KNOWN.0), (&unknown, UNKNOWN.0));
        let found = found.unwrap_or_else(|| panic!("{what} is not found"));
        assert_ne!(found.known, found.unknown, "{what}");
    }
}

fn scanned(outcomes: [Outcome; 3]) -> Scanned {
    let climb = |(rung, outcome)| Climb { rung, outcome, statuses: vec![200] };
    Scanned {
        address: "ann@example.org".into(),
        handed_over_after_ms: 7,
        rungs: [Rung::Head, Rung::Get, Rung::OtherAddress].into_iter().zip(outcomes).map(climb).collect(),
        requester_can_sign_in: true,
        person_can_sign_in: true,
        expires_at: "2026-11-29T15:07:44.123Z".into(),
    }
}

#[test]
fn one_thing_that_uses_up_the_link_fails_the_scanner_drill() {
    let skipped = || Outcome::Skipped("this machine has one loopback address".into());
    let broken = || Outcome::Broken("the page of the link has status 410".into());
    assert!(scanned([Outcome::Works, Outcome::Works, skipped()]).is_passed());
    assert!(!scanned([Outcome::Works, broken(), Outcome::Works]).is_passed());
    let whole = || scanned([Outcome::Works, Outcome::Works, Outcome::Works]);
    assert!(!Scanned { requester_can_sign_in: false, ..whole() }.is_passed());
    assert!(!Scanned { person_can_sign_in: false, ..whole() }.is_passed());
    let shown = serde_json::to_value(scanned([Outcome::Works, broken(), skipped()])).unwrap();
    let expected = serde_json::json!([
        {"rung": "head", "outcome": "works", "statuses": [200]},
        {"rung": "get", "outcome": "broken", "reason": "the page of the link has status 410", "statuses": [200]},
        {"rung": "other_address", "outcome": "skipped", "reason": "this machine has one loopback address",
         "statuses": [200]},
    ]);
    assert_eq!(shown["rungs"], expected);
}

#[test]
fn one_entrance_that_reveals_something_fails_the_measurement() {
    let spread = Spread { lower_ms: 1.0, median_ms: 2.0, upper_ms: 3.0 };
    let row = |times_are_equal, differing_pairs| Row {
        entrance: "sign-in by email, JSON",
        known: spread,
        unknown: spread,
        area: 0.5,
        times_are_equal,
        differing_pairs,
        difference: None,
    };
    let measured = |row| Measured { pairs: 500, rows: vec![row], compared_with_running_server: true };
    assert!(measured(row(true, 0)).is_passed());
    assert!(!measured(row(false, 0)).is_passed());
    assert!(!measured(row(true, 1)).is_passed());
}

#[test]
fn fewer_pairs_than_usual_allow_what_chance_does_to_them() {
    let bounds = |pairs| (accepted(pairs).start() * 1000.0).round();
    for (pairs, lowest) in [(20_000, 450.0), (500, 450.0), (125, 400.0), (2, 0.0)] {
        assert!((bounds(pairs) - lowest).abs() < 0.1, "{pairs}: {:?}", accepted(pairs));
        assert!((accepted(pairs).start() + accepted(pairs).end() - 1.0).abs() < 1e-9);
    }
}
