//! Registering with an email address and a password: what is kept until the address is confirmed, and for
//! how long.

use std::time::Duration;

use gatepost::domain::record::event::EventName;
use gatepost::domain::record::registration::RegistrationMode;
use hyper::StatusCode;

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    a_link_in_the_same_browser_confirms_with_the_password_entered_there,
    a_code_confirms_with_the_password_entered_there,
    a_link_in_another_browser_drops_the_entered_password,
    a_password_can_be_chosen_in_another_browser,
    a_weak_password_in_another_browser_uses_nothing_up,
    a_resend_sends_the_same_link_and_code,
    registering_again_takes_the_newer_password_and_next,
    a_known_address_gets_an_email_and_keeps_its_password,
    a_registration_is_removed_after_a_day,
    closed_registration_accepts_no_one,
    five_wrong_codes_end_the_code_and_a_resend_starts_a_new_request,
    an_unconfirmed_sign_in_is_refused_and_can_be_confirmed,
    each_of_two_browsers_confirms_only_its_own_password,
}

const ANN: &str = "ann@example.org";
const PASSWORD: &str = "three quiet otters";
const OTHER: &str = "seven loud geese";
const WAIT: Duration = Duration::from_secs(30);

fn invalid() -> Answer {
    Answer::refused(401, "invalid_credentials")
}

fn unconfirmed() -> Answer {
    Answer::refused(403, "unconfirmed")
}

/// Whether a password signs in, in a new browser.
async fn signs_in(app: &App, door: Door, password: &str) -> bool {
    let mut caller = app.caller(door);
    let answer = caller.sign_in_with_password(ANN, password).await;
    assert!([Answer::Done, invalid(), unconfirmed()].contains(&answer), "{answer:?}");
    assert_eq!(caller.who().await.is_some(), answer == Answer::Done);
    answer == Answer::Done
}

async fn registered(app: &App, door: Door) -> Caller {
    let mut ann = app.caller(door);
    assert_eq!(ann.register(ANN, PASSWORD).await, Answer::Done);
    ann
}

async fn a_link_in_the_same_browser_confirms_with_the_password_entered_there(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door).await;
    let letter = app.letter_to(ANN).await;
    assert!(letter.text.contains("confirm it here"), "{}", letter.text);
    assert_eq!((app.accounts().await, ann.who().await), (0, None));
    assert_eq!(ann.look_at(&letter.link).await, Answer::Done);
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
    assert!(ann.has_password().await);
    assert!(signs_in(&app, door, PASSWORD).await);
    assert_eq!(app.accounts().await, 1);
}

async fn a_code_confirms_with_the_password_entered_there(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door).await;
    let letter = app.letter_to(ANN).await;
    let wrong = Answer::refused_field(422, "wrong_code", "code");
    assert_eq!(ann.type_code(&letter.wrong_code()).await, wrong);
    assert_eq!(ann.type_code(&letter.code).await, Answer::Done);
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
    assert!(ann.has_password().await && signs_in(&app, door, PASSWORD).await);
}

async fn a_link_in_another_browser_drops_the_entered_password(door: Door) {
    let app = App::start().await;
    registered(&app, door).await;
    let letter = app.letter_to(ANN).await;
    let mut elsewhere = app.caller(door);
    let missing = Answer::refused_field(422, "confirmation_required", "confirm");
    assert_eq!(elsewhere.follow(&letter.link).await, missing);
    assert_eq!(elsewhere.confirm_elsewhere(&letter.link, None).await, Answer::Done);
    assert_eq!(elsewhere.who().await.as_deref(), Some(ANN));
    assert!(!elsewhere.has_password().await);
    assert!(!signs_in(&app, door, PASSWORD).await);
}

async fn a_password_can_be_chosen_in_another_browser(door: Door) {
    let app = App::start().await;
    registered(&app, door).await;
    let letter = app.letter_to(ANN).await;
    let mut elsewhere = app.caller(door);
    assert_eq!(elsewhere.confirm_elsewhere(&letter.link, Some(OTHER)).await, Answer::Done);
    assert!(elsewhere.has_password().await);
    assert!(signs_in(&app, door, OTHER).await);
    assert!(!signs_in(&app, door, PASSWORD).await);
}

