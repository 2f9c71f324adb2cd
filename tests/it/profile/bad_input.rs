//! Bad input from someone signed in: both doors refuse it in the same words, a page shows them beside the
//! field, and nothing is changed.

use super::{ANN, OTHER, PASSWORD, registered};
use crate::corpora::addresses;
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    other_peoples_requests_and_sessions_open_no_account,
}

const BOB: &str = "bob@example.org";

fn refused(code: &str, field: &str) -> Answer {
    Answer::refused_field(422, code, field)
}

/// Both doors, pages also with their script, refuse these fields with this status, code and field. The page
/// shows one sentence beside the field, keeps the address entered and shows no password.
async fn is_refused(app: &App, caller: &Caller, path: &str, fields: &[(&str, &str)], refusal: &Answer) {
    let sent: Vec<_> = fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let before = app.all_but_events().await;
    let mut program = caller.in_program();
    assert_eq!(program.act(path, &sent).await, *refusal, "{path} {fields:?}");
    let told = program.last.unwrap().json()["detail"].as_str().unwrap().to_owned();
    assert!(told.ends_with('.'), "{told}");
    let beside = match refusal {
        Answer::Refused { field: Some(field), .. } => field,
        _ => "password",
    };
    for is_htmx in [false, true] {
        let mut browser = caller.in_browser().with_script(is_htmx);
        assert_eq!(browser.act(path, &sent).await, *refusal, "{path} {fields:?}");
        let page = browser.last.unwrap().body;
        let (_, alert) = page.split_once(" role=\"alert\">").unwrap();
        let (sentence, rest) = alert.split_once("</p>").unwrap();
        assert!(!rest.contains("role=\"alert\">"), "{path} {fields:?}: {page}");
        assert!(
            page.contains(&format!("id=\"{beside}-error\" role=\"alert\">")),
            "{path} {fields:?}: {page}"
        );
        assert_eq!(sentence, told, "{path} {fields:?}");
        for (name, value) in fields {
            let shown =
                value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
            if *name == "email" {
                assert!(page.contains(&format!("value=\"{shown}\"")), "{path} {fields:?}: {page}");
            } else if !value.is_empty() && *value != ANN && *name != "confirm" {
                assert!(!page.contains(&shown), "{path} {fields:?}: {page}");
            }
        }
    }
    assert_eq!(app.all_but_events().await, before, "{path} {fields:?}");
    app.expect_no_letter().await;
}

#[tokio::test]
async fn an_invalid_new_address_is_refused_beside_its_field() {
    let app = App::start().await;
    let ann = registered(&app, Door::Pages, ANN).await;
    for email in addresses::refused() {
        for path in ["/profile/email", "/forgot-password"] {
            is_refused(&app, &ann, path, &[("email", &email)], &refused("invalid_email", "email")).await;
        }
    }
    for email in [ANN, "ANN@Example.org", " ann@example.org "] {
        is_refused(&app, &ann, "/profile/email", &[("email", email)], &refused("same_email", "email")).await;
    }
    for path in ["/profile/email", "/forgot-password"] {
        is_refused(&app, &ann, path, &[], &refused("missing_field", "email")).await;
    }
}

#[tokio::test]
async fn an_invalid_new_password_is_refused_beside_its_field() {
    let app = App::start_unlimited().await;
    let ann = registered(&app, Door::Pages, ANN).await;
    let long = "otters ".repeat(150);
    let change = "/profile/password";
    for password in ["", "few otters", long.as_str(), ANN, "password1234"] {
        let fields = [("password", password), ("current_password", PASSWORD)];
        is_refused(&app, &ann, change, &fields, &refused("weak_password", "password")).await;
    }
    for current in ["", OTHER, long.as_str(), "three\0otters"] {
        let fields = [("password", "a wholly new one"), ("current_password", current)];
        is_refused(&app, &ann, change, &fields, &refused("wrong_password", "current_password")).await;
    }
    let fields = [("password", OTHER)];
    is_refused(&app, &ann, change, &fields, &refused("missing_field", "current_password")).await;
    let fields = [("current_password", PASSWORD)];
    is_refused(&app, &ann, change, &fields, &refused("missing_field", "password")).await;
    let invalid = Answer::refused(401, "invalid_credentials");
    for password in ["", OTHER, long.as_str(), "three\0otters"] {
        is_refused(&app, &ann, "/reauthenticate", &[("password", password)], &invalid).await;
    }
    is_refused(&app, &ann, "/reauthenticate", &[], &refused("missing_field", "password")).await;
}

#[tokio::test]
async fn a_deletion_without_the_right_word_is_refused_beside_its_field() {
    let app = App::start().await;
    let ann = registered(&app, Door::Pages, ANN).await;
    for word in ["", "yes", "delete me", "dеlete"] {
        let refusal = refused("confirmation_required", "confirm");
        is_refused(&app, &ann, "/profile/delete", &[("confirm", word)], &refusal).await;
    }
    is_refused(&app, &ann, "/profile/delete", &[], &refused("missing_field", "confirm")).await;
}

async fn other_peoples_requests_and_sessions_open_no_account(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    let mut bob = registered(&app, door, BOB).await;
    let (anns, _) = ann.sessions().await.pop().unwrap();
    assert_eq!(ann.change_email("new@example.org").await, Answer::Done);
    app.news_to(ANN).await;
    let letter = app.letter_to("new@example.org").await;
    bob.take_requests_of(&ann);
    let before = app.all_but_events().await;
    for id in [anns.as_str(), "nonsense", "x"] {
        assert_eq!(bob.end_session(id).await, Answer::refused(404, "not_found"), "{id}");
    }
    assert_eq!(bob.follow(&letter.link).await, Answer::refused(410, "invalid_link"));
    assert_eq!(bob.follow_deliberately(&letter.link).await, Answer::refused(410, "invalid_link"));
    assert_eq!(bob.type_code(&letter.code).await, Answer::refused(410, "invalid_request"));
    assert_eq!(app.all_but_events().await, before);
    // Ann's request does not belong to Bob, so requesting the same address starts one of Bob's own.
    assert_eq!(bob.change_email("new@example.org").await, Answer::Done);
    app.news_to(BOB).await;
    let bobs = app.letter_to("new@example.org").await;
    assert_ne!((&bobs.link, &bobs.code), (&letter.link, &letter.code));
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(bob.follow(&bobs.link).await, Answer::refused(410, "invalid_link"));
    assert_eq!(bob.who().await.as_deref(), Some(BOB));
}
