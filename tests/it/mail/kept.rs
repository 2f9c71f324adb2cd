//! What is kept about each email, so that the operator can see what became of it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gatepost::domain::error::Error;
use gatepost::domain::operator::Role;
use gatepost::domain::ports::{Clock, Store, StoreError};
use gatepost::domain::record::Record;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::ended::{End, EndedLetter, MailState};
use gatepost::domain::record::event::EventName;
use gatepost::domain::record::key::{Key, Span};
use gatepost::domain::record::letter::{LastTry, LetterKind};
use gatepost::domain::upkeep::Swept;
use gatepost::store::codec::encode;

use super::sink::{Act, Moment, Security, Sink, Stage};
use super::{House, through_sink};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::harness::engine::{Engine, Opened};
use crate::harness::log::Log;
use crate::profile::{ANN, registered};

both_doors! {
    what_is_kept_about_emails_goes_with_the_account_of_the_address,
}

const DAY: Duration = Duration::from_hours(24);
const WEEK: Duration = Duration::from_hours(7 * 24);

/// A house, and its records as the test reads them.
async fn house() -> (House, Arc<dyn Store>) {
    let Opened { store, calm, folder, .. } = Opened::new(Engine::named().unwrap_or(Engine::Memory)).await;
    (House { folder, ..House::over(store, true).await }, calm)
}

async fn records(store: &dyn Store) -> Vec<(Key, Record)> {
    let all = Span { from: Key::from_bytes(vec![]), until: Key::from_bytes(vec![0xff]) };
    let page = store.scan(&all, 100_000).await.unwrap();
    page.into_iter().map(|(key, reading)| (key, reading.unwrap().record)).collect()
}

/// The emails that have ended, the latest first.
async fn ended(store: &dyn Store) -> Vec<EndedLetter> {
    let ended = records(store).await.into_iter().filter_map(|(_, record)| match record {
        Record::EndedLetter(ended) => Some(ended),
        _ => None,
    });
    ended.collect()
}

/// Returns when this many have ended.
async fn until_ended(store: &dyn Store, count: usize) {
    while ended(store).await.len() < count {
        tokio::task::yield_now().await;
    }
}

async fn states(store: &dyn Store, to: &str) -> Vec<MailState> {
    let span = Span::mail_states(&EmailAddress::parse(to).unwrap().canonical());
    let states = store.scan(&span, 100).await.unwrap().into_iter();
    let states = states.map(|(_, found)| match found.unwrap().record {
        Record::MailState(state) => state,
        other => panic!("{other:?}"),
    });
    states.collect()
}

async fn count(store: &dyn Store, name: EventName) -> usize {
    let is_it = |record: &Record| matches!(record, Record::Event(event) if event.name == name);
    records(store).await.iter().filter(|(_, record)| is_it(record)).count()
}

/// The last attempt at each waiting email.
async fn last_tries(store: &dyn Store) -> Vec<LastTry> {
    let tries = records(store).await.into_iter().filter_map(|(_, record)| match record {
        Record::TriedLetter(_, last_try) => Some(last_try),
        _ => None,
    });
    tries.collect()
}

