//! Emails that a node was sending when it was killed, or when it stood still.

use std::collections::HashMap;
use std::time::Duration;

use hyper::Method;
use rustix::process::Signal;
use tokio::sync::watch;

use super::{Node, Street};
use crate::harness::caller::{Answer, Caller, Door};
use crate::mail::sink::{Act, Moment, Security, Sink, Stage};

/// How many emails a node sends at once.
const AT_ONCE: usize = 4;
/// How many people ask for one.
const PEOPLE: usize = 20;

/// A street whose mail server answers the first node only when it is allowed to, and that node with its hands full.
async fn with_full_hands() -> Option<(Street, Node, watch::Sender<bool>)> {
    let (release, held) = watch::channel(false);
    let script = move |moment: &Moment| {
        let is_first = moment.connection < AT_ONCE;
        if is_first && moment.stage == Stage::Rcpt { Act::Hold(held.clone()) } else { Act::Behave }
    };
    let mut street = Street::with(Sink::start(Security::None, script).await)?;
    for limit in ["GATEPOST_LIMITS__MAILS_PER_HOUR", "GATEPOST_LIMITS__MAILS_PER_CLIENT_HOUR"] {
        street.site = street.site.with(limit, "0");
    }
    let one = street.node();
    for number in 0..PEOPLE {
        let address = format!("p{number}@example.org");
        assert_eq!(Caller::new(Door::Json, one.address()).ask(&address).await, Answer::Done);
    }
    street
        .sink
        .until(|seen| seen.moments.iter().filter(|it| it.stage == Stage::Rcpt).count() == AT_ONCE)
        .await;
    Some((street, one, release))
}

/// Waits until everyone has an email. Returns how many each has.
async fn all_have_one(street: &Street) -> HashMap<String, usize> {
    let all = street.sink.has(PEOPLE, |_| true);
    let is_all = tokio::time::timeout(Duration::from_mins(1), all).await.is_ok();
    let counts = counts(street);
    assert!(is_all && counts.len() == PEOPLE, "{counts:?}");
    counts
}

fn counts(street: &Street) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for mail in street.sink.seen().mails {
        *counts.entry(mail.to).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn another_node_sends_what_a_killed_one_was_sending_within_a_minute() {
    let Some((street, one, _release)) = with_full_hands().await else { return };
    let _other = street.node();
    one.killed();
    let counts = all_have_one(&street).await;
    assert!(counts.values().all(|count| *count <= 2), "{counts:?}");
    // None is left that could be sent again.
    street.wait_until("SELECT count(*) = 0 FROM KV WHERE substring(k for 2) = 'o/'").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stood_still_sends_no_email_that_another_has_sent_and_goes_on() {
    let Some((street, one, release)) = with_full_hands().await else { return };
    let other = street.node();
    one.server.signal(Signal::STOP);
    all_have_one(&street).await;
    one.server.signal(Signal::CONT);
    release.send_replace(true);
    // It asks the database first, and then it serves again.
    for node in [&one, &other] {
        let mut caller = node.caller(Door::Pages);
        while caller.send(Method::GET, "/readyz", &[], "").await.status != 200 {}
    }
    street.wait_until("SELECT count(*) = 0 FROM KV WHERE substring(k for 2) = 'o/'").await;
    // By then, whatever they had begun is over.
    one.server.stop();
    other.server.stop();
    let counts = counts(&street);
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
}
