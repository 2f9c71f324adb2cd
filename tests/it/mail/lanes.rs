//! Slow recipients do not keep others waiting.

use std::time::Duration;

use gatepost::domain::outbox::{Delivery, Pace};
use gatepost::domain::ports::Clock;
use tokio::sync::watch;

use super::sink::{Act, Moment, Security, Seen, Sink, Stage};
use super::{House, smtp, through, through_sink};

/// Never answers to `RCPT` for a slow recipient.
fn slow_recipients(moment: &Moment) -> Act {
    match moment.stage {
        Stage::Rcpt if moment.line.contains("slow") => Act::Silence,
        _ => Act::Behave,
    }
}

fn tried(seen: &Seen, name: &str) -> usize {
    let is_it = |moment: &&Moment| moment.stage == Stage::Rcpt && moment.line.contains(name);
    seen.moments.iter().filter(is_it).count()
}

/// Time after which an attempt is slow.
const SLOW: Duration = Duration::from_secs(2);

#[tokio::test]
async fn behind_a_hundred_slow_recipients_a_fast_one_has_its_email_within_five_seconds() {
    let house = House::new().await;
    let start = house.clock.monotonic();
    for number in 0..100 {
        house.request(&format!("p{number}@slow{number}.example.org")).await;
    }
    house.request("ann@example.org").await;
    let sink = Sink::start(Security::None, slow_recipients).await;
    // With the limits of production.
    let worker = house.work(through_sink(&sink));
    sink.until(|seen| tried(seen, "@slow") == 4).await;
    assert_eq!(house.gatepost.queued_letters(None).await.unwrap().len(), 101);
    house.clock.advance(SLOW);
    sink.mails(1).await;
    assert!(house.clock.monotonic() <= start + Duration::from_secs(5));
    sink.letter_to("ann@example.org").await;
    worker.stops().await;
    assert_eq!(house.gatepost.queued_letters(None).await.unwrap().len(), 100);
}

#[tokio::test]
async fn while_slow_recipients_hold_every_place_a_new_email_is_sent() {
    let house = House::new().await;
    let sink = Sink::start(Security::None, slow_recipients).await;
    let mut settings = through_sink(&sink);
    settings.connections = 2;
    let worker = house.work(settings);
    for number in 0..4 {
        house.request(&format!("p{number}@slow{number}.example.org")).await;
        sink.until(|seen| tried(seen, "@slow") == number + 1).await;
        if number == 1 {
            house.clock.advance(SLOW);
        }
    }
    // Both lanes are full, and none of these ends by itself.
    house.request("ann@example.org").await;
    house.clock.advance(SLOW);
    sink.mails(1).await;
    assert_eq!(tried(&sink.seen(), "@slow"), 4, "each once");
    worker.stops().await;
}

#[tokio::test]
async fn a_slow_email_begins_in_the_slow_lane_next_time_and_first_attempts_go_first() {
    let house = House::new().await;
    let sink = Sink::start(Security::None, slow_recipients).await;
    let mut settings = through_sink(&sink);
    settings.connections = 1;
    let worker = house.work(settings);
    for name in ["one", "two"] {
        house.request(&format!("{name}@slow.example.org")).await;
        if name == "two" {
            house.clock.advance(SLOW);
        }
        sink.until(|seen| tried(seen, name) == 1).await;
    }
    house.request("ann@example.org").await;
    house.clock.advance(SLOW);
    sink.mails(1).await;
    // The younger slow one was cut and is due again. The slow lane is full of the other, so it waits, even
    // though the only usual place is free.
    let seen = sink.seen();
    assert_eq!((tried(&seen, "one"), tried(&seen, "two")), (1, 1));
    house.clock.advance(SLOW);
    for number in 0..3 {
        house.request(&format!("bob{number}@example.org")).await;
        sink.until(|seen| seen.mails.len() == 2 + number).await;
    }
    assert_eq!(tried(&sink.seen(), "two"), 1);
    worker.stops().await;
}

#[tokio::test]
async fn a_server_that_is_slow_before_it_hears_of_the_recipient_makes_no_email_slow() {
    for (slow, pace) in [
        (Stage::Greeting, Pace::Usual),
        (Stage::Ehlo, Pace::Usual),
        (Stage::Auth, Pace::Usual),
        (Stage::Mail, Pace::Usual),
        (Stage::Rcpt, Pace::Slow),
        (Stage::Data, Pace::Slow),
    ] {
        let house = House::new().await;
        let (release, held) = watch::channel(false);
        let sink = Sink::start(Security::None, move |moment| match moment.stage {
            stage if stage == slow => Act::Hold(held.clone()),
            Stage::Dot => Act::say("451 later"),
            _ => Act::Behave,
        })
        .await;
        let worker =
            house.work(through(smtp(&format!("smtp://ann:secret@127.0.0.1:{}?tls=none", sink.port))));
        house.request("ann@example.org").await;
        sink.until(|seen| seen.moments.last().is_some_and(|moment| moment.stage == slow)).await;
        house.clock.advance(Duration::from_secs(20));
        release.send(true).unwrap();
        let due = house.delayed_until().await;
        worker.stops().await;
        house.clock.advance_to(due);
        assert_eq!(house.claim_all().await[0].pace(), pace, "{slow:?}");
    }
}

#[tokio::test]
async fn a_first_attempt_goes_before_retries_that_have_been_due_for_longer() {
    let house = House::new().await;
    house.request("again@example.org").await;
    let claim = house.claim_all().await.remove(0);
    house.gatepost.delivered(&claim, Delivery::Delayed(Pace::Usual), None).await.unwrap();
    house.clock.advance(Duration::from_secs(30));
    house.request("first@example.org").await;
    let claims = house.claim_all().await;
    let order: Vec<&str> = claims.iter().map(|claim| claim.letter().to.as_str()).collect();
    assert_eq!(order, ["first@example.org", "again@example.org"]);
}
