//! Requesting an email, waiting for it, and entering its code.

use std::time::Duration;

use gatepost::domain::record::registration::RegistrationMode;

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    an_emailed_link_signs_in,
    an_emailed_code_signs_in,
    another_person_signs_in_to_their_own_account,
    letter_case_and_spaces_create_no_second_account,
    another_email_can_be_requested_after_half_a_minute,
    requesting_again_sends_the_same_link_and_code,
    every_email_of_a_request_works_until_one_is_used,
    a_resend_does_not_extend_the_request,
    resending_a_used_request_sends_new_secrets,
    closed_registration_emails_an_unknown_address_that_there_is_no_account,
    an_email_goes_to_the_address_as_it_was_confirmed,
    a_clock_that_was_ahead_locks_no_one_out,
    a_tab_left_open_overnight_can_request_again,
    an_invalid_address_gets_no_email,
}

const WAIT: Duration = Duration::from_secs(30);

async fn an_emailed_link_signs_in(door: Door) {
    let app = App::start().await;
    let mut ann = app.caller(door);
    assert_eq!(ann.who().await, None);
    assert_eq!(ann.ask("ann@example.org").await, Answer::Done);
    let letter = app.letter_to("ann@example.org").await;
    assert_eq!(ann.look_at(&letter.link).await, Answer::Done);
    assert_eq!(ann.who().await, None);
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    assert_eq!(ann.who().await.as_deref(), Some("ann@example.org"));
}

async fn an_emailed_code_signs_in(door: Door) {
    let app = App::start().await;
    let mut ann = app.caller(door);
    ann.ask("ann@example.org").await;
    let letter = app.letter_to("ann@example.org").await;
    assert_eq!(ann.type_code(&letter.code).await, Answer::Done);
    assert_eq!(ann.who().await.as_deref(), Some("ann@example.org"));
    let mut stranger = app.caller(door);
    assert_eq!(stranger.follow_deliberately(&letter.link).await, Answer::refused(410, "invalid_link"));
}

async fn another_person_signs_in_to_their_own_account(door: Door) {
    let app = App::start().await;
    let (ann, bob) =
        (app.signed_in(door, "ann@example.org").await, app.signed_in(door, "bob@example.org").await);
    for (mut caller, email) in [(ann, "ann@example.org"), (bob, "bob@example.org")] {
        assert_eq!(caller.who().await.as_deref(), Some(email));
    }
}

async fn letter_case_and_spaces_create_no_second_account(door: Door) {
    let app = App::start().await;
    app.signed_in(door, "Ann@example.org").await;
    app.clock.advance(WAIT);
    let mut again = app.caller(door);
    assert_eq!(again.ask("  aNN@EXAMPLE.ORG ").await, Answer::Done);
    let letter = app.letter_to("ann@example.org").await;
    again.follow(&letter.link).await;
    assert_eq!(again.who().await.as_deref(), Some("Ann@example.org"));
}

async fn another_email_can_be_requested_after_half_a_minute(door: Door) {
    let app = App::start().await;
    let mut ann = app.caller(door);
    ann.ask("ann@example.org").await;
    app.letter_to("ann@example.org").await;
    app.clock.advance(Duration::from_millis(29_999));
    let too_soon = Answer::refused(429, "too_many_mails");
    assert_eq!(ann.resend().await, too_soon);
    assert_eq!(ann.last.as_ref().unwrap().header("retry-after"), Some("1"));
    assert_eq!(ann.ask("ann@example.org").await, too_soon);
    app.clock.advance(Duration::from_millis(1));
    assert_eq!(ann.resend().await, Answer::Done);
    app.letter_to("ann@example.org").await;
}

async fn requesting_again_sends_the_same_link_and_code(door: Door) {
    let app = App::start_unlimited().await;
    let mut ann = app.caller(door);
    ann.ask("ann@example.org").await;
    let first = app.letter_to("ann@example.org").await;
    app.clock.advance(WAIT);
    assert_eq!(ann.ask("ANN@example.org").await, Answer::Done);
    let second = app.letter_to("ann@example.org").await;
    app.clock.advance(WAIT);
    assert_eq!(ann.resend().await, Answer::Done);
    let third = app.letter_to("ann@example.org").await;
    assert_eq!((&second.link, &second.code), (&first.link, &first.code));
    assert_eq!((&third.link, &third.code), (&first.link, &first.code));
    let mut stranger = app.caller(door);
    stranger.ask("ann@example.org").await;
    let other = app.letter_to("ann@example.org").await;
    assert_ne!(other.link, first.link);
}