async fn sweep(house: &House) {
    loop {
        match house.gatepost.sweep().await {
            Ok(Swept::All) => return,
            Ok(Swept::More) | Err(Error::Store(StoreError::InDoubt(_))) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

fn said(ended: &EndedLetter) -> &str {
    ended.answer.as_ref().unwrap().as_str()
}

/// Accepts some emails, rejects others, and never accepts the rest.
fn by_recipient(moment: &Moment) -> Act {
    match moment.stage {
        Stage::Rcpt if moment.line.contains("gone@") => Act::say("550 5.1.1 no such person"),
        Stage::Rcpt if moment.line.contains("later@") => Act::say("451 4.2.0 come back"),
        Stage::Dot => Act::say("250 2.0.0 Ok: queued as 4c7Xy2"),
        _ => Act::Behave,
    }
}

#[tokio::test]
async fn an_email_that_has_ended_is_kept_for_a_week_with_what_the_mail_server_said() {
    let (house, store) = house().await;
    let sink = Sink::start(Security::None, by_recipient).await;
    let began = house.clock.now();
    for to in ["Ann@example.org", "gone@example.org"] {
        house.request(to).await;
        assert_eq!(states(&*store, to).await, [MailState::Waiting]);
    }
    let bob = EmailAddress::parse("bob@example.org").unwrap();
    house.gatepost.add_account_by_email(&bob, Role::Member, &Client::operator()).await.unwrap();
    assert_eq!(states(&*store, "bob@example.org").await, [MailState::Waiting]);
    let worker = house.work(through_sink(&sink));
    house.empties_its_outbox().await;
    house.request("later@example.org").await;
    let hurry = house.retries_at_once();
    until_ended(&*store, 4).await;
    drop(hurry);
    worker.stops().await;
    let all = ended(&*store).await;
    let to = |to: &str| all.iter().find(|it| it.letter.to.as_str() == to).unwrap();
    let (sent, refused, given_up) = (to("Ann@example.org"), to("gone@example.org"), to("later@example.org"));
    assert_eq!((all.len(), sent.end, refused.end, given_up.end), (4, End::Sent, End::Refused, End::GivenUp));
    assert!(said(sent).ends_with("Ok: queued as 4c7Xy2"), "{sent:?}");
    assert!(said(refused).contains("5.1.1 no such person"), "{refused:?}");
    assert!(said(given_up).contains("4.2.0 come back"), "{given_up:?}");
    assert_eq!((sent.ended_at, sent.letter.kind, sent.letter.queued_at), (began, LetterKind::SignIn, began));
    assert!(given_up.letter.tries > 3);
    for it in &all {
        let state = MailState::Ended { at: it.ended_at, end: it.end };
        assert_eq!(states(&*store, it.letter.to.as_str()).await, [state]);
    }
    // By the time of its end, and whatever it was.
    let left = given_up.ended_at.since(began);
    house.clock.advance(WEEK.saturating_sub(left + Duration::from_millis(1)));
    sweep(&house).await;
    assert_eq!(ended(&*store).await.len(), 4);
    house.clock.advance(Duration::from_millis(1));
    sweep(&house).await;
    assert_eq!(ended(&*store).await.iter().map(|it| it.end).collect::<Vec<_>>(), [End::GivenUp]);
    house.clock.advance(left);
    sweep(&house).await;
    assert_eq!(ended(&*store).await, []);
    assert!(!records(&*store).await.iter().any(|(_, record)| matches!(record, Record::MailState(_))));
}

#[tokio::test]
async fn an_email_that_is_over_before_it_is_sent_is_kept_as_void() {
    let (house, store) = house().await;
    let (gatepost, ann, operator) = (&house.gatepost, EmailAddress::parse(ANN).unwrap(), Client::operator());
    gatepost.add_account(&ann, Role::Member, &operator).await.unwrap();
    house.request(ANN).await;
    gatepost.delete_account_of(&ann, &operator).await.unwrap();
    let (sink, at) = (Sink::good().await, house.clock.now());
    let worker = house.work(through_sink(&sink));
    house.empties_its_outbox().await;
    worker.stops().await;
    // The notice of the deletion is sent, and would keep the address of someone who has left.
    assert!(sink.seen().mails[0].subject().contains("deleted"));
    assert_eq!(states(&*store, ANN).await, [MailState::Ended { at, end: End::Void }]);
    assert_eq!(ended(&*store).await.len(), 1);
}

#[tokio::test]
async fn an_email_that_waits_keeps_what_the_mail_server_said_and_has_one_event_for_its_delay() {
    for stage in [Stage::Rcpt, Stage::Mail] {
        let (house, store) = house().await;
        let sink = Sink::start(Security::None, move |moment| match moment.connection {
            connection if moment.stage == stage => {
                Act::say(&format!("451 not now, and that {connection} times"))
            }
            _ => Act::Behave,
        })
        .await;
        house.request(ANN).await;
        for _ in 0..4 {
            let tried_at = house.clock.now();
            let worker = house.work(through_sink(&sink));
            let due = house.delayed_until().await;
            worker.stops().await;
            let [last] = &last_tries(&*store).await[..] else { panic!("{stage:?}") };
            let connection = sink.seen().connections - 1;
            let said = last.answer.as_ref().unwrap().as_str();
            assert!(said.contains(&format!("not now, and that {connection} times")), "{said}");
            assert_eq!(last.at, tried_at);
            let found = states(&*store, ANN).await;
            assert!(matches!(found[..], [MailState::Delayed { .. }]), "{found:?}");
            house.clock.advance_to(due);
        }
        assert_eq!(count(&*store, EventName::MailDelayed).await, 1, "{stage:?}");
    }
}

/// A spam filter that quotes what it does not like: whole, cut, or as a person would write it.
#[tokio::test]
async fn nothing_kept_contains_the_link_or_the_code_that_a_mail_server_quotes() {
    let (house, store) = house().await;
    let quoted = Arc::new(Mutex::new(Vec::<(String, String)>::new()));
    let read = Arc::clone(&quoted);
    let sink = Sink::start(Security::None, move |moment| {
        if moment.stage != Stage::Dot {
            return Act::Behave;
        }
        let url = moment.line.lines().find(|line| line.starts_with("https://id.example.org/link/")).unwrap();
        let token = url.rsplit('/').next().unwrap();
        let code = moment.line.lines().find(|line| line.len() == 6 && line.parse::<u32>().is_ok()).unwrap();
        let mut read = read.lock().unwrap();
        let [begin, end] = [&code[..3], &code[3..]];
        let reply = match read.len() {
            0 => format!("554 spam: {url} {code}"),
            1 => format!("451 spam: {} {begin} {end}", &token[..20]),
            2 => format!("250 queued {} {begin}-{end}", &token[7..31]),
            _ => format!("554 {}{token}", "x".repeat(180)),
        };
        read.push((token.to_owned(), code.to_owned()));
        Act::say(&reply)
    })
    .await;
    let worker = house.work(through_sink(&sink));
    let hurry = house.retries_at_once();
    for number in 0..4 {
        house.request(&format!("m{number}@example.org")).await;
        until_ended(&*store, number + 1).await;
    }
    drop(hurry);
    worker.stops().await;
    let all = ended(&*store).await;
    assert_eq!(all.len(), 4);
    assert!(all.iter().all(|it| said(it).contains("[link]") || said(it).contains("xxx")), "{all:?}");
    let bytes = records(&*store).await.into_iter().flat_map(|(key, it)| encode(&key, &it).unwrap());
    let at_rest = String::from_utf8_lossy(&bytes.collect::<Vec<u8>>()).into_owned();
    for (token, code) in quoted.lock().unwrap().iter() {
        assert!(token.as_bytes().windows(12).all(|it| !at_rest.contains(std::str::from_utf8(it).unwrap())));
        for code in [code.clone(), [&code[..3], &code[3..]].join(" "), [&code[..3], &code[3..]].join("-")] {
            assert!(!at_rest.contains(&code), "{code}");
        }
    }
}

async fn what_is_kept_about_emails_goes_with_the_account_of_the_address(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    registered(&app, door, "bob@example.org").await;
    assert_eq!(ann.change_email("new@example.org").await, Answer::Done);
    app.news_to(ANN).await;
    app.letter_to("new@example.org").await;
    let of = async |to: &str| {
        let to = EmailAddress::parse(to).unwrap().canonical();
        let all = app.all_records().await.into_iter().map(|(_, found)| found.record);
        let all = all.filter(|it| matches!(it, Record::EndedLetter(it) if it.letter.to.canonical() == to));
        all.count()
    };
    assert_eq!((of(ANN).await, of("new@example.org").await, of("bob@example.org").await), (2, 1, 1));
    assert_eq!(ann.delete_account("delete").await, Answer::Done);
    app.news_to(ANN).await;
    app.pass(Duration::ZERO).await;
    app.sweep().await;
    assert_eq!((of(ANN).await, of("new@example.org").await, of("bob@example.org").await), (0, 0, 1));
    app.sweep_after(WEEK + DAY).await;
    assert_eq!(app.records().await.mails, 0);
}

#[tokio::test]
async fn the_log_has_the_totals_of_each_hour_with_emails() {
    let log = Log::default();
    let _logged = log.capture();
    let (house, store) = house().await;
    let sink = Sink::start(Security::None, by_recipient).await;
    for to in ["ann@example.org", "gone@example.org", "later@example.org"] {
        house.request(to).await;
    }
    let worker = house.work(through_sink(&sink));
    for name in [EventName::MailSent, EventName::MailFailed, EventName::MailDelayed] {
        while count(&*store, name).await == 0 {
            tokio::task::yield_now().await;
        }
    }
    worker.stops().await;
    house.gatepost.log_mail_totals();
    assert!(!log.text().contains("such line"), "the hour is not over");
    for _ in 0..3 {
        house.clock.advance(Duration::from_hours(1));
        house.gatepost.log_mail_totals();
    }
    let text = log.text();
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("such line")).collect();
    let [line] = lines[..] else { panic!("{text}") };
    assert!(line.ends_with("sent=1 rejected=1 given_up=0 dropped=0 delayed=1"), "{line}");
}
