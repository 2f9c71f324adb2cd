//! Bad input, mostly to registering and signing in with a password. Both doors refuse it with the same
//! sentence, a page shows that beside the field, and nothing is changed.

use gatepost::domain::password::Password;
use serde_json::json;

use crate::corpora::addresses;
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::harness::records::Records;

both_doors! {
    a_new_password_that_is_too_long_is_refused_whatever_the_link_and_code_are,
}

const ANN: &str = "ann@example.org";
const PASSWORD: &str = "three quiet otters";
const OTHER: &str = "seven loud geese";
const PATHS: [&str; 2] = ["/register", "/sign-in/password"];
const EMAIL: &str = "email";

/// The records in the store, except events.
async fn records(app: &App) -> Records {
    Records { events: 0, ..app.records().await }
}

/// Fails unless both doors, the pages also with their script, refuse these fields with this status, code
/// and field.
async fn is_refused(app: &App, path: &str, typed: [&str; 2], refusal: &Answer) {
    let before = records(app).await;
    let [email, password] = typed.map(str::to_owned);
    let mut fields = vec![("email", email.clone()), ("password", password.clone())];
    let mut program = app.caller(Door::Json);
    assert_eq!(program.act(path, &fields).await, *refusal, "{path} {typed:?}");
    let told = program.last.unwrap().json()["detail"].as_str().unwrap().to_owned();
    assert!(told.ends_with('.'), "{told}");
    fields.push(("next", "/app?x=1&y=2".to_owned()));
    for is_htmx in [false, true] {
        let mut browser = app.caller(Door::Pages).with_script(is_htmx);
        assert_eq!(browser.act(path, &fields).await, *refusal, "{path} {typed:?}");
        let page = browser.last.unwrap().body;
        let is_of_email = matches!(refusal, Answer::Refused { field: Some(field), .. } if field == EMAIL);
        let beside = if is_of_email { "email-error" } else { "password-error" };
        assert!(
            page.contains(&format!("id=\"{beside}\" role=\"alert\">{told}</p>")),
            "{path} {typed:?}: {page}"
        );
        assert_eq!(page.matches("role=\"alert\">").count(), 1, "{path} {typed:?}: {page}");
        let kept =
            email.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        assert!(page.contains(&format!("value=\"{kept}\"")), "{path} {typed:?}: {page}");
        assert!(page.contains("name=\"next\" value=\"/app?x=1&amp;y=2\""), "{path} {typed:?}: {page}");
        assert!(password.is_empty() || !page.contains(&password), "{path} {typed:?}: {page}");
    }
    assert_eq!(records(app).await, before, "{path} {typed:?}");
    app.expect_no_letter().await;
}

#[tokio::test]
async fn a_wrong_email_address_is_refused_beside_its_field_and_nothing_changes() {
    let app = App::start().await;
    let refusal = Answer::refused_field(422, "invalid_email", "email");
    for path in PATHS {
        for email in addresses::refused() {
            is_refused(&app, path, [&email, PASSWORD], &refusal).await;
        }
    }
    assert_eq!(app.house.gatepost.passwords_hashed(), 0);
}

#[tokio::test]
async fn a_wrong_password_is_refused_beside_its_field_and_nothing_changes() {
    let app = App::start().await;
    let long = "otters ".repeat(150);
    assert!(Password::new(long.clone()).is_too_long());
    let weak = Answer::refused_field(422, "weak_password", "password");
    for password in ["", "few otters", long.as_str(), ANN, "password1234"] {
        // The page shows the email address, so the check that it does not show the password needs another
        // spelling here.
        let email = if password == ANN { "Ann@example.org" } else { ANN };
        is_refused(&app, "/register", [email, password], &weak).await;
    }
    let invalid = Answer::refused(401, "invalid_credentials");
    for password in ["", PASSWORD, long.as_str(), "three\0otters"] {
        is_refused(&app, "/sign-in/password", [ANN, password], &invalid).await;
    }
}

