//! The rule is judged again when a link or a code is redeemed: it may have changed since the email was requested.

use gatepost::domain::record::registration::RegistrationMode;

use super::{
    INSIDE, OUTSIDE, PASSWORD, RULE, by_domain, dead_code, dead_link, domains, member, modes, said, start,
};
use crate::harness::app::{App, SignInLetter};
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::profile::WAIT;

both_doors! {
    a_registration_is_dead_once_the_mode_no_longer_accepts_its_address,
    a_first_sign_in_is_dead_once_the_mode_no_longer_accepts_its_address,
    a_dead_registration_looks_to_its_holder_as_before,
    an_email_sent_after_the_change_says_that_there_is_no_account,
    a_request_works_again_once_the_mode_accepts_its_address_again,
    a_request_from_a_closed_time_makes_no_account_by_itself,
    a_change_of_address_is_dead_once_its_domain_is_no_longer_accepted,
    a_change_of_address_goes_on_in_modes_that_do_not_look_at_domains,
    an_account_made_before_the_change_stays_signed_in,
}

/// What no longer accepts the address outside, after a time when anyone could register.
fn narrower() -> [RegistrationMode; 3] {
    [by_domain(), RegistrationMode::Invite, RegistrationMode::Closed]
}

/// Someone who asked while anyone could, and the email they got.
async fn asked(app: &App, door: Door, registers: bool) -> (Caller, SignInLetter) {
    let mut ann = app.caller(door);
    let asked = if registers { ann.register(OUTSIDE, PASSWORD).await } else { ann.ask(OUTSIDE).await };
    assert_eq!(asked, Answer::Done);
    (ann, app.letter_to(OUTSIDE).await)
}

async fn expect_dead(app: &App, door: Door, registers: bool) {
    let (mut ann, letter) = asked(app, door, registers).await;
    for mode in narrower() {
        app.change_mode(mode.clone());
        assert_eq!(ann.look_at(&letter.link).await, dead_link(), "{mode:?}");
        assert_eq!(ann.follow(&letter.link).await, dead_link(), "{mode:?}");
        let mut elsewhere = app.caller(door);
        assert_eq!(elsewhere.confirm_elsewhere(&letter.link, Some(PASSWORD)).await, dead_link(), "{mode:?}");
        assert_eq!(ann.type_code(&letter.code).await, dead_code(), "{mode:?}");
        assert_eq!((app.accounts().await, ann.who().await), (0, None), "{mode:?}");
    }
}

async fn a_registration_is_dead_once_the_mode_no_longer_accepts_its_address(door: Door) {
    expect_dead(&start(RegistrationMode::Open).await, door, true).await;
}

async fn a_first_sign_in_is_dead_once_the_mode_no_longer_accepts_its_address(door: Door) {
    expect_dead(&start(RegistrationMode::Open).await, door, false).await;
}

async fn a_dead_registration_looks_to_its_holder_as_before(door: Door) {
    let app = start(RegistrationMode::Open).await;
    let (mut ann, letter) = asked(&app, door, true).await;
    app.change_mode(RegistrationMode::Closed);
    assert_eq!(ann.type_code(&letter.wrong_code()).await, Answer::refused_field(422, "wrong_code", "code"));
    let unconfirmed = Answer::refused(403, "unconfirmed");
    assert_eq!(app.caller(door).sign_in_with_password(OUTSIDE, PASSWORD).await, unconfirmed);
}

async fn an_email_sent_after_the_change_says_that_there_is_no_account(door: Door) {
    for mode in narrower() {
        let app = start(RegistrationMode::Open).await;
        let (mut ann, _) = asked(&app, door, true).await;
        app.change_mode(mode.clone());
        app.clock.advance(WAIT);
        // Another email for the same request, as everyone gets one.
        assert_eq!(ann.resend().await, Answer::Done, "{mode:?}");
        let letter = app.news_to(OUTSIDE).await;
        assert!(letter.link.is_none() && letter.code.is_none(), "{mode:?}: {}", letter.text);
    }
}

async fn a_request_works_again_once_the_mode_accepts_its_address_again(door: Door) {
    let app = start(RegistrationMode::Open).await;
    let (mut ann, letter) = asked(&app, door, true).await;
    app.change_mode(RegistrationMode::Closed);
    assert_eq!(ann.follow(&letter.link).await, dead_link());
    app.change_mode(domains(&["example.com"]));
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    assert_eq!(ann.who().await.as_deref(), Some(OUTSIDE));
}

async fn a_request_from_a_closed_time_makes_no_account_by_itself(door: Door) {
    let app = start(RegistrationMode::Closed).await;
    let mut ann = app.caller(door);
    assert_eq!(ann.ask(OUTSIDE).await, Answer::Done);
    assert!(app.news_to(OUTSIDE).await.link.is_none());
    app.change_mode(RegistrationMode::Open);
    assert_eq!(ann.type_code("123456").await, Answer::refused_field(422, "wrong_code", "code"));
    // Asking again now does.
    app.clock.advance(WAIT);
    assert_eq!(ann.resend().await, Answer::Done);
    let letter = app.letter_to(OUTSIDE).await;
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    assert_eq!(ann.who().await.as_deref(), Some(OUTSIDE));
}

async fn a_change_of_address_is_dead_once_its_domain_is_no_longer_accepted(door: Door) {
    let app = start(RegistrationMode::Open).await;
    let mut ann = member(&app, door, INSIDE).await;
    assert_eq!(ann.change_email(OUTSIDE).await, Answer::Done);
    app.news_to(INSIDE).await;
    let letter = app.letter_to(OUTSIDE).await;
    app.change_mode(by_domain());
    assert_eq!(ann.look_at(&letter.link).await, dead_link());
    assert_eq!(ann.follow(&letter.link).await, dead_link());
    assert_eq!(ann.type_code(&letter.code).await, dead_code());
    app.clock.advance(WAIT);
    // No field was entered here.
    assert_eq!(ann.resend().await, Answer::refused(403, "registration_closed"));
    assert!(said(&ann).contains(RULE), "{}", said(&ann));
    app.expect_no_letter().await;
    assert_eq!(ann.who().await.as_deref(), Some(INSIDE));
    assert_eq!(ann.cancel_email_change().await, Answer::Done);
}

async fn a_change_of_address_goes_on_in_modes_that_do_not_look_at_domains(door: Door) {
    for (mode, _) in modes() {
        let app = start(RegistrationMode::Open).await;
        let mut ann = member(&app, door, INSIDE).await;
        let new = if mode.domains().is_some() { "new@mail.example.net" } else { OUTSIDE };
        assert_eq!(ann.change_email(new).await, Answer::Done);
        app.news_to(INSIDE).await;
        let letter = app.letter_to(new).await;
        app.change_mode(mode.clone());
        assert_eq!(ann.type_code(&letter.code).await, Answer::Done, "{mode:?}");
        app.news_to(INSIDE).await;
        assert_eq!(ann.who().await.as_deref(), Some(new), "{mode:?}");
    }
}

async fn an_account_made_before_the_change_stays_signed_in(door: Door) {
    let app = start(RegistrationMode::Open).await;
    let (mut ann, letter) = asked(&app, door, true).await;
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    for mode in narrower() {
        app.change_mode(mode.clone());
        assert_eq!(ann.who().await.as_deref(), Some(OUTSIDE), "{mode:?}");
        // The same link again, as with a double click.
        assert_eq!(ann.follow(&letter.link).await, Answer::Done, "{mode:?}");
    }
    assert_eq!(ann.change_password("seven loud geese", Some(PASSWORD)).await, Answer::Done);
    app.news_to(OUTSIDE).await;
}
