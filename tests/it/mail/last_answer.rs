//! A mail server may take ten minutes to answer the final dot. Until then it may have the email, and another
//! attempt could deliver it twice.

use std::time::Duration;

use tokio::sync::watch;

use super::sink::{Act, Security, Seen, Sink, Stage};
use super::{House, through_sink};

/// Time after which an attempt is slow.
const SLOW: Duration = Duration::from_secs(2);

/// Does not answer to the dot of `late` emails until it is released.
async fn late_sink() -> (Sink, watch::Sender<bool>) {
    let (release, held) = watch::channel(false);
    let sink = Sink::start(Security::None, move |moment| match moment.stage {
        Stage::Dot if moment.line.contains("To: late") => Act::Hold(held.clone()),
        _ => Act::Behave,
    })
    .await;
    (sink, release)
}

/// How many late emails have come to their final dot.
fn late(seen: &Seen) -> usize {
    let is_late =
        |moment: &&super::sink::Moment| moment.stage == Stage::Dot && moment.line.contains("To: late");
    seen.moments.iter().filter(is_late).count()
}

async fn request_late(house: &House, count: usize) {
    for number in 0..count {
        house.request(&format!("late{number}@example.org")).await;
    }
}

/// Waits until every late email has arrived, and asserts that each did so once.
async fn arrive_once(house: &House, sink: &Sink, count: usize) {
    house.empties_its_outbox().await;
    for number in 0..count {
        assert_eq!(sink.count_to(&format!("late{number}@example.org")), 1, "{number}");
    }
}

#[tokio::test]
async fn a_mail_server_that_takes_40_seconds_for_its_last_answer_gets_one_copy() {
    let house = House::new().await;
    let (sink, release) = late_sink().await;
    let worker = house.work(through_sink(&sink));
    request_late(&house, 1).await;
    sink.until(|seen| late(seen) == 1).await;
    house.clock.advance(Duration::from_secs(40));
    release.send(true).unwrap();
    arrive_once(&house, &sink, 1).await;
    worker.stops().await;
}

#[tokio::test]
async fn emails_that_wait_for_their_last_answer_keep_no_other_waiting() {
    let house = House::new().await;
    let (sink, release) = late_sink().await;
    let worker = house.work(through_sink(&sink));
    request_late(&house, 20).await;
    for batch in 1..=5 {
        sink.until(|seen| late(seen) == 4 * batch).await;
        house.clock.advance(SLOW);
    }
    house.request("ann@example.org").await;
    sink.letter_to("ann@example.org").await;
    house.clock.advance(Duration::from_secs(40));
    release.send(true).unwrap();
    arrive_once(&house, &sink, 20).await;
    worker.stops().await;
}

#[tokio::test]
async fn a_last_answer_may_take_ten_minutes_even_if_others_wait_for_a_place() {
    for waited in [Duration::from_secs(40), Duration::from_secs(9 * 60 + 59)] {
        let house = House::new().await;
        let (sink, release) = late_sink().await;
        let mut settings = through_sink(&sink);
        settings.connections = 1;
        let worker = house.work(settings);
        request_late(&house, 20).await;
        // Those that wait for their answer take every place there is.
        for places in 1..=6 {
            sink.until(|seen| late(seen) == places).await;
            if places < 6 {
                house.clock.advance(SLOW);
            }
        }
        house.clock.advance(waited.saturating_sub(SLOW * 5));
        release.send(true).unwrap();
        arrive_once(&house, &sink, 20).await;
        worker.stops().await;
    }
}

#[tokio::test]
async fn after_ten_minutes_without_an_answer_others_have_the_place() {
    let house = House::new().await;
    let (sink, _release) = late_sink().await;
    let mut settings = through_sink(&sink);
    settings.connections = 1;
    let worker = house.work(settings);
    request_late(&house, 6).await;
    for places in 1..=6 {
        sink.until(|seen| late(seen) == places).await;
        house.clock.advance(SLOW);
    }
    house.request("ann@example.org").await;
    house.clock.advance(Duration::from_mins(10));
    sink.letter_to("ann@example.org").await;
    worker.stops().await;
}
