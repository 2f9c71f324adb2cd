//! What the worker does with its claims when something goes wrong between claiming an email and sending it. Each email
//! arrives once, in its turn, and without waiting until its claim ends.

use std::sync::Arc;
use std::time::Duration;

use gatepost::domain::ports::{Change, Store};
use gatepost::domain::record::Record;
use gatepost::domain::record::event::EventName;
use gatepost::domain::record::key::Span;
use gatepost::domain::record::letter::{Letter, Queue};
use gatepost::mail::{MailSettings, Timeouts};
use tokio::sync::watch;

use super::sink::{Act, Moment, Security, Sink, Stage};
use super::{House, through_sink, timeouts};
use crate::harness::chaotic::{ChaoticStore, Doubt};
use crate::harness::log::Log;

/// Time after which an attempt is slow.
const SLOW: Duration = Duration::from_secs(2);
const HOUR: Duration = Duration::from_hours(1);

fn letters(change: &Change) -> impl Iterator<Item = &Letter> {
    change.writes.iter().filter_map(|(_, record)| match record {
        Some(Record::Letter(letter) | Record::TriedLetter(letter, _)) => Some(letter),
        _ => None,
    })
}

fn claims(change: &Change) -> bool {
    letters(change).any(|letter| letter.lease.is_some())
}

/// Puts emails back that were claimed, or queues them again.
fn frees(change: &Change) -> bool {
    let is_deleted = |span: Queue| {
        change.writes.iter().any(|(key, record)| Span::queue(span).holds(key) && record.is_none())
    };
    is_deleted(Queue::Claimed) && letters(change).any(|letter| letter.lease.is_none())
}

fn has_event(change: &Change, name: EventName) -> bool {
    change.writes.iter().any(|(_, record)| matches!(record, Some(Record::Event(event)) if event.name == name))
}

fn alone(sink: &Sink) -> MailSettings {
    MailSettings { connections: 1, ..through_sink(sink) }
}

fn came(sink: &Sink, stage: Stage, name: &str) -> usize {
    let is_it = |moment: &&Moment| moment.stage == stage && moment.line.contains(name);
    sink.seen().moments.iter().filter(is_it).count()
}

async fn comes_to(sink: &Sink, stage: Stage, name: &str) {
    sink.until(|seen| seen.moments.iter().any(|it| it.stage == stage && it.line.contains(name))).await;
}

fn recipients(sink: &Sink) -> Vec<String> {
    sink.seen().mails.into_iter().map(|mail| mail.to).collect()
}

async fn count(store: &ChaoticStore, queue: Queue) -> usize {
    store.scan(&Span::queue(queue), 1_000).await.unwrap().len()
}

async fn until(is_so: impl Fn() -> bool) {
    let it_is = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), it_is).await.unwrap();
}

/// Returns once as many emails are in this part of the outbox.
async fn until_there_are(store: &ChaoticStore, queue: Queue, many: usize) {
    let there_are = async {
        while count(store, queue).await != many {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), there_are).await.unwrap();
}

#[tokio::test]
async fn an_email_whose_claim_is_in_doubt_while_the_store_cannot_be_read_is_sent_at_once_all_the_same() {
    for doubt in [Doubt::Written, Doubt::Lost] {
        let store = Arc::new(ChaoticStore::on_command());
        let (house, sink) = (House::over(store.clone(), true).await, Sink::good().await);
        store.doubt_next_and_fail(claims, doubt);
        let worker = house.work(through_sink(&sink));
        house.request("ann@example.org").await;
        sink.mails(1).await;
        house.empties_its_outbox().await;
        worker.stops().await;
        assert_eq!(recipients(&sink), ["ann@example.org"], "{doubt:?}");
    }
}

