//! Emails are claimed many at a time, and the end of one is recorded while the next ones are sent. Whatever interrupts
//! that, each keeps its place and no email is sent twice that the mail server could not have.

use std::sync::Arc;
use std::time::Duration;

use gatepost::domain::ports::{Change, Store};
use gatepost::domain::record::Record;
use gatepost::domain::record::event::EventName;
use gatepost::domain::record::key::{Key, Span};
use gatepost::domain::record::letter::{Letter, Offered, Queue};
use gatepost::mail::MailSettings;
use gatepost::store::memory::MemoryStore;
use tokio::sync::watch;

use super::full_store::FullStore;
use super::sink::{Act, Moment, Security, Sink, Stage};
use super::{House, through_sink};

fn alone(sink: &Sink) -> MailSettings {
    MailSettings { connections: 1, ..through_sink(sink) }
}

/// A house in whose outbox this many emails wait, a millisecond apart, and their recipients.
async fn full_house(store: &Arc<impl Store>, count: usize) -> (House, Vec<String>) {
    let house = House::over(Arc::clone(store) as _, true).await;
    let names: Vec<String> = (0..count).map(|number| format!("m{number}@example.org")).collect();
    for name in &names {
        house.request(name).await;
        house.clock.advance(Duration::from_millis(1));
    }
    (house, names)
}

/// A mail server that does not answer at this stage of the email to `name` until it is released.
async fn held_sink(stage: Stage, name: &'static str) -> (Sink, watch::Sender<bool>) {
    let (release, held) = watch::channel(false);
    let sink = Sink::start(Security::None, move |moment| match moment.stage {
        it if it == stage && moment.line.contains(name) => Act::Hold(held.clone()),
        _ => Act::Behave,
    })
    .await;
    (sink, release)
}

async fn comes_to(sink: &Sink, stage: Stage, name: &str) {
    let is_there = |moment: &Moment| moment.stage == stage && moment.line.contains(name);
    sink.until(|seen| seen.moments.iter().any(is_there)).await;
}

async fn queued(store: &dyn Store, queue: Queue) -> Vec<(Key, Letter)> {
    let page = store.scan(&Span::queue(queue), 1_000).await.unwrap().into_iter();
    let letters = page.map(|(key, found)| match found.unwrap().record {
        Record::Letter(letter) | Record::TriedLetter(letter, _) => (key, letter),
        other => panic!("{other:?}"),
    });
    letters.collect()
}

/// Waits until as many emails are claimed.
async fn until_claimed(store: &dyn Store, is_enough: impl Fn(usize) -> bool) {
    while !is_enough(queued(store, Queue::Claimed).await.len()) {
        tokio::task::yield_now().await;
    }
}

fn recipients(sink: &Sink) -> Vec<String> {
    sink.seen().mails.into_iter().map(|mail| mail.to).collect()
}

/// REL-15.
#[tokio::test]
async fn a_kill_between_claiming_a_page_and_sending_it_costs_only_the_email_in_flight_a_delay() {
    for stage in [Stage::Rcpt, Stage::Dot] {
        let store = Arc::new(MemoryStore::new());
        let (house, names) = full_house(&store, 30).await;
        let (sink, _release) = held_sink(stage, "m3@").await;
        let killed = house.work(alone(&sink));
        comes_to(&sink, stage, "m3@").await;
        until_claimed(&*store, |claimed| claimed == 27).await;
        // From here on the old run claims and sends nothing, as if it had been killed.
        killed.work.abort();
        let house = house.next_run(Arc::clone(&store) as _).await;
        let good = Sink::good().await;
        let worker = house.work(alone(&good));
        let in_flight = usize::from(stage == Stage::Dot);
        good.mails(27 - in_flight).await;
        if stage == Stage::Dot {
            let due = house.delayed_until().await;
            assert_eq!(due.since(house.world.now()), Duration::from_mins(5));
            house.clock.advance_to(due);
        }
        house.empties_its_outbox().await;
        worker.stops().await;
        assert_eq!(recipients(&sink), names[..3]);
        let mut expected = names[3..].to_vec();
        expected.rotate_left(in_flight);
        assert_eq!(recipients(&good), expected, "{stage:?}");
    }
}

