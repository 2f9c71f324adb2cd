//! Nodes whose clocks are wrong.

use std::time::Duration;

use gatepost::domain::record::node::Errand;

use super::acts::signed_in;
use crate::harness::caller::Door;
use crate::harness::log::Log;
use crate::harness::street::Street;

const ANN: &str = "ann@example.org";

#[tokio::test]
async fn a_clock_that_is_some_seconds_off_is_logged_once_and_changes_nothing() {
    let (log, street) = (Log::default(), Street::new().await);
    let _guard = log.capture();
    let (one, other) = (street.node("a").await, street.node("b").await);
    one.plot.clock.set_ahead(Duration::from_secs(10));
    street.beats(3, &[&one, &other]).await;
    let line = "the clock of this machine is not that of the database";
    assert_eq!(log.text().matches(line).count(), 1, "{}", log.text());
    assert_eq!(one.readiness().await.0, 200);
    signed_in(&street, &one, Door::Json).await;
    one.plot.clock.set_back(Duration::from_secs(10));
    street.beats(2, &[&one, &other]).await;
    assert!(log.text().contains("the clock of this machine agrees with that of the database again"));
}

#[tokio::test]
async fn a_node_whose_clock_is_a_minute_ahead_or_behind_is_not_ready_and_the_other_serves() {
    for is_ahead in [true, false] {
        let street = Street::new().await;
        let (one, other) = (street.node("a").await, street.node("b").await);
        let minute = Duration::from_mins(1);
        if is_ahead {
            one.plot.clock.set_ahead(minute);
        } else {
            one.plot.clock.set_back(minute);
        }
        street.beats(1, &[&one, &other]).await;
        let (status, body) = one.readiness().await;
        assert_eq!(status, 503);
        let times = if is_ahead { ["00:01:05", "00:00:05"] } else { ["23:59:05", "00:00:05"] };
        assert!(times.iter().all(|time| body.contains(time)), "{body}");
        assert_eq!(other.readiness().await.0, 200);
        one.house.gatepost.sweep().await.unwrap();
        // It does nothing that depends on the time for the others.
        assert!(!one.house.gatepost.has_errand(Errand::Sweep).await.unwrap());
        assert!(other.house.gatepost.has_errand(Errand::Sweep).await.unwrap());
        // People who reach it all the same are served, and the other node sends their email.
        let mut ann = one.caller(Door::Json);
        ann.ask(ANN).await;
        // The other node finds that it is due when its own clock says so.
        street.beats(if is_ahead { 12 } else { 1 }, &[&one, &other]).await;
        let letter = street.letter_to(ANN, &[]).await;
        ann.follow(&letter.link()).await;
        assert_eq!(ann.who().await.as_deref(), Some(ANN));
        if is_ahead {
            one.plot.clock.set_back(minute);
        } else {
            one.plot.clock.set_ahead(minute);
        }
        street.beats(1, &[&one, &other]).await;
        assert_eq!(one.readiness().await.0, 200);
    }
}
