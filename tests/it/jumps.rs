//! Whatever the wall clock does for less than an hour, nothing is lost that is live by the time that really
//! passes.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use gatepost::domain::record::Record;
use gatepost::domain::record::ids::AccountId;

use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door};
use crate::profile::{ANN, PASSWORD, readdress, registered};

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
    Jump {
        by: Duration,
        is_ahead: bool,
        lasts: Duration,
        is_used: bool,
    },
    Use,
    /// Someone registers an address.
    Register,
    /// Someone confirms a registration.
    Confirm,
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
        1 => Just(Step::Register),
        1 => Just(Step::Confirm),
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
    ann_id: AccountId,
    passed: Duration,
    /// When the session was last used, as far as the store must know.
    used: Duration,
    /// Since when the clock has been right.
    right_since: Duration,
    /// Registrations that no one has confirmed.
    waiting: Vec<Waiting>,
    /// How many there have been.
    registered: usize,
}

/// A registration that no one has confirmed.
struct Waiting {
    email: String,
    caller: Caller,
    link: String,
    began: Duration,
}

impl Waiting {
    fn is_live(&self, passed: Duration) -> bool {
        passed < self.began + DAY
    }
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
        assert!(!is_live || self.has_anns_session().await, "a live session is gone");
        let is_held = self.passed < WEEK;
        assert!(!is_held || self.app.holds().await == 1, "a reserved address is free");
        let requests = self.app.all_records().await.into_iter().filter_map(|(_, found)| match found.record {
            Record::Request(request) => Some(request.address.to_string()),
            _ => None,
        });
        let requests: Vec<String> = requests.collect();
        let live = self.waiting.iter().filter(|waiting| waiting.is_live(self.passed));
        for Waiting { email, .. } in live {
            assert!(requests.contains(email), "a live registration is gone");
        }
    }

    async fn has_anns_session(&self) -> bool {
        let id = self.ann_id;
        let sessions = self.app.session_records().await;
        sessions.iter().any(|found| matches!(&found.record, Record::Session(it) if it.account == id))
    }

    /// By a clock that is right.
    async fn register(&mut self) {
        let email = format!("new{}@example.org", self.registered);
        self.registered += 1;
        let mut caller = self.app.caller(Door::Json);
        assert_eq!(caller.register(&email, PASSWORD).await, Answer::Done);
        let link = self.app.letter_to(&email).await.link;
        self.waiting.push(Waiting { email, caller, link, began: self.passed });
    }

    /// The oldest registration that is live.
    async fn confirm(&mut self) {
        let passed = self.passed;
        let Some(index) = self.waiting.iter().position(|waiting| waiting.is_live(passed)) else { return };
        let Waiting { mut caller, link, .. } = self.waiting.remove(index);
        assert_eq!(caller.follow(&link).await, Answer::Done, "a live link is dead");
        assert!(caller.has_password().await, "the password that was entered is lost");
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Pass(time) => self.pass(time).await,
            Step::Register => self.register().await,
            Step::Confirm => self.confirm().await,
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
    let undo = readdress(&app, &mut ann, ANN, "moved@example.org").await;
    let (zero, waiting, ann_id) = (Duration::ZERO, Vec::new(), app.account("moved@example.org").await.id);
    let mut story =
        Story { app, ann, ann_id, passed: zero, used: zero, right_since: zero, waiting, registered: 0 };
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
    let records = app.records().await;
    assert_eq!((records.sessions, records.requests, app.holds().await), (0, 0, 0));
}
