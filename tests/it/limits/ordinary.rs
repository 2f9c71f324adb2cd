//! What people do on an ordinary day, with the limits as they are.

use gatepost::domain::record::limits::Limits;

use super::{ANN, MINUTE, PASSWORD, WRONG, assert_refused, only};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::profile::registered;

both_doors! {
    no_one_in_a_family_of_five_behind_one_address_is_refused_in_a_busy_half_hour,
    someone_who_mistypes_a_password_four_times_gets_in_with_the_fifth,
    twenty_people_behind_one_address_sign_in_by_email_within_ten_minutes_and_thirty_with_a_higher_limit,
}

const FAMILY: [&str; 5] =
    ["ann@example.org", "bob@example.org", "cat@example.org", "dan@example.org", "eve@example.org"];
const NEW: &str = "seven loud geese";

/// SEC-52, SEC-54. Everything that an evening would bring, in half an hour.
async fn no_one_in_a_family_of_five_behind_one_address_is_refused_in_a_busy_half_hour(door: Door) {
    let app = App::start().await;
    for email in FAMILY {
        let mut phone = app.caller(door);
        let weak = Answer::refused_field(422, "weak_password", "password");
        assert_eq!(phone.register(email, "short").await, weak);
        assert_eq!(phone.register(email, PASSWORD).await, Answer::Done, "{email}");
        let letter = app.letter_to(email).await;
        assert_eq!(phone.follow(&letter.link).await, Answer::Done, "{email}");
        app.clock.advance(MINUTE);
    }
    for email in FAMILY {
        let mut laptop = app.caller(door);
        assert_eq!(laptop.ask(email).await, Answer::Done, "{email}");
        let letter = app.letter_to(email).await;
        assert_eq!(laptop.follow(&letter.link).await, Answer::Done, "{email}");
        app.clock.advance(MINUTE);
    }
    for email in FAMILY {
        let mut tablet = app.caller(door);
        assert_eq!(tablet.ask(email).await, Answer::Done, "{email}");
        let letter = app.letter_to(email).await;
        let wrong = Answer::refused_field(422, "wrong_code", "code");
        assert_eq!(tablet.type_code(&letter.wrong_code()).await, wrong, "{email}");
        assert_eq!(tablet.type_code(&letter.code).await, Answer::Done, "{email}");
        app.clock.advance(MINUTE);
    }
    for email in FAMILY {
        let mut television = app.caller(door);
        for _ in 0..3 {
            let answer = television.sign_in_with_password(email, WRONG).await;
            assert_eq!(answer, Answer::refused(401, "invalid_credentials"), "{email}");
        }
        assert_eq!(television.sign_in_with_password(email, PASSWORD).await, Answer::Done, "{email}");
        app.clock.advance(MINUTE);
    }
    for email in [FAMILY[0], FAMILY[4]] {
        let mut phone = app.caller(door);
        assert_eq!(phone.forgot_password(email).await, Answer::Done, "{email}");
        app.clock.advance(MINUTE);
        app.letter_to(email).await;
        assert_eq!(phone.resend().await, Answer::Done, "{email}");
        let letter = app.letter_to(email).await;
        assert_eq!(phone.reset_by_link(&letter.link, NEW).await, Answer::Done, "{email}");
        app.news_to(email).await;
        assert_eq!(app.caller(door).sign_in_with_password(email, NEW).await, Answer::Done, "{email}");
        app.clock.advance(5 * MINUTE);
    }
}

/// SEC-54.
async fn someone_who_mistypes_a_password_four_times_gets_in_with_the_fifth(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    // Known there or not.
    for mut browser in [app.caller(door), app.signed_in(door, ANN).await] {
        browser.sign_out().await;
        for _ in 0..4 {
            let answer = browser.sign_in_with_password(ANN, WRONG).await;
            assert_eq!(answer, Answer::refused(401, "invalid_credentials"));
        }
        assert_eq!(browser.sign_in_with_password(ANN, PASSWORD).await, Answer::Done);
        assert_eq!(browser.who().await.as_deref(), Some(ANN));
    }
}

/// SEC-52. One client may request twenty emails in an hour. A larger office raises that number.
async fn twenty_people_behind_one_address_sign_in_by_email_within_ten_minutes_and_thirty_with_a_higher_limit(
    door: Door,
) {
    for (most, limits) in
        [(20, Limits::default()), (30, Limits { mails_per_client_hour: 30, ..Limits::default() })]
    {
        let app = App::start_as(only(limits)).await;
        for number in 0..most {
            let email = format!("member{number}@example.org");
            let mut caller = app.caller(door);
            assert_eq!(caller.ask(&email).await, Answer::Done, "{email}");
            let letter = app.letter_to(&email).await;
            assert_eq!(caller.follow(&letter.link).await, Answer::Done, "{email}");
            app.clock.advance(10 * MINUTE / most);
        }
        let mut late = app.caller(door);
        let answer = late.ask("late@example.org").await;
        assert_refused(&late, &answer, "too_many_mails", 50 * MINUTE);
    }
}
