//! Whatever the wall clock does for less than an hour, nothing is lost that is live by the time that really
//! passes.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door};
use crate::profile::{ANN, readdress, registered};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// A session that is not used ends after this; so does an undo.
const WEEK: Duration = Duration::from_hours(7 * 24);
const MONTH: Duration = Duration::from_hours(30 * 24);
/// The last use of a session is accurate to this.
const ABOUT: Duration = Duration::from_mins(5);

/// What happens to a server.
#[derive(Clone, Copy, Debug)]
enum Step {
    Pass(Duration),
    Jump { by: Duration, is_ahead: bool, lasts: Duration, is_used: bool },
    Use,
}

fn step() -> impl Strategy<Value = Step> {
    let jump = (1..400_u64 * 24 * 60, any::<bool>(), 0..60_u64, any::<bool>());
    prop_oneof![
        2 => (1..4_000_u64).prop_map(|minutes| Step::Pass(Duration::from_mins(minutes))),
        3 => jump.prop_map(|(by, is_ahead, lasts, is_used)| Step::Jump {
            by: Duration::from_mins(by),
            is_ahead,
            lasts: Duration::from_mins(lasts),
            is_used,
        }),
        1 => Just(Step::Use),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 32,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_261_129),
        ..ProptestConfig::default()
    })]
    #[test]
    fn nothing_that_is_live_is_lost_to_a_clock_that_jumps(steps in vec(step(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(live_through(&steps));
    }
}

/// A server, and what really is the time on it.
struct Story {
    app: App,
    ann: Caller,
    passed: Duration,
    /// When the session was last used, as far as the store must know.
    used: Duration,
    /// Since when the clock has been right.
    right_since: Duration,
}

impl Story {
    /// The sweeper looks at the clocks all the time, here at least after each of the first two hours.
    async fn pass(&mut self, time: Duration) {
        let rest = time.saturating_sub(HOUR);
        for part in [time.min(HOUR), rest.min(HOUR), rest.saturating_sub(HOUR)] {
            self.app.sweep_after(part).await;
            self.passed += part;
            self.expect_nothing_lost().await;
        }
    }

    async fn expect_nothing_lost(&self) {
        let is_live = self.passed + ABOUT < (self.used + WEEK).min(MONTH);
        assert!(!is_live || self.app.records().await.sessions == 1, "a live session is gone");
        let is_held = self.passed < WEEK;
        assert!(!is_held || self.app.holds().await == 1, "a reserved address is free");
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Pass(time) => self.pass(time).await,
            Step::Use => {
                let is_live = self.passed + ABOUT < (self.used + WEEK).min(MONTH);
                let is_in = self.ann.who().await.is_some();
                assert!(is_in || !is_live, "a live session is refused by a clock that is right");
                // For an hour after each of two jumps the store may keep the earlier time of use.
                if is_in && self.passed > self.right_since + 2 * HOUR {
                    self.used = self.passed;
                }
            }
            Step::Jump { by, is_ahead, lasts, is_used } => {
                self.set(by, is_ahead);
                self.app.sweep().await;
                if is_used {
                    self.ann.who().await;
                }
                self.pass(lasts).await;
                self.set(by, !is_ahead);
                self.right_since = self.passed;
                self.app.sweep().await;
                self.expect_nothing_lost().await;
            }
        }
    }

    fn set(&self, by: Duration, is_ahead: bool) {
        if is_ahead { self.app.clock.set_ahead(by) } else { self.app.clock.set_back(by) }
    }
}

async fn live_through(steps: &[Step]) {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Json, ANN).await;
    let undo = readdress(&app, &mut ann, ANN, "new@example.org").await;
    let zero = Duration::ZERO;
    let mut story = Story { app, ann, passed: zero, used: zero, right_since: zero };
    for step in steps {
        story.take(*step).await;
    }
    let Story { app, passed, .. } = story;
    if passed < WEEK {
        assert_eq!(app.caller(Door::Json).follow_deliberately(&undo).await, Answer::Done);
        app.read_all().await;
    }
    // And what is over does go.
    app.sweep_after(40 * DAY).await;
    for _ in 0..2 {
        app.sweep_after(HOUR).await;
    }
    assert_eq!((app.records().await.sessions, app.holds().await), (0, 0));
}
