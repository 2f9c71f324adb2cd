//! Wall clocks that jump: for a while they refuse what is not over, but nothing is lost by it.

use std::sync::Arc;
use std::time::Duration;

use gatepost::domain::Settings;
use gatepost::domain::ports::Clock;
use gatepost::domain::record::Record;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::password::Cost;
use gatepost::domain::record::session::Session;

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::imported::{cost_of_a_wrong_password, import};
use crate::profile::{ANN, PASSWORD, readdress, registered};

both_doors! {
    a_clock_that_is_ahead_for_seconds_ends_nothing_for_good,
    a_clock_that_is_ahead_for_seconds_gives_no_reserved_address_away,
    a_clock_that_is_behind_for_seconds_ends_no_session,
    a_refusal_while_the_clock_is_ahead_leaves_the_cookie_of_the_session,
    a_session_used_while_the_clock_was_ahead_ends_a_week_after_its_last_use,
    a_pending_change_of_address_outlives_a_clock_that_is_ahead_for_seconds,
    a_clock_that_is_ahead_for_seconds_makes_no_password_check_shorter_than_others,
}

const NEW: &str = "new@example.org";
const BOB: &str = "bob@example.org";
const DAY: Duration = Duration::from_hours(24);
const MONTH: Duration = Duration::from_hours(24 * 31);
const HOUR: Duration = Duration::from_hours(1);
const ALMOST_AN_HOUR: Duration = Duration::from_millis(3_599_999);

/// A virtual machine that resumes, or a time server that is wrong.
async fn a_clock_that_is_ahead_for_seconds_ends_nothing_for_good(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    let undo = readdress(&app, &mut ann, ANN, NEW).await;
    let mut waiting = app.caller(door);
    waiting.register(BOB, PASSWORD).await;
    let letter = app.letter_to(BOB).await;
    let before = app.all_records().await;
    app.clock.set_ahead(MONTH);
    app.sweep_after(Duration::from_secs(14)).await;
    assert_eq!(ann.who().await, None, "by this clock the session is over");
    app.clock.set_back(MONTH);
    app.sweep().await;
    assert_eq!(app.all_records().await, before);
    assert!(ann.who().await.is_some());
    assert_eq!(waiting.follow(&letter.link).await, Answer::Done);
    assert_eq!(app.caller(door).follow_deliberately(&undo).await, Answer::Done);
    app.read_all().await;
    assert_eq!(app.account(ANN).await.password, None);
}

/// The mailbox of an address that is reserved may have a new holder, or a thief reads it.
async fn a_clock_that_is_ahead_for_seconds_gives_no_reserved_address_away(door: Door) {
    let app = App::start().await;
    let mut thief = registered(&app, door, ANN).await;
    let undo = readdress(&app, &mut thief, ANN, NEW).await;
    app.clock.set_ahead(MONTH);
    app.sweep_after(Duration::from_secs(1)).await;
    let mut other = app.caller(door);
    other.ask(ANN).await;
    let letter = app.news_to(ANN).await;
    assert_eq!(letter.link.as_ref(), Some(&undo), "the address is still reserved");
    assert_eq!(app.caller(door).follow_deliberately(&undo).await, Answer::Done);
    app.read_all().await;
    assert_eq!(app.accounts().await, 1);
}

async fn a_clock_that_is_behind_for_seconds_ends_no_session(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    app.clock.set_back(MONTH);
    app.clock.advance(Duration::from_mins(14));
    assert!(ann.who().await.is_some(), "is used while the clock is behind");
    app.clock.set_ahead(MONTH);
    app.sweep().await;
    assert!(ann.who().await.is_some());
}

async fn a_refusal_while_the_clock_is_ahead_leaves_the_cookie_of_the_session(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await.in_browser();
    app.clock.set_ahead(MONTH);
    for path in ["/", "/profile", "/sign-in", "/profile/export", "/forward-auth", "/reauthenticate"] {
        let reply = ann.get(path).await;
        let cookies = reply.headers.get_all("set-cookie");
        let mut names = cookies.iter().map(|line| line.to_str().unwrap().split('=').next().unwrap());
        assert!(names.all(|name| name != "gatepost_session"), "{path}");
    }
    assert_eq!(
        ann.change_password("four quiet otters", None).await,
        Answer::refused(401, "sign_in_required")
    );
    app.clock.set_back(MONTH);
    assert!(ann.who().await.is_some());
}

