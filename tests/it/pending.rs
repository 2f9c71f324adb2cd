//! Passwords of registrations that are not confirmed yet: what they reveal, and when they are removed.

use std::time::Duration;

use hyper::StatusCode;

use crate::harness::app::{App, without_random_values};
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    all_registrations_of_an_address_are_removed,
    a_disabled_account_looks_like_none_to_anyone_registering_its_address,
    after_five_wrong_codes_every_link_confirms_the_newer_password,
    a_password_displaced_by_newer_ones_is_kept_for_the_browser_that_entered_it,
}

const ANN: &str = "ann@example.org";
const BOB: &str = "bob@example.org";
const PASSWORD: &str = "three quiet otters";
const OTHER: &str = "seven loud geese";
const WAIT: Duration = Duration::from_secs(30);

async fn all_registrations_of_an_address_are_removed(door: Door) {
    let app = App::start().await;
    let empty = app.records().await.without_events();
    for _ in 0..3 {
        app.caller(door).register(ANN, PASSWORD).await;
        app.letter_to(ANN).await;
        app.clock.advance(Duration::from_millis(1));
    }
    app.clock.advance(Duration::from_hours(20));
    let mut late = app.caller(door);
    late.register(ANN, OTHER).await;
    let letter = app.letter_to(ANN).await;
    // The first three have expired, the last has not.
    app.sweep_after(Duration::from_hours(5)).await;
    assert_eq!(late.sign_in_with_password(ANN, OTHER).await, Answer::refused(403, "unconfirmed"));
    assert_eq!(late.sign_in_with_password(ANN, PASSWORD).await, Answer::refused(401, "invalid_credentials"));
    app.sweep_after(Duration::from_hours(20)).await;
    assert_eq!(app.records().await.without_events(), empty);
    assert_eq!(late.follow(&letter.link).await, Answer::refused(410, "invalid_link"));
}

async fn a_disabled_account_looks_like_none_to_anyone_registering_its_address(door: Door) {
    let app = App::start_unlimited().await;
    app.signed_in(door, ANN).await;
    app.disable(ANN).await;
    let (mut shut, mut unknown) = (app.caller(door), app.caller(door));
    for act in [Act::Register, Act::SignIn, Act::Resend, Act::SignIn, Act::Register, Act::SignIn] {
        let seen = [act.by(&mut shut, ANN).await, act.by(&mut unknown, BOB).await];
        assert_eq!(seen[0], seen[1].replace("bob@", "ann@"), "{act:?}");
        if act != Act::SignIn {
            app.letter_to(BOB).await;
            app.news_to(ANN).await;
            app.clock.advance(WAIT);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Register,
    SignIn,
    Resend,
}

impl Act {
    /// The whole response.
    async fn by(self, caller: &mut Caller, email: &str) -> String {
        match self {
            Self::Register => caller.register(email, PASSWORD).await,
            Self::SignIn => caller.sign_in_with_password(email, PASSWORD).await,
            Self::Resend => caller.resend().await,
        };
        without_random_values(caller.last.as_ref().unwrap())
    }
}

async fn after_five_wrong_codes_every_link_confirms_the_newer_password(door: Door) {
    let app = App::start().await;
    let mut ann = app.caller(door);
    ann.register(ANN, PASSWORD).await;
    let first = app.letter_to(ANN).await;
    let before = ann.clone();
    for _ in 0..5 {
        ann.type_code(&first.wrong_code()).await;
    }
    app.clock.advance(WAIT);
    assert_eq!(ann.register(ANN, OTHER).await, Answer::Done);
    app.letter_to(ANN).await;
    let mut ann = before;
    assert_eq!(ann.follow(&first.link).await, Answer::Done);
    assert_eq!(ann.sign_in_with_password(ANN, OTHER).await, Answer::Done);
    assert_eq!(ann.sign_in_with_password(ANN, PASSWORD).await, Answer::refused(401, "invalid_credentials"));
}

async fn a_password_displaced_by_newer_ones_is_kept_for_the_browser_that_entered_it(door: Door) {
    for is_spent in [false, true] {
        let app = App::start_unlimited().await;
        let mut ann = app.caller(door);
        ann.register(ANN, PASSWORD).await;
        let first = app.letter_to(ANN).await;
        for _ in 0..3 {
            app.caller(door).register(ANN, OTHER).await;
            app.letter_to(ANN).await;
        }
        for _ in 0..if is_spent { 5 } else { 0 } {
            ann.type_code(&first.wrong_code()).await;
        }
        app.clock.advance(WAIT);
        assert_eq!(ann.resend().await, Answer::Done);
        let second = app.letter_to(ANN).await;
        assert_eq!(ann.type_code(&second.code).await, Answer::Done);
        assert!(ann.has_password().await, "spent: {is_spent}");
        assert_eq!(app.caller(door).sign_in_with_password(ANN, PASSWORD).await, Answer::Done);
    }
}

#[tokio::test]
async fn a_signed_in_browser_has_nothing_left_to_confirm() {
    let app = App::start().await;
    let mut laptop = app.caller(Door::Pages);
    laptop.register(ANN, PASSWORD).await;
    let letter = app.letter_to(ANN).await;
    app.caller(Door::Pages).confirm_elsewhere(&letter.link, Some(OTHER)).await;
    assert_eq!(laptop.sign_in_with_password(ANN, OTHER).await, Answer::Done);
    laptop.sign_out().await;
    let reply = laptop.get("/profile").await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (StatusCode::SEE_OTHER, Some("/sign-in?next=%2Fprofile"))
    );
}
