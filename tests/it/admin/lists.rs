//! The lists of emails: each email once, in order, whatever comes and goes meanwhile.

use std::collections::HashSet;
use std::time::Duration;

use super::{Listed, MAIL, admin, all, page, queue, until};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::limits::unlimited;
use crate::mail::sink::{Act, Moment, Security, Sink, Stage};

both_doors! {
    each_state_has_a_list_in_its_order,
    an_address_is_found_by_its_beginning_in_any_letter_case,
    a_list_goes_on_after_the_last_row_while_emails_come_and_go,
    query_values_that_are_none_are_refused,
}

/// Accepts some emails, rejects others, and never accepts the rest.
fn by_recipient(moment: &Moment) -> Act {
    match moment.stage {
        Stage::Rcpt if moment.line.contains("gone") => Act::say("550 5.1.1 no such person"),
        Stage::Rcpt if moment.line.contains("later") => Act::say("451 4.2.0 come back"),
        _ => Act::Behave,
    }
}

async fn start(door: Door) -> (App, Sink, Caller) {
    let sink = Sink::start(Security::None, by_recipient).await;
    let app = App::start_with_smtp_as(unlimited(), sink.port).await;
    let admin = admin(&app, door).await;
    (app, sink, admin)
}

/// Queues an email to each, a second apart, and waits until all have been tried.
async fn queue_all(app: &App, sink: &Sink, to: &[&str]) {
    for to in to {
        queue(app, to).await;
        let line = format!("<{}>", to.to_lowercase());
        sink.until(|seen| {
            seen.moments.iter().any(|it| it.stage == Stage::Rcpt && it.line.to_lowercase().contains(&line))
        })
        .await;
        app.clock.advance(Duration::from_millis(1));
    }
}

fn to(listed: &[Listed]) -> Vec<&str> {
    listed.iter().map(|it| it.to.as_str()).collect()
}

async fn each_state_has_a_list_in_its_order(door: Door) {
    let (app, sink, mut admin) = start(door).await;
    let order = ["later1", "ok1", "gone1", "later2", "ok2", "gone2"].map(|it| format!("{it}@example.org"));
    queue_all(&app, &sink, &order.each_ref().map(String::as_str)).await;
    until(&mut admin, "ok2@", "sent").await;
    until(&mut admin, "gone2@", "failed").await;
    let [later1, ok1, gone1, later2, ok2, gone2] = order.each_ref().map(String::as_str);
    assert_eq!(to(&all(&mut admin, "").await), [later1, later2], "those that wait, the oldest first");
    assert_eq!(to(&all(&mut admin, "state=waiting").await), [later1, later2]);
    assert_eq!(to(&all(&mut admin, "state=sent").await), [ok2, ok1]);
    assert_eq!(to(&all(&mut admin, "state=failed").await), [gone2, gone1]);
    assert_eq!(to(&all(&mut admin, "state=dropped").await), <[&str; 0]>::default());
    assert_eq!(to(&all(&mut admin, "state=all").await), [gone2, ok2, later2, gone1, ok1, later1]);
    // After a week, none of those that have ended is left in any list.
    app.sweep_after(Duration::from_hours(8 * 24)).await;
    let mut admin = super::again(&app, door).await;
    let left = all(&mut admin, "state=all").await;
    assert!(left.iter().all(|it| it.to.starts_with("later")), "{left:?}");
    for state in ["sent", "failed"] {
        let left = all(&mut admin, &format!("state={state}")).await;
        assert!(left.iter().all(|it| it.to.starts_with("later")), "{left:?}");
    }
}

