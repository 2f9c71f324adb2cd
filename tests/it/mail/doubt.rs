//! The store does not know whether what the worker did with an email was written.

use std::sync::Arc;
use std::time::Duration;

use gatepost::domain::ports::Change;
use gatepost::domain::record::Record;
use gatepost::domain::record::event::EventName;
use gatepost::domain::record::letter::Offered;

use super::sink::Sink;
use super::{House, through_sink};
use crate::harness::chaotic::{ChaoticStore, Doubt};

/// The mail server gets the last byte only once it is on disk that it may have the email.
#[tokio::test]
async fn an_email_whose_hand_over_is_in_doubt_is_not_sent_until_its_next_attempt() {
    let hands_over = |change: &Change| {
        let is_offered = |record: &Option<Record>| matches!(record, Some(Record::Letter(letter)) if letter.offered == Offered::Now);
        change.writes.iter().any(|(_, record)| is_offered(record))
    };
    for doubt in [Doubt::Written, Doubt::Lost] {
        let store = Arc::new(ChaoticStore::on_command());
        let (house, sink) = (House::over(store.clone(), true).await, Sink::good().await);
        let worker = house.work(through_sink(&sink));
        store.doubt_next_that(hands_over, doubt);
        house.request("ann@example.org").await;
        let due = house.delayed_until().await;
        assert!(sink.seen().mails.is_empty(), "{doubt:?}");
        house.clock.advance_to(due);
        sink.mails(1).await;
        house.empties_its_outbox().await;
        worker.stops().await;
        assert_eq!(sink.seen().mails.len(), 1, "{doubt:?}");
    }
}

#[tokio::test]
async fn an_email_that_is_over_leaves_the_outbox_although_that_is_in_doubt() {
    let drops = |change: &Change| has_event(change, EventName::MailDropped);
    for doubt in [Doubt::Written, Doubt::Lost] {
        let store = Arc::new(ChaoticStore::on_command());
        let (house, sink) = (House::over(store.clone(), true).await, Sink::good().await);
        house.request("ann@example.org").await;
        house.clock.advance(Duration::from_hours(1));
        store.doubt_next_that(drops, doubt);
        let worker = house.work(through_sink(&sink));
        let _hurry = house.retries_at_once();
        house.empties_its_outbox().await;
        worker.stops().await;
        assert!(sink.seen().mails.is_empty(), "{doubt:?}");
    }
}

/// Otherwise the next run would send it again.
#[tokio::test]
async fn an_email_that_was_sent_while_the_server_stops_is_recorded_although_that_is_in_doubt() {
    let ends = |change: &Change| has_event(change, EventName::MailSent);
    for doubt in [Doubt::Written, Doubt::Lost] {
        let store = Arc::new(ChaoticStore::on_command());
        let house = House::over(store.clone(), true).await;
        let (_sink, worker, release) = house.stops_at_a_final_dot().await;
        store.doubt_next_that(ends, doubt);
        release.send(true).unwrap();
        worker.stops().await;
        assert!(!house.gatepost.has_letters().await.unwrap(), "{doubt:?}");
    }
}

fn has_event(change: &Change, name: EventName) -> bool {
    let is_it = |record: &Option<Record>| matches!(record, Some(Record::Event(event)) if event.name == name);
    change.writes.iter().any(|(_, record)| is_it(record))
}
