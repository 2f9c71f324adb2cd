//! A clock that was ahead does not keep email back.

use std::time::Duration;

use gatepost::domain::outbox::{Delivery, Pace};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::sink::{Act, Security, Sink, Stage};
use super::{House, certainly, through_sink};

const MONTH: Duration = Duration::from_hours(31 * 24);
/// The longest delay between two attempts.
const LONGEST_DELAY: Duration = Duration::from_mins(5);

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

#[tokio::test]
async fn a_clock_that_is_a_month_ahead_for_a_moment_drops_no_email() {
    let house = House::new().await;
    house.request("ann@example.org").await;
    house.clock.set_ahead(MONTH);
    let sink = Sink::good().await;
    let worker = house.work(through_sink(&sink));
    house.delayed_until().await;
    house.clock.set_back(MONTH);
    house.clock.advance(LONGEST_DELAY);
    sink.mails(1).await;
    house.empties_its_outbox().await;
    worker.stops().await;
}

#[tokio::test]
async fn a_clock_that_is_a_month_ahead_for_a_moment_gives_up_no_email() {
    for delivery in [Delivery::Delayed(Pace::Usual), Delivery::Delayed(Pace::Slow), Delivery::Unanswered] {
        let house = House::new().await;
        house.request("ann@example.org").await;
        let claim = house.claim_all().await.remove(0);
        house.clock.set_ahead(MONTH);
        certainly(|| house.gatepost.delivered(&claim, delivery, None)).await;
        house.clock.set_back(MONTH);
        house.clock.advance(LONGEST_DELAY);
        assert_eq!(house.claim_all().await.len(), 1, "{delivery:?}");
    }
}

#[tokio::test]
async fn an_email_is_given_up_when_the_clock_has_been_ahead_for_an_hour() {
    let house = House::new().await;
    house.request("ann@example.org").await;
    house.clock.set_ahead(MONTH);
    let sink = Sink::good().await;
    let worker = house.work(through_sink(&sink));
    let hurry = house.retries_at_once();
    house.empties_its_outbox().await;
    assert_eq!(sink.seen().mails.len(), 0);
    drop(hurry);
    worker.stops().await;
}

/// What happens to an outbox.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Someone requests an email.
    Request,
    /// The mail server takes no email.
    Fail(Pace),
    /// The clock is wrong for a while.
    Jump {
        by: Duration,
        is_ahead: bool,
        lasts: Duration,
    },
    Pass(Duration),
}

fn step() -> impl Strategy<Value = Step> {
    let minutes = |range: std::ops::Range<u64>| range.prop_map(Duration::from_mins);
    prop_oneof![
        2 => Just(Step::Request),
        3 => prop_oneof![Just(Pace::Usual), Just(Pace::Slow)].prop_map(Step::Fail),
        3 => (minutes(1..60 * 24 * 400), any::<bool>(), minutes(0..5))
            .prop_map(|(by, is_ahead, lasts)| Step::Jump { by, is_ahead, lasts }),
        1 => minutes(0..5).prop_map(Step::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_261_129),
        ..ProptestConfig::default()
    })]
    #[test]
    fn no_email_waits_longer_than_the_longest_delay_because_a_clock_jumped(steps in vec(step(), 1..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(queue_through(&steps));
    }
}

/// Whatever happened, every email can be sent within the longest delay once the clock is right. All steps
/// together take less than an hour, so that no request is over.
async fn queue_through(steps: &[Step]) {
    let house = House::new().await;
    let mut owed = 0;
    for step in steps {
        match *step {
            Step::Request => {
                house.request(&format!("p{owed}@example.org")).await;
                owed += 1;
            }
            Step::Fail(pace) => fail(&house, pace).await,
            Step::Jump { by, is_ahead, lasts } => {
                set(&house, by, is_ahead);
                fail(&house, Pace::Usual).await;
                house.clock.advance(lasts);
                fail(&house, Pace::Slow).await;
                set(&house, by, !is_ahead);
            }
            Step::Pass(time) => house.clock.advance(time),
        }
    }
    house.clock.advance(LONGEST_DELAY);
    let mut claimed = 0;
    loop {
        match house.claim_all().await.len() {
            0 => break,
            some => claimed += some,
        }
    }
    assert_eq!(claimed, owed);
}

fn set(house: &House, by: Duration, is_ahead: bool) {
    if is_ahead {
        house.clock.set_ahead(by);
    } else {
        house.clock.set_back(by);
    }
}

/// One attempt with every email that is due.
async fn fail(house: &House, pace: Pace) {
    for claim in house.claim_all().await {
        if certainly(|| house.gatepost.contents(&claim)).await.is_some() {
            certainly(|| house.gatepost.delivered(&claim, Delivery::Delayed(pace), None)).await;
        }
    }
}