async fn an_address_is_found_by_its_beginning_in_any_letter_case(door: Door) {
    let (app, sink, mut admin) = start(door).await;
    queue_all(&app, &sink, &["Ann@example.org", "gone@exmaple.org", "anna@example.org", "Ann@example.org"])
        .await;
    for (ann, state) in [("ann@", "sent"), ("anna@", "sent"), ("gone@", "failed")] {
        until(&mut admin, ann, state).await;
    }
    let found = all(&mut admin, "to=aNN").await;
    assert_eq!(to(&found), ["Ann@example.org", "Ann@example.org", "anna@example.org"]);
    assert!(found[0].id > found[1].id, "the newest first");
    assert_eq!(to(&all(&mut admin, "to=ann%40example.org").await).len(), 2);
    assert_eq!(to(&all(&mut admin, "to=+GONE%40exm").await), ["gone@exmaple.org"]);
    assert_eq!(to(&all(&mut admin, "to=gone&state=failed").await), ["gone@exmaple.org"]);
    for nothing in ["to=gone&state=sent", "to=nn", "to=%2F", "to=ann%40example.org%2F"] {
        assert_eq!(all(&mut admin, nothing).await, [], "{nothing}");
    }
    assert_eq!(all(&mut admin, &format!("to={}", "a".repeat(300))).await, []);
}

async fn a_list_goes_on_after_the_last_row_while_emails_come_and_go(door: Door) {
    let (app, _sink, mut admin) = start(door).await;
    for number in 0..120 {
        queue(&app, &format!("later{number:03}@example.org")).await;
        app.clock.advance(Duration::from_millis(1));
    }
    for (query, is_by_address) in [("state=waiting", false), ("state=all", false), ("to=later", true)] {
        let (first, next) = page(&mut admin, query).await;
        assert_eq!(first.len(), 50, "{query}");
        // Some that were shown are stopped, and some come before and after the place.
        for row in &first[10..15] {
            assert_eq!(super::stop(&mut admin, &row.id).await, Answer::Done);
            app.clock.advance(Duration::from_secs(11));
        }
        for new in ["later000a", "later119a"] {
            queue(&app, &format!("{new}-{}@example.org", query.len())).await;
        }
        let (second, next) = page(&mut admin, &format!("{query}&after={}", next.unwrap())).await;
        let (third, rest) = page(&mut admin, &format!("{query}&after={}", next.unwrap())).await;
        assert_eq!((second.len(), rest), (50, None), "{query}");
        let whole = [first, second, third].concat();
        let ids: HashSet<&String> = whole.iter().map(|it| &it.id).collect();
        assert_eq!(ids.len(), whole.len(), "{query}: each once");
        let numbered = |it: &&Listed| it.to.len() == "later000@example.org".len();
        let numbered: Vec<&str> = whole.iter().filter(numbered).map(|it| it.to.as_str()).collect();
        let mut sorted = numbered.clone();
        sorted.sort_unstable();
        if !is_by_address && query == "state=all" {
            sorted.reverse();
        }
        assert_eq!(numbered, sorted, "{query}: in order");
        let waited = if query == "state=waiting" { 120 } else { numbered.len() };
        assert!(numbered.len() >= 115 && numbered.len() <= waited, "{query}: {}", numbered.len());
    }
}

async fn query_values_that_are_none_are_refused(door: Door) {
    let (app, _sink, mut admin) = start(door).await;
    for number in 0..60 {
        queue(&app, &format!("later{number:02}@example.org")).await;
    }
    let next = page(&mut admin, "state=all").await.1.unwrap();
    let altered = format!("{}{}", &next[..next.len() - 1], if next.ends_with('A') { 'B' } else { 'A' });
    for (query, field) in [
        ("state=none".to_owned(), "state"),
        ("state=WAITING".to_owned(), "state"),
        ("after=none".to_owned(), "after"),
        (format!("state=all&after={altered}"), "after"),
        // A place in another list.
        (format!("state=waiting&after={next}"), "after"),
        (format!("to=later&after={next}"), "after"),
        ("state=all&state=sent".to_owned(), "state"),
    ] {
        let refused = admin.open(&format!("{MAIL}?{query}")).await;
        assert_eq!(refused, Answer::refused_field(422, "invalid_field", field), "{query}");
    }
    for query in ["", "state=", "to=", "after=", "days=x", "q=1&unknown"] {
        assert_eq!(admin.open(&format!("{MAIL}?{query}")).await, Answer::Done, "{query}");
    }
}
