//! Confirming once more that it is the person who signed in.

use std::time::Duration;

use super::{ANN, PASSWORD, also, registered, stale, wrong};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    a_code_works_only_in_the_session_that_requested_it,
    a_wrong_password_does_not_make_a_sign_in_recent,
    reauthenticating_counts_as_using_the_session,
}

const BOB: &str = "bob@example.org";

async fn a_code_works_only_in_the_session_that_requested_it(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    let mut elsewhere = also(&app, door, ANN, PASSWORD).await;
    let mut bob = registered(&app, door, BOB).await;
    app.clock.advance(Duration::from_mins(10));
    assert_eq!(ann.reauthenticate_by_mail(ANN).await, Answer::Done);
    let code = app.news_to(ANN).await.code.unwrap();
    for other in [&mut elsewhere, &mut bob] {
        other.take_requests_of(&ann);
        let refused = Answer::refused(410, "invalid_request");
        assert_eq!(other.type_code(code.as_str()).await, refused);
        assert_eq!(other.end_other_sessions().await, stale());
    }
    assert_eq!(ann.end_other_sessions().await, stale());
    // None of that used the code up.
    assert_eq!(ann.type_code(code.as_str()).await, Answer::Done);
    assert_eq!(elsewhere.end_other_sessions().await, stale(), "one session alone is recent");
    assert_eq!(ann.end_other_sessions().await, Answer::Done);
}

async fn a_wrong_password_does_not_make_a_sign_in_recent(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    let mut bob = app.signed_in(door, BOB).await;
    app.clock.advance(Duration::from_mins(10));
    for caller in [&mut ann, &mut bob] {
        for password in ["", "not my password", &"x".repeat(1025)] {
            assert_eq!(caller.reauthenticate(password).await, wrong(), "{password}");
        }
        assert_eq!(caller.end_other_sessions().await, stale());
    }
    // Nor does another person's password.
    assert_eq!(bob.reauthenticate(PASSWORD).await, wrong());
    let refused = Answer::refused(401, "sign_in_required");
    assert_eq!(app.caller(door).reauthenticate(PASSWORD).await, refused);
}

async fn reauthenticating_counts_as_using_the_session(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    for _ in 0..2 {
        app.clock.advance(Duration::from_hours(6 * 24));
        assert_eq!(ann.reauthenticate(PASSWORD).await, Answer::Done);
    }
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
}