#[tokio::test]
async fn emails_that_were_put_back_in_doubt_are_sent_once_and_do_not_wait_until_their_claims_end() {
    for doubt in [Doubt::Written, Doubt::Lost] {
        let store = Arc::new(ChaoticStore::on_command());
        let house = House::over(store.clone(), true).await;
        let (_release, held) = watch::channel(false);
        let sink = Sink::start(Security::None, move |moment| match moment.stage {
            Stage::Rcpt if moment.line.contains("slow") => Act::Hold(held.clone()),
            _ => Act::Behave,
        })
        .await;
        let mut names = vec!["first@example.org".to_owned(), "one@slow.example.org".to_owned()];
        names.extend((0..5).map(|number| format!("m{number}@example.org")));
        for name in &names {
            house.request(name).await;
            house.clock.advance(Duration::from_millis(1));
        }
        let worker = house.work(alone(&sink));
        comes_to(&sink, Stage::Rcpt, "slow").await;
        // The others are claimed in advance. Once the slow lane is full, they are put back.
        until_there_are(&store, Queue::Claimed, 6).await;
        store.doubt_next_that(frees, doubt);
        house.clock.advance(SLOW);
        sink.mails(6).await;
        until_there_are(&store, Queue::Claimed, 1).await;
        let mut sent = recipients(&sink);
        sent.sort_unstable();
        names.remove(1);
        names.sort_unstable();
        assert_eq!(sent, names, "{doubt:?}");
        worker.stops().await;
    }
}

#[tokio::test]
async fn an_email_that_was_put_back_in_doubt_is_not_begun_from_the_claim_that_is_over() {
    for doubt in [Doubt::Written, Doubt::Lost] {
        let store = Arc::new(ChaoticStore::on_command());
        let house = House::over(store.clone(), true).await;
        let (_never, slow) = watch::channel(false);
        let (release, held) = watch::channel(false);
        let sink = Sink::start(Security::None, move |moment| match moment.stage {
            Stage::Rcpt if moment.line.contains("slow") => Act::Hold(slow.clone()),
            Stage::Rcpt if moment.line.contains("m0@") => Act::Hold(held.clone()),
            _ => Act::Behave,
        })
        .await;
        // After an error, the worker pauses for a second, and the attempt that goes on ends meanwhile.
        let timeouts = Timeouts { store: Duration::from_secs(1), ..timeouts() };
        let worker = house.work(MailSettings { connections: 2, timeouts, ..through_sink(&sink) });
        for (name, then) in [("one@slow", SLOW), ("two@slow", SLOW / 2), ("m0", Duration::ZERO)] {
            house.request(&format!("{name}.example.org").replace("m0.", "m0@")).await;
            comes_to(&sink, Stage::Rcpt, name).await;
            house.clock.advance(then);
        }
        for number in 1..5 {
            house.request(&format!("m{number}@example.org")).await;
        }
        until_there_are(&store, Queue::Claimed, 7).await;
        store.doubt_next_that(frees, doubt);
        // Now the slow lane is full, so the four are put back.
        house.clock.advance(SLOW / 2);
        until(|| store.has_doubted()).await;
        release.send(true).unwrap();
        sink.mails(5).await;
        until_there_are(&store, Queue::Claimed, 2).await;
        for number in 0..5 {
            assert_eq!(came(&sink, Stage::Rcpt, &format!("m{number}@")), 1, "{doubt:?}");
        }
        worker.stops().await;
    }
}

#[tokio::test]
async fn a_slow_email_that_was_claimed_while_the_mail_server_failed_is_put_back_and_not_tried() {
    let store = Arc::new(ChaoticStore::on_command());
    let house = House::over(store.clone(), true).await;
    let (is_broken, broken) = watch::channel(false);
    let (release, slow) = watch::channel(false);
    let (greet, greeting) = watch::channel(false);
    let sink = Sink::start(Security::None, move |moment| match (moment.stage, *broken.borrow()) {
        (Stage::Rcpt, _) if moment.line.contains("slow") => Act::Hold(slow.clone()),
        // Only the first attempt comes to this.
        (Stage::Data, false) if moment.connection == 0 => Act::say("451 later"),
        (Stage::Mail | Stage::Ehlo, true) => Act::HangUp,
        (Stage::Greeting, true) => Act::Hold(greeting.clone()),
        _ => Act::Behave,
    })
    .await;
    let worker = house.work(MailSettings { connections: 2, ..through_sink(&sink) });
    house.request("one@slow.example.org").await;
    comes_to(&sink, Stage::Rcpt, "slow").await;
    house.clock.advance(SLOW);
    release.send(true).unwrap();
    until_there_are(&store, Queue::Slow, 1).await;
    let due = house.delayed_until().await;
    // Another email waits to be greeted.
    is_broken.send(true).unwrap();
    house.request("ann@example.org").await;
    sink.until(|seen| seen.connections == 2).await;
    let claimed = store.hold_next_that(claims);
    house.clock.advance_to(due);
    until(|| store.is_holding()).await;
    // The mail server hangs up, and only then is the slow one claimed.
    greet.send(true).unwrap();
    until_there_are(&store, Queue::First, 1).await;
    // Whatever happens to it next, this is its end.
    let freed = store.hold_next_that(frees);
    claimed.send(true).unwrap();
    until(|| store.is_holding()).await;
    assert_eq!(sink.seen().connections, 2, "nothing was tried");
    freed.send(true).unwrap();
    is_broken.send(false).unwrap();
    let _hurry = house.retries_at_once();
    sink.mails(2).await;
    house.empties_its_outbox().await;
    worker.stops().await;
}