async fn every_email_of_a_request_works_until_one_is_used(door: Door) {
    let app = App::start().await;
    let (mut ann, mut other) = (app.caller(door), app.caller(door));
    ann.ask("ann@example.org").await;
    let mine = app.letter_to("ann@example.org").await;
    app.clock.advance(WAIT);
    other.ask("ann@example.org").await;
    let theirs = app.letter_to("ann@example.org").await;
    // A stranger's request takes nothing away.
    assert_eq!(ann.look_at(&mine.link).await, Answer::Done);
    // Using the later one makes the earlier one void.
    assert_eq!(other.follow(&theirs.link).await, Answer::Done);
    assert_eq!(ann.follow(&mine.link).await, Answer::refused(410, "invalid_link"));
    assert_eq!(ann.who().await, None);
}

async fn a_resend_does_not_extend_the_request(door: Door) {
    let app = App::start().await;
    let mut ann = app.caller(door);
    ann.ask("ann@example.org").await;
    let first = app.letter_to("ann@example.org").await;
    app.clock.advance(Duration::from_mins(59));
    ann.resend().await;
    let last = app.letter_to("ann@example.org").await;
    assert_eq!(last.link, first.link);
    // And the email says so.
    assert!(first.text.contains("expire 10 minutes after"), "{}", first.text);
    assert!(last.text.contains("expire 1 minute after"), "{}", last.text);
    assert_eq!(ann.look_at(&last.link).await, Answer::Done);
    app.clock.advance(Duration::from_mins(1));
    assert_eq!(ann.look_at(&last.link).await, Answer::refused(410, "invalid_link"));
    assert_eq!(ann.type_code(&last.code).await, Answer::refused(410, "invalid_request"));
}

async fn resending_a_used_request_sends_new_secrets(door: Door) {
    let app = App::start().await;
    let mut ann = app.caller(door);
    ann.ask("ann@example.org").await;
    let first = app.letter_to("ann@example.org").await;
    // Someone opens the email elsewhere and signs in there. The requester still waits.
    app.caller(door).follow_deliberately(&first.link).await;
    app.clock.advance(Duration::from_mins(2));
    assert_eq!(ann.type_code(&first.code).await, Answer::refused(410, "invalid_request"));
    assert_eq!(ann.resend().await, Answer::Done);
    let second = app.letter_to("ann@example.org").await;
    assert_ne!((&second.link, &second.code), (&first.link, &first.code));
    assert_eq!(ann.follow(&first.link).await, Answer::refused(410, "invalid_link"));
    assert_eq!(ann.follow(&second.link).await, Answer::Done);
    assert_eq!(ann.who().await.as_deref(), Some("ann@example.org"));
}

async fn an_email_goes_to_the_address_as_it_was_confirmed(door: Door) {
    let app = App::start().await;
    app.signed_in(door, "mike@example.org").await;
    app.clock.advance(WAIT);
    let mut other = app.caller(door);
    assert_eq!(other.ask("MIKE@example.org").await, Answer::Done);
    assert_eq!(app.news_to("mike@example.org").await.to.as_str(), "mike@example.org");
}

async fn a_clock_that_was_ahead_locks_no_one_out(door: Door) {
    let app = App::start().await;
    app.clock.advance(Duration::from_hours(24));
    let mut waiting = app.caller(door);
    app.signed_in(door, "ann@example.org").await;
    waiting.ask("ann@example.org").await;
    app.letter_to("ann@example.org").await;
    app.clock.set_back(Duration::from_hours(24));
    let mut ann = app.caller(door);
    ann.ask("ann@example.org").await;
    let letter = app.letter_to("ann@example.org").await;
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    // Nor does anyone wait for a time that is a day away.
    assert_eq!(waiting.resend().await, Answer::Done);
    app.letter_to("ann@example.org").await;
    assert_eq!(waiting.resend().await, Answer::refused(429, "too_many_mails"));
    assert_eq!(waiting.last.as_ref().unwrap().header("retry-after"), Some("30"));
    app.clock.advance(WAIT);
    assert_eq!(waiting.resend().await, Answer::Done);
    app.letter_to("ann@example.org").await;
}

