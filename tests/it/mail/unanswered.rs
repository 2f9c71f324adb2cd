//! A mail server that has the whole email may have accepted it, whatever it replies, and whether it replies
//! (REL-14, REL-15).

use std::sync::Arc;
use std::time::Duration;

use gatepost::domain::mailed::Redeemer;
use gatepost::domain::outbox::{Delivery, Places};
use gatepost::store::memory::MemoryStore;
use mailparse::MailHeaderMap;

use super::full_store::FullStore;
use super::sink::{Act, Security, Sink, Stage, TakenMail};
use super::{House, through_sink};

impl House {
    /// Whether the link in an email works.
    async fn opens(&self, link: &str) -> bool {
        let token = link.rsplit('/').next().unwrap();
        self.gatepost.show_link(token, Redeemer::default()).await.is_ok()
    }
}

fn header(mail: &TakenMail, name: &str) -> String {
    mailparse::parse_mail(&mail.data).unwrap().headers.get_first_value(name).unwrap()
}

#[tokio::test]
async fn an_email_without_an_answer_is_sent_three_times_five_minutes_apart() {
    let house = House::new().await;
    let sink = Sink::start(Security::None, |moment| match moment.stage {
        Stage::Dot => Act::KeepAndHangUp,
        _ => Act::Behave,
    })
    .await;
    let worker = house.work(through_sink(&sink));
    house.request("ann@example.org").await;
    for attempt in 1..=3 {
        sink.mails(attempt).await;
        if attempt < 3 {
            let due = house.delayed_until().await;
            assert_eq!(due.since(house.world.now()), Duration::from_mins(5));
            house.clock.advance_to(due);
        }
    }
    house.empties_its_outbox().await;
    worker.stops().await;
    let mails = sink.seen().mails;
    assert_eq!(mails.len(), 3);
    // One Message-ID, so that a mail program recognizes the copies; the date is that of each attempt.
    assert!(mails.iter().all(|mail| header(mail, "Message-ID") == header(&mails[0], "Message-ID")));
    let dates: Vec<String> = mails.iter().map(|mail| header(mail, "Date")).collect();
    let expected = [0, 5, 10].map(|minute| format!("Thu, 01 Jan 2026 00:{minute:02}:00 +0000"));
    assert_eq!(dates, expected);
    assert!(mails.iter().all(|mail| mail.link() == mails[0].link()));
}

#[tokio::test]
async fn an_email_without_an_answer_counts_as_accepted_when_it_was_handed_over() {
    let house = House::new().await;
    let sink = Sink::start(Security::None, |moment| match moment.stage {
        Stage::Dot => Act::KeepAndHangUp,
        _ => Act::Behave,
    })
    .await;
    let worker = house.work(through_sink(&sink));
    house.request("ann@example.org").await;
    let link = sink.mails(1).await[0].link();
    house.delayed_until().await;
    worker.stops().await;
    assert!(house.opens(&link).await);
    house.clock.advance(Duration::from_secs(9 * 60 + 59));
    assert!(house.opens(&link).await);
    house.clock.advance(Duration::from_secs(1));
    assert!(!house.opens(&link).await, "the link expires, though the email is still queued");
}

#[tokio::test]
async fn after_a_crash_an_email_that_may_have_been_sent_works_and_waits_five_minutes() {
    let store = Arc::new(MemoryStore::new());
    let house = House::over(Arc::clone(&store) as _, true).await;
    house.request("ann@example.org").await;
    let claim = house.claim_all().await.remove(0);
    let contents = house.gatepost.contents(&claim).await.unwrap().unwrap();
    assert!(house.gatepost.hand_over(&claim).await.unwrap());
    // Here the process is killed. The mail server has the email.
    let house = house.next_run(store).await;
    let link = format!("/link/{}", contents.matter.link.unwrap().as_str());
    assert!(house.opens(&link).await);
    let sink = Sink::good().await;
    let worker = house.work(through_sink(&sink));
    let due = house.delayed_until().await;
    assert_eq!(due.since(house.world.now()), Duration::from_mins(5));
    assert_eq!(sink.seen().connections, 0);
    house.clock.advance_to(due);
    sink.mails(1).await;
    house.empties_its_outbox().await;
    worker.stops().await;
}

#[tokio::test]
async fn an_email_whose_result_cannot_be_recorded_is_not_sent_again_when_its_claim_ends() {
    let store = Arc::new(FullStore::new());
    let house = House::over(Arc::clone(&store) as _, true).await;
    house.request("ann@example.org").await;
    let claim = house.claim_all().await.remove(0);
    assert!(house.gatepost.hand_over(&claim).await.unwrap());
    // Another worker of the same run has forgotten it, but this one still has it in memory.
    house.clock.advance(Duration::from_mins(16));
    let held = [claim.letter().id].into();
    let places = Places { usual: 4, newest: 2, slow: 4, all: 8, ahead: 4 };
    assert!(house.gatepost.claim_letters(places, &held).await.unwrap().is_empty());
    assert_eq!(house.gatepost.next_claim_due(places, &held).await.unwrap(), None);
    house.gatepost.delivered(&claim, Delivery::Taken, None).await.unwrap();
    house.empties_its_outbox().await;
}

#[tokio::test]
async fn an_email_is_not_sent_if_it_cannot_be_recorded_that_it_will_be() {
    let store = Arc::new(FullStore::new());
    let house = House::over(Arc::clone(&store) as _, true).await;
    let full = Arc::clone(&store);
    let sink = Sink::start(Security::None, move |moment| {
        if moment.stage == Stage::Rcpt && moment.connection == 0 {
            full.fill();
        }
        Act::Behave
    })
    .await;
    let worker = house.work(through_sink(&sink));
    house.request("ann@example.org").await;
    store.refuses(2).await;
    assert!(sink.seen().mails.is_empty());
    store.empty();
    let _hurry = house.retries_at_once();
    sink.mails(1).await;
    house.empties_its_outbox().await;
    worker.stops().await;
}
