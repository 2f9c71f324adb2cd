//! Lifting the limits: what was counted at this address begins again, and nothing else does.

use gatepost::domain::Settings;
use gatepost::domain::record::limits::Limits;

use super::{ANN, BOB, act, admin, limited};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::harness::limits::NO_LIMITS;
use crate::profile::{PASSWORD, registered};

both_doors! {
    emails_and_passwords_work_again_at_once_at_this_address_only,
    codes_work_again_at_once,
    changes_of_the_account_work_again,
    the_limit_of_a_client_stays,
}

const WRONG: &str = "three noisy otters";

fn too_many(code: &str) -> Answer {
    Answer::refused(429, code)
}

/// Uses up everything at an address, each from other clients.
async fn use_up(app: &App, door: Door, email: &str) {
    let elsewhere = |number: u8| app.caller(door).coming_from([127, 2, 0, number].into());
    let mut tried = 0;
    while elsewhere(tried).sign_in_with_password(email, WRONG).await.code() == "invalid_credentials" {
        tried += 1;
    }
    assert!((9..=10).contains(&tried), "{tried}");
    assert_eq!(app.caller(door).sign_in_with_password(email, PASSWORD).await, too_many("too_many_tries"));
    let mut asked = 0;
    let mut last = app.caller(door);
    while elsewhere(20 + asked).ask(email).await == Answer::Done {
        app.letter_to(email).await;
        asked += 1;
    }
    assert_eq!(last.ask(email).await, too_many("too_many_mails"));
}

async fn emails_and_passwords_work_again_at_once_at_this_address_only(door: Door) {
    let app = limited().await;
    for email in [ANN, BOB] {
        registered(&app, door, email).await;
        use_up(&app, door, email).await;
    }
    let (mut admin, id) = (admin(&app, door).await, app.id_of(ANN).await);
    assert_eq!(act(&mut admin, &id, "lift-limits", ANN).await, Answer::Done);
    app.expect_no_letter().await;
    assert_eq!(app.caller(door).sign_in_with_password(BOB, PASSWORD).await, too_many("too_many_tries"));
    assert_eq!(app.caller(door).ask(BOB).await, too_many("too_many_mails"));
    assert_eq!(app.caller(door).sign_in_with_password(ANN, PASSWORD).await, Answer::Done);
    assert_eq!(app.caller(door).ask(ANN).await, Answer::Done);
    app.letter_to(ANN).await;
    // From then on it counts as always.
    use_up(&app, door, ANN).await;
}

async fn codes_work_again_at_once(door: Door) {
    let limits = Limits { codes_per_address_day: 5, ..NO_LIMITS };
    let app = App::start_as(Settings { limits, ..Settings::default() }).await;
    app.signed_in(door, ANN).await;
    let (mut admin, id) = (admin(&app, door).await, app.id_of(ANN).await);
    let mut guessing = app.caller(door);
    guessing.ask(ANN).await;
    let wrong = app.letter_to(ANN).await.wrong_code();
    for _ in 0..5 {
        guessing.type_code(&wrong).await;
    }
    let mut ann = app.caller(door);
    ann.ask(ANN).await;
    let code = app.letter_to(ANN).await.code;
    assert_eq!(ann.type_code(&code).await, too_many("too_many_tries"));
    assert_eq!(act(&mut admin, &id, "lift-limits", ANN).await, Answer::Done);
    assert_eq!(ann.type_code(&code).await, Answer::Done);
}

async fn changes_of_the_account_work_again(door: Door) {
    let app = limited().await;
    let mut ann = registered(&app, door, ANN).await;
    for number in 0..60 {
        let wanted = if number % 2 == 0 { "no" } else { "yes" };
        assert_eq!(
            ann.act("/profile/notices", &[("new_device", wanted.into())]).await,
            Answer::Done,
            "{number}"
        );
    }
    let no = [("new_device", "no".to_owned())];
    assert_eq!(ann.act("/profile/notices", &no).await, too_many("too_many_tries"));
    let (mut admin, id) = (admin(&app, door).await, app.id_of(ANN).await);
    assert_eq!(act(&mut admin, &id, "lift-limits", ANN).await, Answer::Done);
    assert_eq!(ann.act("/profile/notices", &no).await, Answer::Done);
}

async fn the_limit_of_a_client_stays(door: Door) {
    let app = limited().await;
    let mut admin = admin(&app, door).await;
    app.given(ANN, gatepost::domain::operator::Role::Member).await;
    let client = || app.caller(door).coming_from([127, 3, 0, 1].into());
    for number in 0..20 {
        let email = if number < 3 { ANN.to_owned() } else { format!("someone{number}@example.org") };
        assert_eq!(client().ask(&email).await, Answer::Done, "{number}");
        app.read_all().await;
    }
    assert_eq!(act(&mut admin, &app.id_of(ANN).await, "lift-limits", ANN).await, Answer::Done);
    assert_eq!(client().ask(ANN).await, too_many("too_many_mails"));
    assert_eq!(app.caller(door).ask(ANN).await, Answer::Done);
    app.letter_to(ANN).await;
}
