//! A stranger registers someone else's address first, with a password, and keeps the page open. Once
//! anyone else proves the mailbox, nothing the stranger has works any more, and the stranger cannot tell.

use std::time::Duration;

use crate::harness::app::{App, SignInLetter, without_random_values};
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    a_strangers_registration_ends_when_the_mailbox_is_proven,
    a_stranger_cannot_tell_whether_there_was_an_account,
}

const VICTIM: &str = "ann@example.org";
const STRANGER: &str = "eve@example.org";
const PASSWORD: &str = "planted by a stranger";
const WAIT: Duration = Duration::from_secs(30);

/// How the victim proves the mailbox.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// With the link in the email the stranger caused, in the victim's own browser.
    TheirLink,
    /// With the link in an email the victim requested.
    OwnLink,
    /// With the code in an email the victim requested.
    OwnCode,
    /// With a password reset the victim requested, once there is an account.
    Reset,
}

/// What the stranger still has.
#[derive(Clone, Copy, Debug)]
enum Relic {
    Password,
    Code,
    Request,
    SecondLink,
    SecondRequest,
    /// A change of the stranger's own account to the victim's address.
    PendingChange,
}

const WAYS: [Way; 4] = [Way::TheirLink, Way::OwnLink, Way::OwnCode, Way::Reset];
const RELICS: [Relic; 6] = [
    Relic::Password,
    Relic::Code,
    Relic::Request,
    Relic::SecondLink,
    Relic::SecondRequest,
    Relic::PendingChange,
];
const NEW_PASSWORD: &str = "one of her own";

/// A registration of the victim's address by a stranger: the page the stranger keeps, and the email the
/// victim got.
struct Planted {
    stranger: Caller,
    letter: SignInLetter,
}

async fn plant(app: &App, door: Door) -> Planted {
    let mut stranger = app.caller(door);
    assert_eq!(stranger.register(VICTIM, PASSWORD).await, Answer::Done);
    let letter = app.letter_to(VICTIM).await;
    app.clock.advance(WAIT);
    Planted { stranger, letter }
}

/// A stranger with an account of their own asks to change to the victim's address.
async fn plant_change(app: &App, door: Door) -> Planted {
    let mut stranger = app.signed_in(door, STRANGER).await;
    assert_eq!(stranger.change_email(VICTIM).await, Answer::Done);
    app.news_to(STRANGER).await;
    let letter = app.letter_to(VICTIM).await;
    Planted { stranger, letter }
}

/// The victim proves the mailbox.
async fn prove(app: &App, door: Door, way: Way, planted: &Planted) -> Caller {
    let mut victim = app.caller(door);
    match way {
        Way::TheirLink => _ = victim.confirm_elsewhere(&planted.letter.link, None).await,
        Way::OwnLink | Way::OwnCode => {
            victim.ask(VICTIM).await;
            let own = app.letter_to(VICTIM).await;
            match way {
                Way::OwnCode => _ = victim.type_code(&own.code).await,
                _ => _ = victim.follow(&own.link).await,
            }
        }
        Way::Reset => {
            // There is nothing to reset where there is no account.
            app.signed_in(door, VICTIM).await;
            assert_eq!(victim.forgot_password(VICTIM).await, Answer::Done);
            let own = app.letter_to(VICTIM).await;
            assert_eq!(victim.reset_by_link(&own.link, NEW_PASSWORD).await, Answer::Done);
            app.news_to(VICTIM).await;
        }
    }
    assert_eq!(victim.who().await.as_deref(), Some(VICTIM), "{way:?}");
    victim
}

async fn a_strangers_registration_ends_when_the_mailbox_is_proven(door: Door) {
    for (way, relic) in WAYS.into_iter().flat_map(|way| RELICS.map(|relic| (way, relic))) {
        let app = App::start_unlimited().await;
        let mut first = plant(&app, door).await;
        let mut second = plant(&app, door).await;
        let mut pending = plant_change(&app, door).await;
        let mut victim = prove(&app, door, way, &first).await;
        let has_password = matches!(way, Way::Reset);
        assert_eq!(victim.has_password().await, has_password, "{way:?}");
        let stranger = &mut first.stranger;
        // At once: none of this depends on the stranger being late.
        match relic {
            // As before, until the registration ends: anything else would reveal the proof.
            Relic::Password => {
                let answer = app.caller(door).sign_in_with_password(VICTIM, PASSWORD).await;
                assert_eq!(answer, Answer::refused(403, "unconfirmed"), "{way:?}");
                let answer = stranger.sign_in_with_password(VICTIM, PASSWORD).await;
                assert_eq!(answer, Answer::refused(403, "unconfirmed"), "{way:?}");
            }
            Relic::Code => {
                let answer = stranger.type_code(&first.letter.code).await;
                assert_eq!(answer, Answer::refused(410, "invalid_request"), "{way:?}");
            }
            Relic::Request => {
                let Planted { stranger, letter } = &mut first;
                a_request_only_sends_emails(&app, stranger, letter, has_password).await;
            }
            Relic::SecondLink => {
                for holder in [&mut second.stranger, stranger] {
                    let answer = holder.follow(&second.letter.link).await;
                    assert_eq!(answer, Answer::refused(410, "invalid_link"), "{way:?}");
                }
                let answer = app.caller(door).confirm_elsewhere(&second.letter.link, Some(PASSWORD)).await;
                assert_eq!(answer, Answer::refused(410, "invalid_link"), "{way:?}");
            }
            Relic::SecondRequest => {
                let answer = second.stranger.type_code(&second.letter.code).await;
                assert_eq!(answer, Answer::refused(410, "invalid_request"), "{way:?}");
                let answer = second.stranger.type_code(&first.letter.code).await;
                assert_eq!(answer, Answer::refused_field(422, "wrong_code", "code"), "{way:?}");
            }
            Relic::PendingChange => {
                let Planted { stranger, letter } = &mut pending;
                let answer = stranger.type_code(&letter.code).await;
                assert_eq!(answer, Answer::refused(410, "invalid_request"), "{way:?}");
                for caller in [stranger, &mut victim] {
                    let answer = caller.follow_deliberately(&letter.link).await;
                    assert_eq!(answer, Answer::refused(410, "invalid_link"), "{way:?}");
                }
            }
        }
        assert_eq!(pending.stranger.who().await.as_deref(), Some(STRANGER), "{way:?} {relic:?}");
        for caller in [&mut first.stranger, &mut second.stranger] {
            assert_eq!(caller.who().await, None, "{way:?} {relic:?}");
        }
        assert_eq!(victim.has_password().await, has_password, "{way:?} {relic:?}");
        assert_eq!((victim.who().await.as_deref(), app.accounts().await), (Some(VICTIM), 2));
    }
}

