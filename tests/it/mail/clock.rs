//! A clock that was ahead does not keep email back.

use std::time::Duration;

use super::sink::{Act, Security, Sink, Stage};
use super::{House, through_sink};

#[tokio::test]
async fn an_email_queued_while_the_clock_was_ahead_is_sent_when_it_is_right_again() {
    let house = House::new().await;
    house.clock.set_ahead(Duration::from_hours(1));
    house.request("ann@example.org").await;
    house.clock.set_back(Duration::from_hours(1));
    let sink = Sink::good().await;
    let worker = house.work(through_sink(&sink));
    sink.mails(1).await;
    house.empties_its_outbox().await;
    worker.stops().await;
}

#[tokio::test]
async fn an_email_delayed_while_the_clock_was_ahead_is_sent_when_it_is_right_again() {
    for stage in [Stage::Greeting, Stage::Rcpt] {
        let house = House::new().await;
        house.clock.set_ahead(Duration::from_hours(1));
        let sink = Sink::start(Security::None, move |moment| {
            if moment.stage == stage && moment.connection == 0 { Act::say("451 later") } else { Act::Behave }
        })
        .await;
        let worker = house.work(through_sink(&sink));
        house.request("ann@example.org").await;
        house.delayed_until().await;
        // The email is due at a time that is an hour away now.
        house.clock.set_back(Duration::from_hours(1));
        house.clock.advance(Duration::from_secs(2));
        sink.mails(1).await;
        house.empties_its_outbox().await;
        worker.stops().await;
    }
}

#[tokio::test]
async fn a_claim_made_while_the_clock_was_ahead_ends() {
    let house = House::new().await;
    house.clock.set_ahead(Duration::from_hours(1));
    house.request("ann@example.org").await;
    assert_eq!(house.claim_all().await.len(), 1);
    house.clock.set_back(Duration::from_hours(1));
    assert_eq!(house.claim_all().await.len(), 1);
}
