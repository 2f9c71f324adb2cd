//! How long the emails of an account work, to the millisecond.

use std::time::Duration;

use super::{ANN, OTHER, readdress, registered};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    a_reset_works_for_an_hour,
    a_change_of_address_can_be_confirmed_for_a_day,
    a_reauthentication_code_works_for_ten_minutes,
    an_undo_works_for_seven_days,
    an_address_left_behind_is_reserved_for_seven_days,
}

const NEW: &str = "new@example.org";
const DAY: Duration = Duration::from_hours(24);

/// The last millisecond of a lifetime, and the first one after it.
fn around(lifetime: Duration) -> [(Duration, bool); 2] {
    [(lifetime.saturating_sub(Duration::from_millis(1)), true), (lifetime, false)]
}

/// The expected answer while something still works, or after it has expired.
fn expected(is_good: bool, late: &str) -> Answer {
    if is_good { Answer::Done } else { Answer::refused(410, late) }
}

async fn a_reset_works_for_an_hour(door: Door) {
    let moments = around(Duration::from_hours(1)).into_iter();
    for ((moment, is_good), by_link) in moments.flat_map(|moment| [(moment, true), (moment, false)]) {
        let app = App::start().await;
        app.signed_in(door, ANN).await;
        let mut ann = app.caller(door);
        assert_eq!(ann.forgot_password(ANN).await, Answer::Done);
        let letter = app.letter_to(ANN).await;
        app.clock.advance(moment);
        if by_link {
            assert_eq!(ann.look_at(&letter.link).await, expected(is_good, "invalid_link"));
            assert_eq!(ann.reset_by_link(&letter.link, OTHER).await, expected(is_good, "invalid_link"));
        } else {
            assert_eq!(ann.reset_by_code(&letter.code, OTHER).await, expected(is_good, "invalid_request"));
        }
        app.read_all().await;
        assert_eq!(ann.who().await.is_some(), is_good, "{moment:?}");
    }
}

/// Whether the account page shows a pending change of address, and the way to its code.
async fn pending(ann: &Caller) -> (bool, bool) {
    let page = ann.in_browser().get("/profile").await.body;
    let account = ann.in_program().get("/api/profile").await.json();
    (page.contains(NEW), account["account"]["pending_email"] == NEW)
}

async fn a_change_of_address_can_be_confirmed_for_a_day(door: Door) {
    for (moment, is_good) in around(DAY) {
        let app = App::start().await;
        let mut ann = app.signed_in(door, ANN).await;
        assert_eq!(ann.change_email(NEW).await, Answer::Done);
        app.news_to(ANN).await;
        let letter = app.letter_to(NEW).await;
        app.clock.advance(moment);
        assert_eq!(pending(&ann).await, (is_good, is_good));
        assert_eq!(ann.look_at(&letter.link).await, expected(is_good, "invalid_link"));
        if !is_good {
            assert_eq!(ann.type_code(&letter.code).await, expected(is_good, "invalid_request"));
        }
        assert_eq!(ann.follow(&letter.link).await, expected(is_good, "invalid_link"));
        app.read_all().await;
        assert_eq!(ann.who().await.as_deref(), Some(if is_good { NEW } else { ANN }));
    }
}

async fn a_reauthentication_code_works_for_ten_minutes(door: Door) {
    for (moment, is_good) in around(Duration::from_mins(10)) {
        let app = App::start().await;
        let mut ann = app.signed_in(door, ANN).await;
        app.clock.advance(Duration::from_mins(10));
        assert_eq!(ann.reauthenticate_by_mail(ANN).await, Answer::Done);
        let code = app.news_to(ANN).await.code.unwrap();
        app.clock.advance(moment);
        assert_eq!(ann.type_code(code.as_str()).await, expected(is_good, "invalid_request"));
        let others = ann.end_other_sessions().await;
        assert_eq!(others == Answer::Done, is_good, "{moment:?}: {others:?}");
    }
}

async fn an_undo_works_for_seven_days(door: Door) {
    for (moment, is_good) in around(7 * DAY) {
        let app = App::start().await;
        let mut ann = registered(&app, door, ANN).await;
        let undo = readdress(&app, &mut ann, ANN, NEW).await;
        app.clock.advance(moment);
        let mut owner = app.caller(door);
        assert_eq!(owner.look_at(&undo).await, expected(is_good, "invalid_link"));
        assert_eq!(owner.follow_deliberately(&undo).await, expected(is_good, "invalid_link"));
        app.read_all().await;
        let back = app.signed_in(door, if is_good { ANN } else { NEW }).await;
        assert_eq!(back.has_password().await, !is_good, "{moment:?}");
        assert_eq!(app.accounts().await, 1);
    }
}

async fn an_address_left_behind_is_reserved_for_seven_days(door: Door) {
    for (moment, is_held) in around(7 * DAY) {
        let app = App::start().await;
        let mut ann = registered(&app, door, ANN).await;
        let undo = readdress(&app, &mut ann, ANN, NEW).await;
        app.clock.advance(moment);
        let mut next = app.caller(door);
        assert_eq!(next.ask(ANN).await, Answer::Done);
        let letter = app.news_to(ANN).await;
        assert_eq!(letter.link.as_ref() == Some(&undo), is_held);
        if !is_held {
            assert_eq!(next.follow(&letter.link.unwrap()).await, Answer::Done);
        }
        assert_eq!(app.accounts().await, if is_held { 1 } else { 2 });
    }
}
