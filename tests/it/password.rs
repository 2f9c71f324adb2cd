//! Signing in with a password: which passwords are accepted, the response to a wrong one, and how they
//! are stored.

use gatepost::domain::Settings;
use gatepost::domain::record::password::Cost;
use tokio::task::JoinSet;

use crate::harness::app::{App, without_random_values};
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::limits::unlimited;

both_doors! {
    the_right_password_signs_in,
    every_failed_sign_in_gets_the_same_response,
    a_password_is_compared_byte_by_byte,
    a_password_is_the_same_from_every_keyboard,
    a_password_with_a_control_character_cannot_be_set_and_signs_no_one_in,
    a_weak_password_is_refused_and_no_email_is_sent,
    a_common_password_is_refused,
    a_password_is_rehashed_at_sign_in_when_the_cost_has_changed,
    only_the_right_password_reveals_a_disabled_account,
    signing_in_ends_the_previous_session,
    too_many_passwords_at_once_are_refused_with_retry_after,
}

const ANN: &str = "ann@example.org";
const PASSWORD: &str = "three quiet otters";

fn invalid() -> Answer {
    Answer::refused(401, "invalid_credentials")
}

fn weak() -> Answer {
    Answer::refused_field(422, "weak_password", "password")
}

/// Someone who registered with a password and confirmed in the same browser.
async fn confirmed(app: &App, door: Door, password: &str) -> Caller {
    let mut ann = app.caller(door);
    assert_eq!(ann.register(ANN, password).await, Answer::Done);
    let letter = app.letter_to(ANN).await;
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    ann
}

async fn the_right_password_signs_in(door: Door) {
    let app = App::start().await;
    confirmed(&app, door, PASSWORD).await;
    let mut ann = app.caller(door);
    assert_eq!(ann.sign_in_with_password("  ANN@Example.org ", PASSWORD).await, Answer::Done);
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
    if door == Door::Pages {
        assert!(ann.get("/").await.body.contains("Signed in with your password"));
    }
    // A password sign-in sends no email.
    app.expect_no_letter().await;
}

async fn every_failed_sign_in_gets_the_same_response(door: Door) {
    let app = App::start().await;
    confirmed(&app, door, PASSWORD).await;
    app.signed_in(door, "bob@example.org").await;
    let too_long = "x".repeat(1025);
    let mut seen = Vec::new();
    for (email, password) in [
        (ANN, "three quiet badgers"),
        (ANN, ""),
        (ANN, &too_long),
        (ANN, "three quiet otters\0"),
        ("bob@example.org", PASSWORD),
        ("bob@example.org", ""),
        ("eve@example.org", PASSWORD),
        ("eve@example.org", &too_long),
    ] {
        let mut caller = app.caller(door);
        let answer = caller.sign_in_with_password(email, password).await;
        assert_eq!(answer, invalid(), "{email} {}", password.len());
        assert_eq!(caller.who().await, None);
        let mut again = app.caller(door);
        again.sign_in_with_password(email, password).await;
        let reply = without_random_values(again.last.as_ref().unwrap()).replace(email, "…");
        assert!(password.is_empty() || !reply.contains(password));
        seen.push(reply);
    }
    for reply in &seen {
        assert_eq!(*reply, seen[0]);
    }
}

async fn a_password_is_compared_byte_by_byte(door: Door) {
    let app = App::start().await;
    // Words, so that it does not count as a common one; and a trailing space, which is kept.
    let longest = "Otters ä swim. ".repeat(64);
    assert_eq!(longest.len(), 1024);
    confirmed(&app, door, &longest).await;
    for wrong in [
        &longest[..1023],
        &longest[1..],
        &longest.to_lowercase(),
        longest.trim(),
        &longest.replace('ä', "a\u{308}")[..1024],
        &longest.replace("ä", "a"),
    ] {
        let answer = app.caller(door).sign_in_with_password(ANN, wrong).await;
        assert_eq!(answer, invalid(), "{} bytes", wrong.len());
    }
    assert_eq!(app.caller(door).sign_in_with_password(ANN, &longest).await, Answer::Done);
}