#[tokio::test]
async fn a_stop_puts_what_was_claimed_in_advance_back_in_its_place() {
    let store = Arc::new(MemoryStore::new());
    let (house, names) = full_house(&store, 30).await;
    let before = queued(&*store, Queue::First).await;
    let (sink, release) = held_sink(Stage::Dot, "m3@").await;
    let worker = house.work(alone(&sink));
    comes_to(&sink, Stage::Dot, "m3@").await;
    until_claimed(&*store, |claimed| claimed == 27).await;
    worker.stop.cancel();
    // The email whose answer is due is the only one that is still claimed.
    until_claimed(&*store, |claimed| claimed == 1).await;
    assert_eq!(queued(&*store, Queue::First).await, before[4..]);
    release.send(true).unwrap();
    worker.stops().await;
    assert_eq!(recipients(&sink), names[..4]);
    assert_eq!(queued(&*store, Queue::Claimed).await, []);
}

#[tokio::test]
async fn when_the_mail_server_fails_what_was_claimed_in_advance_goes_back_until_it_can_be_used() {
    let store = Arc::new(MemoryStore::new());
    let (house, names) = full_house(&store, 30).await;
    let (fails, mut failing) = watch::channel(false);
    let sink = Sink::start(Security::None, move |moment| match moment.stage {
        Stage::Dot if moment.line.contains("To: m3@") => {
            fails.send_replace(true);
            Act::Behave
        }
        Stage::Mail | Stage::Greeting if *fails.borrow() && moment.connection < 3 => {
            Act::say("421 out of order")
        }
        _ => Act::Behave,
    })
    .await;
    let worker = house.work(alone(&sink));
    failing.wait_for(|fails| *fails).await.unwrap();
    let due = house.delayed_until().await;
    until_claimed(&*store, |claimed| claimed == 0).await;
    assert_eq!(queued(&*store, Queue::First).await.len(), 26);
    house.clock.advance_to(due);
    let _hurry = house.retries_at_once();
    sink.mails(30).await;
    house.empties_its_outbox().await;
    worker.stops().await;
    let (mut sent, mut all) = (recipients(&sink), names);
    sent.sort_unstable();
    all.sort_unstable();
    assert_eq!(sent, all, "each once");
}

/// An email whose end is not on disk would be sent again after a crash. So there are never many.
#[tokio::test]
async fn while_no_end_can_be_recorded_only_a_few_emails_are_sent_and_each_of_them_once() {
    let store = Arc::new(FullStore::new());
    let (house, names) = full_house(&store, 30).await;
    let ends = |change: &Change| {
        let is_end = |record: &Option<Record>| matches!(record, Some(Record::Event(event)) if event.name == EventName::MailSent);
        change.writes.iter().any(|(_, record)| is_end(record))
    };
    store.refuse(ends);
    let sink = Sink::good().await;
    let worker = house.work(alone(&sink));
    // Four whose end waits, and one that keeps its place.
    sink.mails(5).await;
    store.refuses(20).await;
    assert_eq!(recipients(&sink), names[..5]);
    store.empty();
    house.empties_its_outbox().await;
    worker.stops().await;
    assert_eq!(recipients(&sink), names);
}

/// Between the record that the mail server may have an email and its last byte.
#[tokio::test]
async fn an_email_that_is_not_handed_over_after_all_waits_as_if_it_had_not_been() {
    for stops in [false, true] {
        let store = Arc::new(MemoryStore::new());
        let (house, _) = full_house(&store, 1).await;
        let sink = Sink::start(Security::None, move |moment| match moment.stage {
            Stage::Data if stops => Act::Silence,
            Stage::Data => Act::say("451 4.7.1 greylisted"),
            _ => Act::Behave,
        })
        .await;
        let worker = house.work(alone(&sink));
        let queue = if stops {
            while queued(&*store, Queue::Claimed).await.iter().all(|(_, it)| it.offered != Offered::Now) {
                tokio::task::yield_now().await;
            }
            Queue::Claimed
        } else {
            house.delayed_until().await;
            Queue::Again
        };
        worker.stops().await;
        let [(_, letter)] = &queued(&*store, queue).await[..] else { panic!("{stops}") };
        assert_eq!(letter.offered, Offered::Never, "{stops}");
        let all = Span { from: Key::from_bytes(vec![]), until: Key::from_bytes(vec![0xff]) };
        let records = store.scan(&all, 1_000).await.unwrap();
        let waiting: Vec<u8> = records
            .into_iter()
            .filter_map(|(_, found)| match found.unwrap().record {
                Record::Request(request) => Some(request.generation.queued),
                _ => None,
            })
            .collect();
        assert_eq!(waiting, [1], "{stops}");
    }
}
