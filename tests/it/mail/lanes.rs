//! Slow recipients do not keep others waiting.

use std::time::Duration;

use gatepost::domain::outbox::{Delivery, Pace};

use super::sink::{Act, Moment, Security, Seen, Sink, Stage};
use super::{House, through_sink};

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

#[tokio::test]
async fn behind_a_hundred_slow_recipients_a_fast_one_has_its_email_within_five_seconds() {
    let house = House::new().await;
    for number in 0..100 {
        house.request(&format!("p{number}@slow{number}.example.org")).await;
    }
    house.request("ann@example.org").await;
    let sink = Sink::start(Security::None, slow_recipients).await;
    // With the limits of production.
    let worker = house.work(through_sink(&sink));
    let arrived = tokio::time::timeout(Duration::from_secs(5), sink.letter_to("ann@example.org")).await;
    arrived.expect("it does not wait for the slow ones");
    worker.stops().await;
}

#[tokio::test]
async fn while_slow_recipients_hold_every_place_a_new_email_is_sent() {
    let house = House::new().await;
    let sink = Sink::start(Security::None, slow_recipients).await;
    let mut settings = through_sink(&sink);
    settings.connections = 2;
    settings.timeouts.slow = Duration::from_millis(50);
    let worker = house.work(settings);
    for number in 0..4 {
        house.request(&format!("p{number}@slow{number}.example.org")).await;
        sink.until(|seen| tried(seen, "@slow") == number + 1).await;
    }
    // Both lanes are full, and none of these ends by itself.
    house.request("ann@example.org").await;
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
    settings.timeouts.slow = Duration::from_millis(50);
    let worker = house.work(settings);
    for name in ["one", "two"] {
        house.request(&format!("{name}@slow.example.org")).await;
        sink.until(|seen| tried(seen, name) == 1).await;
    }
    house.request("ann@example.org").await;
    sink.mails(1).await;
    // The younger slow one was cut and is due again. The slow lane is full of the other, so it waits, even
    // though the only usual place is free.
    let seen = sink.seen();
    assert_eq!((tried(&seen, "one"), tried(&seen, "two")), (1, 1));
    house.clock.advance(Duration::from_secs(2));
    for number in 0..3 {
        house.request(&format!("bob{number}@example.org")).await;
        sink.until(|seen| seen.mails.len() == 2 + number).await;
    }
    assert_eq!(tried(&sink.seen(), "two"), 1);
    worker.stops().await;
}

#[tokio::test]
async fn a_first_attempt_goes_before_retries_that_have_been_due_for_longer() {
    let house = House::new().await;
    house.request("again@example.org").await;
    let claim = house.claim_all().await.remove(0);
    house.gatepost.delivered(&claim, Delivery::Delayed(Pace::Usual)).await.unwrap();
    house.clock.advance(Duration::from_secs(30));
    house.request("first@example.org").await;
    let claims = house.claim_all().await;
    let order: Vec<&str> = claims.iter().map(|claim| claim.letter().to.as_str()).collect();
    assert_eq!(order, ["first@example.org", "again@example.org"]);
}

#[tokio::test]
async fn an_email_past_its_final_dot_is_not_cut_for_others() {
    let house = House::new().await;
    let (release, held) = tokio::sync::watch::channel(false);
    let sink = Sink::start(Security::None, move |moment| match moment.stage {
        Stage::Dot if moment.line.contains("To: held") => Act::Hold(held.clone()),
        _ => slow_recipients(moment),
    })
    .await;
    let mut settings = through_sink(&sink);
    settings.connections = 1;
    settings.timeouts.slow = Duration::from_millis(50);
    let worker = house.work(settings);
    house.request("held@example.org").await;
    sink.until(|seen| seen.moments.iter().any(|moment| moment.stage == Stage::Dot)).await;
    house.request("one@slow.example.org").await;
    sink.until(|seen| tried(seen, "one") == 1).await;
    house.request("ann@example.org").await;
    sink.letter_to("ann@example.org").await;
    release.send(true).unwrap();
    sink.letter_to("held@example.org").await;
    assert_eq!(tried(&sink.seen(), "held"), 1);
    worker.stops().await;
}

#[tokio::test]
async fn emails_that_wait_for_a_last_answer_for_very_long_make_room_in_the_end() {
    let house = House::new().await;
    let sink = Sink::start(Security::None, |moment| match moment.stage {
        Stage::Dot if moment.line.contains("To: stuck") => Act::Silence,
        _ => Act::Behave,
    })
    .await;
    let mut settings = through_sink(&sink);
    settings.connections = 1;
    settings.timeouts.slow = Duration::from_millis(50);
    settings.timeouts.stuck = Duration::from_millis(200);
    let worker = house.work(settings);
    for number in 0..2 {
        house.request(&format!("stuck{number}@example.org")).await;
        sink.until(|seen| tried(seen, "stuck") == number + 1).await;
    }
    house.request("ann@example.org").await;
    sink.letter_to("ann@example.org").await;
    worker.stop.cancel();
}