async fn a_weak_password_in_another_browser_uses_nothing_up(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door).await;
    let letter = app.letter_to(ANN).await;
    let weak = Answer::refused_field(422, "weak_password", "password");
    let mut elsewhere = app.caller(door);
    for password in ["short", "ann@example.org"] {
        assert_eq!(elsewhere.confirm_elsewhere(&letter.link, Some(password)).await, weak, "{password}");
    }
    assert_eq!((app.accounts().await, elsewhere.who().await), (0, None));
    assert_eq!(ann.sign_in_with_password(ANN, PASSWORD).await, unconfirmed());
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    assert!(ann.has_password().await);
}

async fn a_resend_sends_the_same_link_and_code(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door).await;
    let first = app.letter_to(ANN).await;
    assert_eq!(ann.resend().await, Answer::refused(429, "too_many_mails"));
    app.clock.advance(WAIT);
    assert_eq!(ann.resend().await, Answer::Done);
    let second = app.letter_to(ANN).await;
    assert_eq!((&second.link, &second.code), (&first.link, &first.code));
    assert_eq!(ann.follow(&second.link).await, Answer::Done);
    assert!(signs_in(&app, door, PASSWORD).await);
}

async fn registering_again_takes_the_newer_password_and_next(door: Door) {
    let app = App::start().await;
    let mut ann = app.caller(door);
    assert_eq!(ann.register_for(ANN, PASSWORD, Some("/old")).await, Answer::Done);
    let first = app.letter_to(ANN).await;
    assert_eq!(ann.register(ANN, OTHER).await, Answer::refused(429, "too_many_mails"));
    app.clock.advance(WAIT);
    assert_eq!(ann.register_for(ANN, OTHER, Some("/app")).await, Answer::Done);
    let second = app.letter_to(ANN).await;
    assert_eq!((&second.link, &second.code), (&first.link, &first.code));
    assert_eq!(app.caller(door).sign_in_with_password(ANN, PASSWORD).await, invalid());
    assert_eq!(ann.follow(&first.link).await, Answer::Done);
    if door == Door::Pages {
        assert_eq!(ann.leads_to().as_deref(), Some("/app"));
    }
    assert!(signs_in(&app, door, OTHER).await);
    assert!(!signs_in(&app, door, PASSWORD).await);
}

async fn a_known_address_gets_an_email_and_keeps_its_password(door: Door) {
    for by_code in [false, true] {
        let app = App::start().await;
        let mut first = registered(&app, door).await;
        let letter = app.letter_to(ANN).await;
        first.follow(&letter.link).await;
        app.clock.advance(WAIT);
        let mut again = app.caller(door);
        assert_eq!(again.register(ANN, OTHER).await, Answer::Done);
        let letter = app.letter_to(ANN).await;
        assert!(letter.text.replace('\n', " ").contains("already have an account"), "{}", letter.text);
        assert_eq!(app.caller(door).sign_in_with_password(ANN, OTHER).await, unconfirmed());
        let answer =
            if by_code { again.type_code(&letter.code).await } else { again.follow(&letter.link).await };
        assert_eq!(answer, Answer::Done);
        assert_eq!(again.who().await.as_deref(), Some(ANN));
        assert!(signs_in(&app, door, PASSWORD).await);
        assert!(!signs_in(&app, door, OTHER).await);
        assert_eq!(app.accounts().await, 1);
    }
}

async fn a_registration_is_removed_after_a_day(door: Door) {
    let app = App::start().await;
    let before = app.records().await.without_events();
    let mut ann = registered(&app, door).await;
    let letter = app.letter_to(ANN).await;
    app.clock.advance(Duration::from_hours(24) - Duration::from_millis(1));
    assert_eq!(app.caller(door).look_at(&letter.link).await, Answer::Done);
    assert_eq!(app.caller(door).sign_in_with_password(ANN, PASSWORD).await, unconfirmed());
    app.clock.advance(Duration::from_millis(1));
    assert_eq!(app.caller(door).look_at(&letter.link).await, Answer::refused(410, "invalid_link"));
    assert_eq!(app.caller(door).sign_in_with_password(ANN, PASSWORD).await, invalid());
    assert_eq!(ann.type_code(&letter.code).await, Answer::refused(410, "invalid_request"));
    // Its password was removed with it, so the form has to be filled in again.
    assert_eq!(ann.resend().await, Answer::refused(410, "invalid_request"));
    app.sweep_after(Duration::from_hours(1)).await;
    assert_eq!(app.records().await.without_events(), before);
    // The events still show how many registrations were never confirmed.
    assert!(app.events().await.contains(&EventName::Registered));
}

