//! Connections are kept for the next letter, and none for longer than it is good.

use std::time::Duration;

use super::sink::{Act, Security, Sink, Stage};
use super::{House, through_sink};

#[tokio::test]
async fn connections_are_kept_shared_and_no_more_than_allowed() {
    let house = House::new().await;
    for number in 0..60 {
        house.ask(&format!("p{number}@example.org")).await;
    }
    let sink = Sink::good().await;
    let mut settings = through_sink(&sink);
    settings.connections = 3;
    let worker = house.work(settings);
    sink.mails(60).await;
    house.owes_nothing().await;
    assert!(sink.seen().connections <= 3, "{}", sink.seen().connections);
    worker.stops().await;
    // It takes its leave.
    let seen = sink.until(|seen| seen.hung_up == seen.connections).await;
    assert_eq!(seen.clear.iter().filter(|line| line.starts_with("QUIT")).count(), seen.connections);
}

#[tokio::test]
async fn a_kept_connection_that_died_costs_no_delay() {
    let house = House::new().await;
    // Every connection ends at its second letter, one by a hang-up and one by a farewell.
    let sink = Sink::start(Security::None, {
        let letters = std::sync::Mutex::new(std::collections::HashMap::<usize, usize>::new());
        move |moment| {
            if moment.stage != Stage::Mail {
                return Act::Behave;
            }
            let mut letters = letters.lock().unwrap();
            let count = letters.entry(moment.connection).or_default();
            *count += 1;
            match (*count, moment.connection % 2) {
                (2, 0) => Act::HangUp,
                (2, _) => Act::say("421 closing, too long idle"),
                _ => Act::Behave,
            }
        }
    })
    .await;
    let worker = house.work(through_sink(&sink));
    for number in 0..4 {
        house.ask(&format!("p{number}@example.org")).await;
        // The clock stands still, so a delayed letter would never come.
        sink.mails(number + 1).await;
        house.owes_nothing().await;
    }
    worker.stops().await;
    assert_eq!(sink.seen().connections, 4);
}

#[tokio::test]
async fn an_idle_connection_is_closed_with_a_farewell() {
    let house = House::new().await;
    let sink = Sink::good().await;
    let mut settings = through_sink(&sink);
    settings.patience.idle = Duration::from_millis(50);
    let worker = house.work(settings);
    house.ask("ann@example.org").await;
    sink.mails(1).await;
    let seen = sink.until(|seen| seen.hung_up == 1).await;
    assert!(seen.clear.last().unwrap().starts_with("QUIT"), "{:?}", seen.clear);
    worker.stops().await;
}