async fn a_password_is_the_same_from_every_keyboard(door: Door) {
    let app = App::start().await;
    let [apart, together] = ["gru\u{308}ne\u{a0}Otter", "gr\u{fc}ne Otter"];
    let mut ann = confirmed(&app, door, apart).await;
    for password in [together, apart, "gr\u{fc}ne\u{3000}Otter"] {
        assert_eq!(app.caller(door).sign_in_with_password(ANN, password).await, Answer::Done, "{password:?}");
    }
    assert_eq!(app.caller(door).sign_in_with_password(ANN, "grune Otter").await, invalid());
    assert_eq!(ann.reauthenticate(together).await, Answer::Done);
    assert_eq!(ann.change_password("Zwo\u{308}lf Boxka\u{308}mpfer", Some(together)).await, Answer::Done);
    app.news_to(ANN).await;
    let changed = app.caller(door).sign_in_with_password(ANN, "Zw\u{f6}lf Boxk\u{e4}mpfer").await;
    assert_eq!(changed, Answer::Done);
    // 1,088 bytes as they are sent, 1,020 prepared.
    let longest = "a\u{308} Otter und \u{e4}".repeat(68);
    assert_eq!(ann.change_password(&longest, Some("Zw\u{f6}lf Boxk\u{e4}mpfer")).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(ann.reauthenticate(&longest.replace("a\u{308}", "\u{e4}")).await, Answer::Done);
}

async fn a_password_with_a_control_character_cannot_be_set_and_signs_no_one_in(door: Door) {
    let app = App::start().await;
    let unusable = Answer::refused_field(422, "invalid_field", "password");
    for password in ["three quiet\totters", "three quiet otters\u{7f}", "three quiet otters\u{85}"] {
        assert_eq!(app.caller(door).register(ANN, password).await, unusable, "{password:?}");
    }
    assert_eq!(app.house.gatepost.passwords_hashed(), 0);
    let mut ann = confirmed(&app, door, PASSWORD).await;
    assert_eq!(ann.change_password("three quiet\totters", Some(PASSWORD)).await, unusable);
    let wrong = Answer::refused_field(422, "wrong_password", "current_password");
    assert_eq!(ann.change_password("a wholly new password", Some("three quiet\totters")).await, wrong);
    let before = app.house.gatepost.passwords_hashed();
    let mut stranger = app.caller(door);
    assert_eq!(stranger.sign_in_with_password(ANN, "three quiet\u{7f} otters").await, invalid());
    let hashed = app.house.gatepost.passwords_hashed() - before;
    assert_eq!(hashed, stranger.attempts(), "as expensive as any wrong password");
    let mut ann = app.caller(door);
    assert_eq!(ann.forgot_password(ANN).await, Answer::Done);
    let letter = app.letter_to(ANN).await;
    assert_eq!(ann.reset_by_code(&letter.code, "three quiet\totters").await, unusable);
    assert_eq!(ann.reset_by_code(&letter.code, "a wholly new password").await, Answer::Done);
    app.news_to(ANN).await;
}

async fn a_weak_password_is_refused_and_no_email_is_sent(door: Door) {
    let app = App::start().await;
    let mut ann = app.caller(door);
    for password in [
        "",
        "elevenbytes",
        &"x".repeat(1025),
        "ann.archer@mail.example.org",
        "ANN.ARCHER@mail.example.org!",
        "annarcher2026",
        "archer archer",
        "Gatepost Gatepost",
        "gatepost12345",
    ] {
        let answer = ann.register("Ann.Archer@mail.example.org", password).await;
        assert_eq!(answer, weak(), "{password:?}");
        let reply = ann.last.as_ref().unwrap();
        assert!(password.is_empty() || !reply.body.contains(password), "{password:?} is shown");
    }
    assert_eq!(app.house.gatepost.passwords_hashed(), 0);
    app.expect_no_letter().await;
    assert_eq!(app.records().await.requests, 0);
}

async fn a_common_password_is_refused(door: Door) {
    let app = App::start().await;
    assert_eq!(app.caller(door).register(ANN, "password1234").await, weak());
    app.expect_no_letter().await;
}

async fn a_password_is_rehashed_at_sign_in_when_the_cost_has_changed(door: Door) {
    let app = App::start().await;
    confirmed(&app, door, PASSWORD).await;
    let old = app.account(ANN).await;
    let password_cost = Cost { memory_kib: 20 * 1024, passes: 3, lanes: 1 };
    let app = app.restarted_as(Settings { password_cost, ..Settings::default() }).await;
    let hashed = || app.house.gatepost.passwords_hashed();
    // A wrong password changes nothing.
    let mut ann = app.caller(door);
    assert_eq!(ann.sign_in_with_password(ANN, "three quiet badgers").await, invalid());
    let checked = ann.attempts();
    assert_eq!((hashed(), &app.account(ANN).await), (checked, &old));
    assert_eq!(ann.sign_in_with_password(ANN, PASSWORD).await, Answer::Done);
    let renewed = checked + 2 * ann.attempts();
    assert_eq!(hashed(), renewed);
    let (new, old) = (app.account(ANN).await.password.unwrap(), old.password.unwrap());
    assert_eq!((new.recipe.cost, &new.recipe.salt), (password_cost, &old.recipe.salt));
    assert_ne!(new.hash, old.hash);
    assert_eq!(ann.sign_in_with_password(ANN, PASSWORD).await, Answer::Done);
    assert_eq!(hashed(), renewed + ann.attempts());
}

async fn only_the_right_password_reveals_a_disabled_account(door: Door) {
    let app = App::start().await;
    confirmed(&app, door, PASSWORD).await;
    app.disable(ANN).await;
    let mut ann = app.caller(door);
    assert_eq!(ann.sign_in_with_password(ANN, "three quiet badgers").await, invalid());
    let disabled = Answer::refused(403, "account_disabled");
    assert_eq!(ann.sign_in_with_password(ANN, PASSWORD).await, disabled);
    assert_eq!(ann.who().await, None);
}

async fn signing_in_ends_the_previous_session(door: Door) {
    let app = App::start().await;
    confirmed(&app, door, PASSWORD).await;
    let mut caller = app.signed_in(door, "bob@example.org").await;
    let mut copy = caller.clone();
    assert_eq!(caller.sign_in_with_password(ANN, "three quiet badgers").await, invalid());
    assert_eq!(copy.who().await.as_deref(), Some("bob@example.org"));
    assert_eq!(caller.sign_in_with_password(ANN, PASSWORD).await, Answer::Done);
    assert_eq!(caller.who().await.as_deref(), Some(ANN));
    assert_eq!(copy.who().await, None);
}

/// An expensive hash keeps the only slot busy. Everyone who comes meanwhile waits or is refused.
async fn too_many_passwords_at_once_are_refused_with_retry_after(door: Door) {
    let password_cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };
    let app = App::start_as(Settings { password_slots: 1, password_cost, ..unlimited() }).await;
    app.costly_account("bob@example.org").await;
    let hashed = || app.house.gatepost.passwords_hashed();
    let mut calls = JoinSet::new();
    let mut call = |email: &'static str| {
        let mut caller = app.caller(door);
        calls.spawn(
            async move { (caller.sign_in_with_password(email, PASSWORD).await, caller.last.unwrap()) },
        );
    };
    call("bob@example.org");
    while hashed() == 0 {
        tokio::task::yield_now().await;
    }
    // A quarter of the 64 places is kept for known browsers and people who are signed in.
    for _ in 0..48 + 8 {
        call(ANN);
    }
    for _ in 0..8 {
        let (answer, reply) = calls.join_next().await.unwrap().unwrap();
        assert_eq!(answer, Answer::refused(503, "busy"));
        assert_eq!(reply.header("retry-after"), Some("1"));
    }
    assert_eq!(hashed(), 1, "the slot is still busy: no one who waited had a turn");
    // All others have a place in the queue, and get their turn.
    while let Some(waited) = calls.join_next().await {
        assert_eq!(waited.unwrap().0, invalid());
    }
    assert_eq!(hashed(), 1 + 48);
}