async fn closed_registration_accepts_no_one(door: Door) {
    let app = App::start_with(RegistrationMode::Closed).await;
    let closed = Answer::refused(403, "registration_closed");
    let mut ann = app.caller(door);
    assert_eq!(ann.register(ANN, PASSWORD).await, closed);
    if door == Door::Pages {
        assert_eq!(ann.look_at("http://localhost/register").await, closed);
    }
    assert_eq!(app.house.gatepost.passwords_hashed(), 0);
    app.expect_no_letter().await;
}

#[tokio::test]
async fn an_account_records_when_it_was_registered_and_confirmed() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Json).await;
    app.letter_to(ANN).await;
    app.clock.advance(Duration::from_hours(1));
    ann.register(ANN, OTHER).await;
    let letter = app.letter_to(ANN).await;
    app.clock.advance(Duration::from_hours(2));
    ann.follow(&letter.link).await;
    let reply = ann.get("/api/session").await;
    assert_eq!(reply.status, StatusCode::OK);
    let account = &reply.json()["account"];
    assert_eq!(account["registered_at"], "2026-01-01T00:00:00.000Z");
    assert_eq!(account["confirmed_at"], "2026-01-01T03:00:00.000Z");
}

async fn five_wrong_codes_end_the_code_and_a_resend_starts_a_new_request(door: Door) {
    for by_link in [true, false] {
        let app = App::start().await;
        let mut ann = registered(&app, door).await;
        let first = app.letter_to(ANN).await;
        for _ in 0..5 {
            ann.type_code(&first.wrong_code()).await;
        }
        assert_eq!(ann.type_code(&first.code).await, Answer::refused(410, "invalid_request"));
        if by_link {
            assert_eq!(ann.follow(&first.link).await, Answer::Done);
        } else {
            app.clock.advance(WAIT);
            assert_eq!(ann.resend().await, Answer::Done);
            let second = app.letter_to(ANN).await;
            assert_ne!(second.link, first.link);
            assert_eq!(ann.type_code(&second.code).await, Answer::Done);
        }
        assert!(ann.has_password().await && signs_in(&app, door, PASSWORD).await);
    }
}

async fn an_unconfirmed_sign_in_is_refused_and_can_be_confirmed(door: Door) {
    let app = App::start().await;
    registered(&app, door).await;
    let first = app.letter_to(ANN).await;
    app.clock.advance(WAIT);
    let mut ann = app.caller(door);
    assert_eq!(ann.sign_in_with_password(ANN, OTHER).await, invalid());
    assert_eq!(ann.sign_in_with_password(ANN, PASSWORD).await, unconfirmed());
    if door == Door::Pages {
        assert_eq!(ann.last.as_ref().unwrap().header("location"), Some("/unconfirmed"));
    }
    assert_eq!(ann.who().await, None);
    assert_eq!(ann.resend().await, Answer::Done);
    let second = app.letter_to(ANN).await;
    assert_eq!(second.code, first.code);
    assert_eq!(ann.type_code(&second.code).await, Answer::Done);
    assert!(ann.has_password().await && signs_in(&app, door, PASSWORD).await);
}

async fn each_of_two_browsers_confirms_only_its_own_password(door: Door) {
    for first_wins in [true, false] {
        let app = App::start().await;
        let (mut one, mut two) = (app.caller(door), app.caller(door));
        assert_eq!(one.register(ANN, PASSWORD).await, Answer::Done);
        let of_one = app.letter_to(ANN).await;
        assert_eq!(two.register(ANN, OTHER).await, Answer::Done);
        let of_two = app.letter_to(ANN).await;
        for password in [PASSWORD, OTHER] {
            assert_eq!(app.caller(door).sign_in_with_password(ANN, password).await, unconfirmed());
        }
        let missing = Answer::refused_field(422, "confirmation_required", "confirm");
        assert_eq!(one.follow(&of_two.link).await, missing);
        let (winner, loser, own, others) = if first_wins {
            (&mut one, &mut two, of_one, of_two)
        } else {
            (&mut two, &mut one, of_two, of_one)
        };
        assert_eq!(winner.follow(&own.link).await, Answer::Done);
        assert_eq!(loser.follow(&others.link).await, Answer::refused(410, "invalid_link"));
        assert_eq!(loser.type_code(&others.code).await, Answer::refused(410, "invalid_request"));
        assert_eq!(signs_in(&app, door, PASSWORD).await, first_wins);
        assert_eq!(signs_in(&app, door, OTHER).await, !first_wins);
    }
}