#[tokio::test]
async fn an_email_that_went_back_to_its_place_is_not_taken_for_a_new_one() {
    let store = Arc::new(ChaoticStore::on_command());
    let house = House::over(store.clone(), true).await;
    let (greet, greeting) = watch::channel(false);
    let (hang_up, trouble) = watch::channel(false);
    let sink = Sink::start(Security::None, move |moment| match moment.stage {
        Stage::Rcpt if moment.line.contains("slow") => Act::Silence,
        Stage::Greeting if moment.connection == 1 => Act::Hold(greeting.clone()),
        Stage::Ehlo if *trouble.borrow() => Act::HangUp,
        _ => Act::Behave,
    })
    .await;
    let worker = house.work(alone(&sink));
    house.request("one@slow.example.org").await;
    comes_to(&sink, Stage::Rcpt, "slow").await;
    house.clock.advance(SLOW);
    house.request("old@example.org").await;
    sink.until(|seen| seen.connections == 2).await;
    for name in ["middle", "new"] {
        house.clock.advance(Duration::from_millis(1));
        house.request(&format!("{name}@example.org")).await;
    }
    // The mail server cannot be used, so the old one goes back, and is due when that is tried again.
    hang_up.send(true).unwrap();
    greet.send(true).unwrap();
    until_there_are(&store, Queue::First, 3).await;
    hang_up.send(false).unwrap();
    // No longer than this, it is not tried again.
    house.clock.advance(SLOW);
    sink.mails(3).await;
    // While the slow lane is full, every second place is for the newest email.
    assert_eq!(recipients(&sink), ["middle@example.org", "new@example.org", "old@example.org"]);
    worker.stops().await;
}

#[tokio::test]
async fn an_end_and_a_delay_that_were_written_in_doubt_are_counted_once() {
    for doubt in [Doubt::Written, Doubt::Lost] {
        let store = Arc::new(ChaoticStore::on_command());
        let house = House::over(store.clone(), true).await;
        let (is_busy, busy) = watch::channel(true);
        let sink = Sink::start(Security::None, move |moment| match moment.stage {
            Stage::Rcpt if *busy.borrow() => Act::say("451 later"),
            _ => Act::Behave,
        })
        .await;
        let worker = house.work(through_sink(&sink));
        store.doubt_next_that(|change| has_event(change, EventName::MailDelayed), doubt);
        house.request("ann@example.org").await;
        let due = house.delayed_until().await;
        is_busy.send(false).unwrap();
        store.doubt_next_that(|change| has_event(change, EventName::MailSent), doubt);
        house.clock.advance_to(due);
        sink.mails(1).await;
        house.empties_its_outbox().await;
        worker.stops().await;
        house.clock.advance(HOUR);
        let log = Log::default();
        let guard = log.capture();
        house.gatepost.log_mail_totals();
        drop(guard);
        let said = log.text();
        assert!(said.contains("sent=1") && said.contains("delayed=1"), "{doubt:?}: {said}");
        assert_eq!(came(&sink, Stage::Rcpt, "ann@"), 2, "{doubt:?}");
    }
}