/// The request redeems nothing. Another email goes to the victim, but its link does not bring the
/// stranger's password back.
async fn a_request_only_sends_emails(
    app: &App,
    stranger: &mut Caller,
    letter: &SignInLetter,
    has_password: bool,
) {
    assert_eq!(stranger.follow(&letter.link).await, Answer::refused(410, "invalid_link"));
    assert_eq!(stranger.resend().await, Answer::Done);
    let again = app.letter_to(VICTIM).await;
    assert_ne!((&again.link, &again.code), (&letter.link, &letter.code));
    app.clock.advance(WAIT);
    assert_eq!(stranger.register(VICTIM, PASSWORD).await, Answer::Done);
    let last = app.letter_to(VICTIM).await;
    assert_eq!(stranger.who().await, None);
    let mut victim = app.caller(stranger.door);
    assert_eq!(victim.confirm_elsewhere(&last.link, Some(PASSWORD)).await, Answer::Done);
    assert_eq!(victim.has_password().await, has_password);
    let answer = app.caller(stranger.door).sign_in_with_password(VICTIM, PASSWORD).await;
    assert_eq!(answer, Answer::refused(403, "unconfirmed"));
}

/// The victim's account before the stranger's registration.
#[derive(Clone, Copy, Debug)]
enum Before {
    None,
    WithoutPassword,
    WithPassword,
}

async fn a_stranger_cannot_tell_whether_there_was_an_account(door: Door) {
    for way in WAYS {
        let unknown = seen_by_the_stranger(door, way, Before::None).await;
        for before in [Before::WithoutPassword, Before::WithPassword] {
            let known = seen_by_the_stranger(door, way, before).await;
            assert_eq!(unknown.len(), known.len());
            for (index, (unknown, known)) in unknown.iter().zip(&known).enumerate() {
                assert_eq!(unknown, known, "{way:?}, {before:?}, answer {index}");
            }
        }
    }
}

/// All responses to the stranger, before and after the victim proves the mailbox.
async fn seen_by_the_stranger(door: Door, way: Way, before: Before) -> Vec<String> {
    let app = App::start_unlimited().await;
    match before {
        Before::None => {}
        Before::WithoutPassword => _ = app.signed_in(door, VICTIM).await,
        Before::WithPassword => {
            let mut victim = app.caller(door);
            assert_eq!(victim.register(VICTIM, NEW_PASSWORD).await, Answer::Done);
            let letter = app.letter_to(VICTIM).await;
            assert_eq!(victim.follow(&letter.link).await, Answer::Done);
            assert!(victim.has_password().await);
        }
    }
    app.clock.advance(WAIT);
    let mut seen = Vec::new();
    // The victim uses the later of two emails, which ends the earlier one in any case.
    let mut second = plant(&app, door).await;
    let mut first = plant(&app, door).await;
    seen.extend([shown(&app, &second.stranger), shown(&app, &first.stranger)]);
    look_around(&app, &mut first.stranger, &mut seen).await;
    prove(&app, door, way, &first).await;
    look_around(&app, &mut first.stranger, &mut seen).await;
    first.stranger.type_code(&first.letter.code).await;
    seen.push(shown(&app, &first.stranger));
    first.stranger.follow(&first.letter.link).await;
    seen.push(shown(&app, &first.stranger));
    second.stranger.follow(&second.letter.link).await;
    seen.push(shown(&app, &second.stranger));
    app.clock.advance(WAIT);
    first.stranger.resend().await;
    seen.push(shown(&app, &first.stranger));
    app.letter_to(VICTIM).await;
    app.clock.advance(WAIT);
    first.stranger.register(VICTIM, PASSWORD).await;
    seen.push(shown(&app, &first.stranger));
    app.letter_to(VICTIM).await;
    look_around(&app, &mut first.stranger, &mut seen).await;
    seen
}

/// What the stranger can see without an email.
async fn look_around(app: &App, stranger: &mut Caller, seen: &mut Vec<String>) {
    let pages: &[&str] = match stranger.door {
        Door::Pages => &["/unconfirmed", "/check-inbox", "/register", "/"],
        Door::Json => &[],
    };
    for page in pages {
        stranger.get(page).await;
        seen.push(shown(app, stranger));
    }
    stranger.type_code("no code").await;
    seen.push(shown(app, stranger));
    // In another browser, so that the requests of this one stay as they are.
    for password in [PASSWORD, "never entered before"] {
        let mut elsewhere = app.caller(stranger.door);
        elsewhere.sign_in_with_password(VICTIM, password).await;
        seen.push(shown(app, &elsewhere));
    }
}

fn shown(app: &App, caller: &Caller) -> String {
    let port = app.server.port().to_string();
    without_random_values(caller.last.as_ref().unwrap()).replace(&port, "port")
}