async fn a_session_used_while_the_clock_was_ahead_ends_a_week_after_its_last_use(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    app.clock.set_ahead(DAY);
    app.clock.advance(2 * HOUR);
    assert!(ann.who().await.is_some(), "used while the clock is believed to be right");
    app.clock.set_back(DAY);
    app.clock.advance(2 * HOUR);
    assert!(ann.who().await.is_some(), "used after it was set right");
    app.clock.advance(HOUR);
    assert!(ann.who().await.is_some(), "used after that was believed");
    app.uses_written().await;
    assert!(session(&app).await.last_used_at <= app.clock.now());
    app.clock.advance(7 * DAY);
    assert_eq!(ann.who().await, None);
}

async fn a_pending_change_of_address_outlives_a_clock_that_is_ahead_for_seconds(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    assert_eq!(ann.change_email(NEW).await, Answer::Done);
    app.news_to(ANN).await;
    let letter = app.letter_to(NEW).await;
    app.clock.set_ahead(2 * DAY);
    // Each sign-in writes the account.
    assert_eq!(app.caller(door).sign_in_with_password(ANN, PASSWORD).await, Answer::Done);
    app.clock.set_back(2 * DAY);
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(ann.who().await.as_deref(), Some(NEW));
}

/// Otherwise the time of a check would reveal where a registration waits beside an account.
async fn a_clock_that_is_ahead_for_seconds_makes_no_password_check_shorter_than_others(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    assert_eq!(app.caller(door).register(ANN, "a wholly new password").await, Answer::Done);
    app.letter_to(ANN).await;
    let password_cost = Cost { passes: 3, ..Cost::default() };
    let app = app.restarted_as(Settings { password_cost, ..Settings::default() }).await;
    app.clock.set_ahead(MONTH);
    // Her password is hashed at the new cost, and the registration still has one of the old cost.
    assert_eq!(app.caller(door).sign_in_with_password(ANN, PASSWORD).await, Answer::Done);
    // The last imported password removes the record of what a check computes, unless it is still needed.
    import(&app, &[BOB]).await;
    let bob = EmailAddress::parse(BOB).unwrap();
    app.house.gatepost.delete_account_of(&bob, &Client::server()).await.unwrap();
    app.news_to(BOB).await;
    app.clock.set_back(MONTH);
    for email in [ANN, BOB] {
        assert_eq!(cost_of_a_wrong_password(&app, door, email).await, 2, "{email}");
    }
    app.clock.advance(DAY + HOUR);
    for email in [ANN, BOB] {
        assert_eq!(cost_of_a_wrong_password(&app, door, email).await, 1, "{email}");
    }
}

async fn session(app: &App) -> Session {
    let found = app.session_records().await.pop().unwrap();
    let Record::Session(session) = found.record else { panic!("{found:?}") };
    Arc::unwrap_or_clone(session)
}

#[tokio::test]
async fn a_clock_that_stays_ahead_for_an_hour_is_believed() {
    let app = App::start().await;
    registered(&app, Door::Json, ANN).await;
    app.clock.set_ahead(MONTH);
    app.sweep().await;
    app.sweep_after(ALMOST_AN_HOUR).await;
    assert_eq!(app.records().await.sessions, 1);
    app.sweep_after(Duration::from_millis(1)).await;
    assert_eq!(app.records().await.sessions, 0);
}

/// A second jump shortly before the first one is believed must not be believed with it.
#[tokio::test]
async fn an_hour_counts_for_the_jump_that_has_lasted_it() {
    let app = App::start().await;
    registered(&app, Door::Json, ANN).await;
    app.clock.set_ahead(Duration::from_mins(2));
    app.sweep().await;
    app.clock.advance(ALMOST_AN_HOUR);
    app.clock.set_ahead(MONTH);
    app.sweep_after(Duration::from_secs(1)).await;
    assert_eq!(app.records().await.sessions, 1);
}

#[tokio::test]
async fn a_start_far_from_the_newest_event_removes_nothing_for_an_hour() {
    let settings = Settings { session_idle: Duration::from_mins(10), ..Settings::default() };
    for is_ahead in [true, false] {
        let app = App::start_as(settings.clone()).await;
        registered(&app, Door::Json, ANN).await;
        if is_ahead {
            app.clock.set_ahead(8 * DAY);
        } else {
            app.clock.set_ahead(8 * DAY);
            app.caller(Door::Json).ask(BOB).await;
            app.letter_to(BOB).await;
            app.clock.set_back(8 * DAY);
        }
        let app = app.restarted_as(settings.clone()).await;
        app.sweep_after(ALMOST_AN_HOUR).await;
        assert_eq!(app.records().await.sessions, 1, "{is_ahead}");
        app.sweep_after(Duration::from_millis(1)).await;
        assert_eq!(app.records().await.sessions, 0, "{is_ahead}");
    }
}