async fn a_tab_left_open_overnight_can_request_again(door: Door) {
    let app = App::start().await;
    let mut ann = app.caller(door);
    ann.ask("ann@example.org").await;
    let first = app.letter_to("ann@example.org").await;
    app.sweep_after(Duration::from_hours(24)).await;
    assert_eq!(ann.resend().await, Answer::Done);
    let second = app.letter_to("ann@example.org").await;
    assert_ne!(second.link, first.link);
    assert_eq!(ann.type_code(&second.code).await, Answer::Done);
    // A day after it expired, nothing is left of a request.
    let mut late = app.caller(door);
    late.ask("bob@example.org").await;
    app.letter_to("bob@example.org").await;
    app.sweep_after(Duration::from_hours(25)).await;
    assert_eq!(late.resend().await, Answer::refused(410, "invalid_request"));
}

async fn closed_registration_emails_an_unknown_address_that_there_is_no_account(door: Door) {
    let app = App::start_with(RegistrationMode::Closed).await;
    let mut ann = app.caller(door);
    assert_eq!(ann.ask("ann@example.org").await, Answer::Done);
    let letter = app.news_to("ann@example.org").await;
    assert!(letter.link.is_none() && letter.code.is_none());
    assert!(letter.text.replace('\n', " ").contains("no account uses it"), "{}", letter.text);
    for guess in 0..5 {
        let answer = ann.type_code(&format!("{guess:06}")).await;
        assert_eq!(answer, Answer::refused_field(422, "wrong_code", "code"));
    }
    assert_eq!(ann.who().await, None);
}

async fn an_invalid_address_gets_no_email(door: Door) {
    let app = App::start().await;
    let mut ann = app.caller(door);
    assert_eq!(ann.ask("ann").await, Answer::refused_field(422, "invalid_email", "email"));
    assert_eq!(ann.act("/sign-in", &[]).await, Answer::refused_field(422, "missing_field", "email"));
    app.expect_no_letter().await;
}

#[tokio::test]
async fn signing_in_without_next_leads_home() {
    const HOME: &str = "/app?tab=1";
    let app = App::start_with_home(HOME).await;
    let place = |caller: &Caller| caller.leads_to();
    let (ann, password) = ("ann@example.org", "three quiet otters");
    let mut registered = app.caller(Door::Pages);
    registered.register(ann, password).await;
    let letter = app.letter_to(ann).await;
    assert_eq!(registered.follow(&letter.link).await, Answer::Done);
    assert_eq!(place(&registered).as_deref(), Some(HOME));
    // A signed-in person has nothing to do on these pages.
    for path in ["/register", "/sign-in", "/sign-in/password"] {
        registered.get(path).await;
        assert_eq!(place(&registered).as_deref(), Some(HOME), "{path}");
        registered.get(&format!("{path}?next=%2Felsewhere")).await;
        assert_eq!(place(&registered).as_deref(), Some("/elsewhere"), "{path}");
    }
    assert_eq!(registered.register("eve@example.org", password).await, Answer::Done);
    assert_eq!(place(&registered).as_deref(), Some(HOME));
    app.expect_no_letter().await;

    let mut by_password = app.caller(Door::Pages);
    assert_eq!(by_password.sign_in_with_password(ann, password).await, Answer::Done);
    assert_eq!(place(&by_password).as_deref(), Some(HOME));

    for registers in [false, true] {
        let email = if registers { "bob@example.org" } else { ann };
        let mut by_code = app.caller(Door::Pages);
        if registers {
            by_code.register(email, password).await
        } else {
            by_code.ask(email).await
        };
        let letter = app.letter_to(email).await;
        assert_eq!(by_code.type_code(&letter.code).await, Answer::Done);
        assert_eq!(place(&by_code).as_deref(), Some(HOME));
    }
}
