//! When a run has ended, as another one can tell, and how far two clocks are apart.

use std::time::Duration;

use gatepost::domain::record::drift::Drift;
use gatepost::domain::record::ids::RunId;
use gatepost::domain::record::time::Timestamp;
use gatepost::domain::record::watch::{Ended, Watch};

const OWN: RunId = RunId([0; 8]);
const OTHER: RunId = RunId([1; 8]);
const NOW: Duration = Duration::ZERO;

/// A heartbeat that is acknowledged, after a look at these records.
fn beat(watch: &mut Watch<u64>, records: &[(RunId, Option<u64>)]) {
    watch.look(records.iter().copied(), NOW);
    watch.acknowledged();
}

#[test]
fn a_run_has_ended_once_four_heartbeats_in_a_row_have_seen_it_unchanged() {
    let mut watch = Watch::new(OWN);
    for _ in 0..4 {
        beat(&mut watch, &[(OWN, Some(9)), (OTHER, Some(1))]);
        assert_eq!(watch.ended(OTHER), None);
    }
    watch.look([(OWN, Some(9)), (OTHER, Some(1))], NOW);
    assert_eq!(watch.ended(OTHER), Some(Ended(Some(1))));
    assert_eq!(watch.ended(OWN), None);
}

#[test]
fn a_run_that_changes_in_between_has_not_ended() {
    let mut watch = Watch::new(OWN);
    for version in [1, 1, 1, 2, 2, 2, 2] {
        beat(&mut watch, &[(OTHER, Some(version))]);
        assert_eq!(watch.ended(OTHER), None);
    }
    beat(&mut watch, &[(OTHER, Some(2))]);
    assert_eq!(watch.ended(OTHER), Some(Ended(Some(2))));
    beat(&mut watch, &[(OTHER, Some(3))]);
    assert_eq!(watch.ended(OTHER), None);
}

#[test]
fn a_heartbeat_that_fails_starts_the_count_again_so_nothing_counts_from_an_outage() {
    let mut watch = Watch::new(OWN);
    for _ in 0..3 {
        beat(&mut watch, &[(OTHER, Some(1))]);
    }
    watch.look([(OTHER, Some(1))], NOW);
    watch.failed();
    for _ in 0..4 {
        beat(&mut watch, &[(OTHER, Some(1))]);
        assert_eq!(watch.ended(OTHER), None);
    }
    beat(&mut watch, &[(OTHER, Some(1))]);
    assert!(watch.ended(OTHER).is_some());
    // It may have been our own outage that kept the other from being seen.
    watch.failed();
    assert_eq!(watch.ended(OTHER), None);
}

#[test]
fn a_run_without_a_record_has_ended_and_one_that_cannot_be_read_never_has() {
    let mut watch: Watch<u64> = Watch::new(OWN);
    assert_eq!(watch.ended(OTHER), None, "nothing was seen yet");
    for _ in 0..10 {
        beat(&mut watch, &[(OWN, Some(1)), (OTHER, None)]);
        assert_eq!(watch.ended(OTHER), None);
    }
    beat(&mut watch, &[(OWN, Some(1))]);
    assert_eq!(watch.ended(OTHER), Some(Ended(None)));
}

#[test]
fn how_long_a_run_has_ended_counts_from_when_that_was_known() {
    let mut watch = Watch::new(OWN);
    let hour = Duration::from_hours(1);
    for number in 0..6 {
        watch.look([(OTHER, Some(1))], hour * number);
        watch.acknowledged();
    }
    assert_eq!(watch.ended_for(hour * 24, hour * 27), []);
    assert_eq!(watch.ended_for(hour * 24, hour * 28), [(OTHER, 1)]);
}

#[test]
fn clocks_are_compared_with_half_the_time_of_the_answer_in_hand() {
    let second = Duration::from_secs(1);
    let at = |millis: u64| Timestamp(1_000_000 + millis);
    let case = |engine, took| match Drift::between(at(0), took, at(engine)) {
        Drift::Near => "near",
        Drift::Noted(_) => "noted",
        Drift::TooFar(_) => "too far",
    };
    assert_eq!(case(2_000, Duration::ZERO), "near");
    assert_eq!(case(2_001, Duration::ZERO), "noted");
    assert_eq!(case(3_000, second * 4), "near");
    assert_eq!(case(30_000, Duration::ZERO), "noted");
    assert_eq!(case(30_001, Duration::ZERO), "too far");
    let behind = Drift::between(at(60_000), Duration::ZERO, at(0));
    let both = behind.too_far().unwrap();
    assert_eq!((both.own, both.engine), (at(60_000), at(0)));
}
