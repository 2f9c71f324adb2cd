//! The list.

use std::time::Duration;

use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;

use super::{Row, UNA, WAITING, all, page, registered, start};
use crate::admin::admin;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    only_registrations_that_can_still_be_confirmed_are_listed,
    a_list_is_found_by_the_beginning_of_an_address_and_read_page_by_page,
    bad_queries_are_refused,
    what_comes_from_outside_is_text,
}

async fn only_registrations_that_can_still_be_confirmed_are_listed(door: Door) {
    let app = start().await;
    let mut admin = admin(&app, door).await;
    assert_eq!(page(&mut admin, "").await, (vec![], None));
    let (mut una, _) = registered(&app, door, UNA).await;
    let (mut ann, letter) = registered(&app, door, "ann@example.org").await;
    // A first sign-in is not a registration, and neither is one at an address that has an account.
    app.caller(door).ask("zoe@example.org").await;
    app.letter_to("zoe@example.org").await;
    registered(&app, door, crate::admin::ADMIN).await;
    registered(&app, door, "ivy@example.org").await;
    app.clock.advance(Duration::from_secs(30));
    assert_eq!(una.resend().await, Answer::Done);
    app.letter_to(UNA).await;
    let rows = |of: &[(&str, u64)]| -> Vec<Row> {
        of.iter().map(|(email, emails)| Row { email: (*email).to_owned(), emails: *emails }).collect()
    };
    let (listed, next) = page(&mut admin, "").await;
    assert_eq!(listed, rows(&[("ann@example.org", 1), ("ivy@example.org", 1), (UNA, 2)]));
    assert_eq!(next, None);
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    let ivy = [EmailAddress::parse("ivy@example.org").unwrap()];
    app.house.gatepost.invite_people(&ivy, &Client::operator()).await.unwrap();
    app.news_to("ivy@example.org").await;
    assert_eq!(all(&mut admin, "").await, [UNA]);
    app.clock.advance(Duration::from_hours(24));
    let mut admin = crate::admin::again(&app, door).await;
    assert_eq!(all(&mut admin, "").await, [""; 0], "it is over");
}

async fn a_list_is_found_by_the_beginning_of_an_address_and_read_page_by_page(door: Door) {
    let app = start().await;
    let mut admin = admin(&app, door).await;
    for number in 0..55 {
        registered(&app, door, &format!("p{number:02}@example.org")).await;
    }
    registered(&app, door, "Quin@example.org").await;
    let (first, next) = page(&mut admin, "").await;
    assert_eq!(first.len(), 50);
    // One that comes and one that goes meanwhile make no other row appear twice or not at all.
    registered(&app, door, "p00a@example.org").await;
    let (second, end) = page(&mut admin, &format!("after={}", next.unwrap())).await;
    assert_eq!((second.len(), end), (6, None));
    let mut both: Vec<String> = first.into_iter().chain(second).map(|row| row.email).collect();
    assert!(both.is_sorted_by_key(|email| email.to_lowercase()), "{both:?}");
    both.dedup();
    assert_eq!(both.len(), 56);
    assert_eq!(all(&mut admin, "q=P0").await.len(), 11);
    assert_eq!(all(&mut admin, "q=quin%40EXAMPLE.org").await, ["Quin@example.org"]);
    assert_eq!(all(&mut admin, "q=nothing").await, [""; 0]);
    let long = "x".repeat(255);
    assert_eq!(all(&mut admin, &format!("q={long}")).await, [""; 0]);
}

async fn bad_queries_are_refused(door: Door) {
    let app = start().await;
    let mut admin = admin(&app, door).await;
    registered(&app, door, UNA).await;
    for (query, field) in [("after=nonsense", "after"), ("after=QQ", "after"), ("q=a&q=b", "q")] {
        let refused = Answer::refused_field(422, "invalid_field", field);
        assert_eq!(admin.open(&format!("{WAITING}?{query}")).await, refused, "{query}");
    }
    assert_eq!(admin.open(&format!("{WAITING}?unknown=1")).await, Answer::Done);
}

async fn what_comes_from_outside_is_text(door: Door) {
    if door == Door::Json {
        return;
    }
    let app = start().await;
    let mut admin = admin(&app, door).await;
    registered(&app, door, "o'neil&co@example.org").await;
    let shown = admin.get(WAITING).await.body;
    assert!(shown.contains("<bdi>o'neil&amp;co@example.org</bdi>"), "{shown}");
    assert!(shown.contains("aria-label=\"Remove registration: o'neil&amp;co@example.org\""), "{shown}");
    assert!(shown.contains("href=\"/admin/mail?to=o%27neil%26co%40example.org\""), "{shown}");
    let shown = admin.get(&format!("{WAITING}?q=%3Cscript%3E%E2%80%AE")).await.body;
    assert!(shown.contains("<bdi>&lt;script&gt;[U+202E]</bdi>"), "{shown}");
    let mut htmx = admin.clone().with_script(true);
    let reply = htmx.get(&format!("{WAITING}?q=o")).await;
    assert!(!reply.body.contains("<html") && reply.body.contains("1 registration<"), "{}", reply.body);
    assert!(reply.body.contains("hx-swap-oob=\"true\""), "{}", reply.body);
}
