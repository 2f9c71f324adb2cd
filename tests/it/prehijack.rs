//! A stranger registers somebody's address first, with a password, and keeps the page open. Once the
//! mailbox is proven by anybody else, nothing the stranger has is worth anything.

use std::time::Duration;

use crate::harness::app::{App, SignInLetter, without_random_values};
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    what_a_stranger_typed_dies_when_the_mailbox_is_proven,
    a_stranger_cannot_tell_whether_there_was_an_account,
}

const VICTIM: &str = "ann@example.org";
const PASSWORD: &str = "planted by a stranger";
const WAIT: Duration = Duration::from_secs(30);

/// How the victim proves the mailbox.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// By the link of the letter the stranger caused, in a browser of her own.
    TheirLink,
    /// By the link of a letter of her own asking.
    OwnLink,
    /// By the code of a letter of her own asking.
    OwnCode,
}

/// What the stranger is left with.
#[derive(Clone, Copy, Debug)]
enum Relic {
    Password,
    Code,
    Request,
    SecondLink,
}

const WAYS: [Way; 3] = [Way::TheirLink, Way::OwnLink, Way::OwnCode];
const RELICS: [Relic; 4] = [Relic::Password, Relic::Code, Relic::Request, Relic::SecondLink];

/// A registration of the victim's address by a stranger: the page that is kept, and the letter that
/// went to the victim.
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
    }
    assert_eq!(victim.who().await.as_deref(), Some(VICTIM), "{way:?}");
    victim
}

async fn what_a_stranger_typed_dies_when_the_mailbox_is_proven(door: Door) {
    for (way, relic) in WAYS.into_iter().flat_map(|way| RELICS.map(|relic| (way, relic))) {
        let app = App::start().await;
        let mut first = plant(&app, door).await;
        let mut second = plant(&app, door).await;
        let mut victim = prove(&app, door, way, &first).await;
        assert!(!victim.has_password().await, "{way:?}");
        let stranger = &mut first.stranger;
        // At once: nothing here hangs on the stranger being late.
        match relic {
            Relic::Password => {
                let answer = app.caller(door).sign_in_with_password(VICTIM, PASSWORD).await;
                assert_eq!(answer, Answer::refused(401, "invalid_credentials"), "{way:?}");
                let answer = stranger.sign_in_with_password(VICTIM, PASSWORD).await;
                assert_eq!(answer, Answer::refused(401, "invalid_credentials"), "{way:?}");
            }
            Relic::Code => {
                let answer = stranger.type_code(&first.letter.code).await;
                assert_eq!(answer, Answer::refused(410, "invalid_request"), "{way:?}");
            }
            Relic::Request => a_request_is_worth_letters_alone(&app, door, stranger, &first.letter).await,
            Relic::SecondLink => {
                for holder in [&mut second.stranger, stranger] {
                    let answer = holder.follow(&second.letter.link).await;
                    assert_eq!(answer, Answer::refused(410, "invalid_link"), "{way:?}");
                }
                let answer = app.caller(door).confirm_elsewhere(&second.letter.link, Some(PASSWORD)).await;
                assert_eq!(answer, Answer::refused(410, "invalid_link"), "{way:?}");
            }
        }
        for caller in [&mut first.stranger, &mut second.stranger] {
            assert_eq!(caller.who().await, None, "{way:?} {relic:?}");
        }
        assert!(!victim.has_password().await, "{way:?} {relic:?}");
        assert_eq!((victim.who().await.is_some(), app.accounts().await), (true, 1));
    }
}

/// It redeems nothing. One more letter goes to the victim and plants nothing either.
async fn a_request_is_worth_letters_alone(
    app: &App,
    door: Door,
    stranger: &mut Caller,
    letter: &SignInLetter,
) {
    assert_eq!(stranger.follow(&letter.link).await, Answer::refused(410, "invalid_link"));
    assert_eq!(stranger.resend().await, Answer::Done);
    let again = app.letter_to(VICTIM).await;
    assert_ne!((&again.link, &again.code), (&letter.link, &letter.code));
    app.clock.advance(WAIT);
    assert_eq!(stranger.register(VICTIM, PASSWORD).await, Answer::Done);
    let last = app.letter_to(VICTIM).await;
    assert_eq!(stranger.who().await, None);
    let mut victim = app.caller(door);
    assert_eq!(victim.confirm_elsewhere(&last.link, Some(PASSWORD)).await, Answer::Done);
    assert!(!victim.has_password().await);
    let answer = app.caller(door).sign_in_with_password(VICTIM, PASSWORD).await;
    assert_eq!(answer, Answer::refused(401, "invalid_credentials"));
}

/// The victim's account before all that.
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

/// All the stranger's answers: before the victim proves the mailbox, and after.
async fn seen_by_the_stranger(door: Door, way: Way, before: Before) -> Vec<String> {
    let app = App::start().await;
    match before {
        Before::None => {}
        Before::WithoutPassword => _ = app.signed_in(door, VICTIM).await,
        Before::WithPassword => {
            let mut victim = app.caller(door);
            assert_eq!(victim.register(VICTIM, "one of her own").await, Answer::Done);
            let letter = app.letter_to(VICTIM).await;
            assert_eq!(victim.follow(&letter.link).await, Answer::Done);
            assert!(victim.has_password().await);
        }
    }
    app.clock.advance(WAIT);
    let mut seen = Vec::new();
    // Of two letters the victim takes the later one, which ends the earlier one in any case.
    let mut second = plant(&app, door).await;
    let mut first = plant(&app, door).await;
    seen.extend([tell(&app, &second.stranger), tell(&app, &first.stranger)]);
    look_around(&app, &mut first.stranger, &mut seen).await;
    prove(&app, door, way, &first).await;
    look_around(&app, &mut first.stranger, &mut seen).await;
    first.stranger.type_code(&first.letter.code).await;
    seen.push(tell(&app, &first.stranger));
    first.stranger.follow(&first.letter.link).await;
    seen.push(tell(&app, &first.stranger));
    second.stranger.follow(&second.letter.link).await;
    seen.push(tell(&app, &second.stranger));
    app.clock.advance(WAIT);
    first.stranger.resend().await;
    seen.push(tell(&app, &first.stranger));
    app.letter_to(VICTIM).await;
    app.clock.advance(WAIT);
    first.stranger.register(VICTIM, PASSWORD).await;
    seen.push(tell(&app, &first.stranger));
    app.letter_to(VICTIM).await;
    look_around(&app, &mut first.stranger, &mut seen).await;
    seen
}

/// What the stranger can see without a letter.
async fn look_around(app: &App, stranger: &mut Caller, seen: &mut Vec<String>) {
    let pages: &[&str] = match stranger.door {
        Door::Pages => &["/unconfirmed", "/check-inbox", "/register", "/"],
        Door::Json => &[],
    };
    for page in pages {
        stranger.get(page).await;
        seen.push(tell(app, stranger));
    }
    stranger.type_code("no code").await;
    seen.push(tell(app, stranger));
    // Elsewhere, so that what is held here stays as it is.
    for password in [PASSWORD, "never typed before"] {
        let mut elsewhere = app.caller(stranger.door);
        elsewhere.sign_in_with_password(VICTIM, password).await;
        seen.push(tell(app, &elsewhere));
    }
}

fn tell(app: &App, caller: &Caller) -> String {
    let port = app.server.port().to_string();
    without_random_values(caller.last.as_ref().unwrap()).replace(&port, "port")
}