#[tokio::test]
async fn a_password_that_is_not_unicode_is_malformed() {
    let app = App::start().await;
    let before = records(&app).await;
    for path in PATHS {
        let mut program = app.caller(Door::Json);
        let reply =
            program.post_json(path, r#"{"email":"ann@example.org","password":"otters \ud800"}"#).await;
        assert_eq!(reply.json()["code"], "malformed", "{path}");
        assert_eq!((reply.status.as_u16(), &reply.json()["field"]), (400, &json!(null)), "{path}");
        for password in ["%ff", "%c3%28", "otters%ff", "%ed%a0%80", "%f0%28%8c%bc"] {
            let mut browser = app.caller(Door::Pages);
            let reply =
                browser.post_form(path, &format!("email=ann%40example.org&password={password}")).await;
            let refusal = (reply.status.as_u16(), reply.header("x-problem"), reply.header("x-problem-field"));
            assert_eq!(refusal, (400, Some("malformed"), None), "{path} {password}");
            assert!(!reply.body.contains("otters") && !reply.body.contains('\u{fffd}'), "{path} {password}");
        }
    }
    assert_eq!(records(&app).await, before);
    assert_eq!(app.house.gatepost.passwords_hashed(), 0);
    app.expect_no_letter().await;
}

/// Before the link or code is looked up, so the refusal says nothing about them.
async fn a_new_password_that_is_too_long_is_refused_whatever_the_link_and_code_are(door: Door) {
    let app = App::start().await;
    let refusal = Answer::refused_field(422, "weak_password", "password");
    let long = "otters ".repeat(150);
    let fields = |request: &str, code: &str| {
        [("confirm", "yes"), ("request", request), ("code", code), ("password", &long)]
            .map(|(name, value)| (name, value.to_owned()))
    };
    app.signed_in(door, ANN).await;
    let mut ann = app.caller(door);
    assert_eq!(ann.forgot_password(ANN).await, Answer::Done);
    let letter = app.letter_to(ANN).await;
    let before = records(&app).await;
    for path in ["/link/nonsense", &format!("/link/{}", letter.link.rsplit('/').next().unwrap()), "/code"] {
        for code in ["123456", letter.code.as_str()] {
            assert_eq!(ann.act(path, &fields("nonsense", code)).await, refusal, "{path}");
        }
    }
    assert_eq!(ann.reset_by_code(&letter.code, &long).await, refusal);
    assert_eq!(records(&app).await, before);
    assert_eq!(ann.reset_by_code(&letter.code, OTHER).await, Answer::Done);
    app.news_to(ANN).await;
}

/// A `request` of something else is ignored: it never leads to another person's registration.
#[tokio::test]
async fn a_request_of_something_else_changes_no_registration() {
    for misfit in ["of another address", "of the address to sign in", "flipped", "a link", "rubbish"] {
        let app = App::start().await;
        let mut ann = app.caller(Door::Json);
        assert_eq!(ann.register(ANN, PASSWORD).await, Answer::Done);
        let own = ann.newest_token();
        let letter = app.letter_to(ANN).await;
        let mut eve = app.caller(Door::Json);
        let request = match misfit {
            "of another address" => {
                eve.register("eve@example.org", OTHER).await;
                app.letter_to("eve@example.org").await;
                eve.newest_token()
            }
            "of the address to sign in" => {
                eve.ask(ANN).await;
                app.letter_to(ANN).await;
                eve.newest_token()
            }
            "flipped" => own.chars().rev().collect(),
            "a link" => letter.link.rsplit('/').next().unwrap().to_owned(),
            _ => "x".to_owned(),
        };
        // The other way round too: Ann's request, sent with another address, starts a new registration.
        for (email, request) in [(ANN, &request), ("bob@example.org", &own)] {
            let body = json!({ "email": email, "password": OTHER, "request": request }).to_string();
            let reply = eve.post_json("/register", &body).await;
            assert_eq!(reply.status.as_u16(), 202, "{misfit}: {reply:?}");
            assert_ne!(reply.json()["request"], json!(own), "{misfit}");
            let other = app.letter_to(email).await;
            assert_ne!((&other.link, &other.code), (&letter.link, &letter.code), "{misfit}");
        }
        // Ann's registration is unchanged: its password gets its request and becomes the account's.
        let mut elsewhere = app.caller(Door::Json);
        let unconfirmed = Answer::refused(403, "unconfirmed");
        assert_eq!(elsewhere.sign_in_with_password(ANN, PASSWORD).await, unconfirmed, "{misfit}");
        assert_eq!(elsewhere.newest_token(), own, "{misfit}");
        assert_eq!(ann.type_code(&letter.code).await, Answer::Done, "{misfit}");
        assert!(ann.has_password().await, "{misfit}");
        for (password, answer) in [(PASSWORD, Answer::Done), (OTHER, unconfirmed)] {
            assert_eq!(app.caller(Door::Json).sign_in_with_password(ANN, password).await, answer, "{misfit}");
        }
    }
}
