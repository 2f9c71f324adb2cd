//! Every action is at both doors, with the same refusals, and a stranger learns nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use gatepost::web::{api, pages};
use hyper::Method;

use crate::harness::app::{App, without_random_values};
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::harness::http::Reply;

both_doors! {
    known_and_unknown_addresses_get_the_same_response,
}

/// Paths that exist at one door only (DESIGN.md, section 7).
const PAGES_ONLY: [&str; 13] = [
    "/",
    "/register",
    "/sign-in",
    "/sign-in/password",
    "/unconfirmed",
    "/check-inbox",
    "/forgot-password",
    "/reauthenticate",
    "/mailbox/*",
    "/mailbox/*/html",
    "/assets/*",
    "/favicon.ico",
    "/.well-known/change-password",
];
const JSON_ONLY: [&str; 4] = ["/session", "/profile/sessions", "/openapi.json", "/docs"];

#[tokio::test]
async fn every_action_is_at_both_doors() {
    let app = App::start().await;
    let acts = |routes: &Routes, method: Method| -> BTreeSet<String> {
        routes.iter().filter(|(_, methods)| methods.contains(&method)).map(|(path, _)| path.clone()).collect()
    };
    let (pages, json) = (routes(&app, Door::Pages), routes(&app, Door::Json));
    assert_eq!(acts(&pages, Method::POST), acts(&json, Method::POST));
    let without = |paths: BTreeSet<String>, one_door: &[&str]| -> BTreeSet<String> {
        paths.into_iter().filter(|path| !one_door.contains(&path.as_str())).collect()
    };
    let of_pages = without(acts(&pages, Method::GET), &PAGES_ONLY);
    let of_json = without(acts(&json, Method::GET), &JSON_ONLY);
    assert_eq!(of_pages, of_json);
}

/// The same input as a form and as JSON is refused with the same status, code and field.
#[tokio::test]
async fn both_doors_refuse_bad_input_alike() {
    let app = App::start().await;
    let (mut browser, mut program) = (app.caller(Door::Pages), app.caller(Door::Json));
    for (path, form, json) in [
        ("/sign-in", "", "{}"),
        ("/sign-in", "email=", r#"{"email":""}"#),
        ("/sign-in", "email=ann", r#"{"email":"ann"}"#),
        ("/sign-in", "email=a&email=b", r#"{"email":"a","email":"b"}"#),
        ("/sign-in", "email=%ff", "\"text\""),
        ("/code", "code=12", r#"{"request":"x","code":"12"}"#),
        ("/code", "", r#"{"request":"x"}"#),
        ("/code", "code=123456&request=nonsense", r#"{"code":"123456","request":"nonsense"}"#),
        ("/resend", "request=nonsense", r#"{"request":"nonsense"}"#),
        ("/register", "", "{}"),
        ("/register", "email=ann%40example.org", r#"{"email":"ann@example.org"}"#),
        (
            "/register",
            "email=ann&password=three+quiet+otters",
            r#"{"email":"ann","password":"three quiet otters"}"#,
        ),
        ("/register", "email=ann%40example.org&password=", r#"{"email":"ann@example.org","password":""}"#),
        ("/register", "email=a&password=b&password=c", r#"{"email":"a","password":"b","password":"c"}"#),
        ("/sign-in/password", "", "{}"),
        ("/sign-in/password", "email=ann%40example.org", r#"{"email":"ann@example.org"}"#),
        ("/sign-in/password", "email=ann&password=x", r#"{"email":"ann","password":"x"}"#),
        (
            "/sign-in/password",
            "email=ann%40example.org&password=",
            r#"{"email":"ann@example.org","password":""}"#,
        ),
        ("/link/nonsense", "", "{}"),
        ("/link/nonsense", "confirm=yes", r#"{"confirm":"yes"}"#),
    ] {
        let of_page = refusal(&browser.post_form(path, form).await);
        let of_json = refusal(&program.post_json(path, json).await);
        assert_eq!(of_page, of_json, "{path} {form}");
        assert!((400..500).contains(&of_page.0));
    }
}

/// First the sign-in, then whether it is recent, then the input: no one else learns what is wrong with it.
#[tokio::test]
async fn both_doors_check_the_session_before_the_input() {
    let app = App::start().await;
    let (email, wait) = ("ann@example.org", Duration::from_mins(10));
    let mut seen = Vec::new();
    for door in [Door::Pages, Door::Json] {
        let signed_out = app.caller(door);
        let mut leaving = app.signed_in(door, email).await;
        let ended = leaving.clone();
        leaving.sign_out().await;
        app.clock.advance(wait);
        let stale = app.signed_in(door, email).await;
        app.clock.advance(wait);
        let recent = app.signed_in(door, email).await;
        let mut answers = Vec::new();
        for (mut caller, first) in [
            (signed_out, Some(Answer::refused(401, "sign_in_required"))),
            (ended, Some(Answer::refused(401, "sign_in_required"))),
            (stale, Some(Answer::refused(403, "recent_sign_in_required"))),
            (recent, None),
        ] {
            for (path, field) in BAD_INPUT {
                let fields: Vec<(&str, String)> =
                    field.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
                let answer = caller.act(path, &fields).await;
                if let Some(first) = first.as_ref().filter(|_| path.starts_with("/profile")) {
                    assert_eq!(answer, *first, "{path} {fields:?}");
                }
                answers.push((path, answer));
            }
        }
        seen.push(answers);
    }
    assert_eq!(seen[0], seen[1]);
    assert!(seen[0].iter().all(|(_, answer)| *answer != Answer::Done));
}

/// Each of these is refused for everyone, for one reason or another.
const BAD_INPUT: [(&str, Option<(&str, &str)>); 15] = [
    ("/profile/password", None),
    ("/profile/password", Some(("password", "short"))),
    ("/profile/email", None),
    ("/profile/email", Some(("email", "ann"))),
    ("/profile/email", Some(("email", "ann@example.org"))),
    ("/profile/notices", None),
    ("/profile/notices", Some(("new_device", "maybe"))),
    ("/profile/delete", None),
    ("/profile/delete", Some(("confirm", "yes"))),
    ("/profile/sessions/nonsense/end", None),
    ("/profile/sessions/9b1e6d2f4a8c0357b9d1f3e5a7c92846/end", None),
    ("/reauthenticate", None),
    ("/reauthenticate", Some(("password", "not mine at all"))),
    ("/forgot-password", None),
    ("/forgot-password", Some(("email", "ann"))),
];

/// No input causes a server error or shows a library's error message.
#[tokio::test]
async fn garbage_is_refused_with_our_own_sentences() {
    let app = App::start().await;
    let (mut browser, mut program) = (app.caller(Door::Pages), app.caller(Door::Json));
    let long = "a".repeat(15_000);
    let bodies = [
        "",
        "=",
        "&&&",
        "%",
        "%zz",
        "%00",
        "email",
        "email=%00",
        "email=\u{0}",
        "{",
        "[]",
        "null",
        "\u{feff}{}",
        r#"{"email":{}}"#,
        r#"{"email":1e400}"#,
        r#"{"code":[]}"#,
        r#"{"request":true,"code":null}"#,
        "{\"a\":\"\\ud800\"}",
        long.as_str(),
    ];
    for (path, _) in routes(&app, Door::Json).iter().filter(|(_, methods)| methods.contains(&Method::POST)) {
        let path = path.replace('*', "%F0%9F%94%91");
        for body in bodies {
            for reply in [browser.post_form(&path, body).await, program.post_json(&path, body).await] {
                assert!(reply.status.as_u16() < 500, "{path} {body:?}: {reply:?}");
                for word in ["serde", "poem", "panicked", "expected", "unwrap", "line 1"] {
                    assert!(!reply.body.contains(word), "{path} {body:?}: {reply:?}");
                }
            }
        }
    }
    app.expect_no_letter().await;
}

#[tokio::test]
async fn each_door_accepts_only_its_own_media_type() {
    let app = App::start().await;
    for door in [Door::Pages, Door::Json] {
        let mut caller = app.caller(door);
        let origin = format!("http://localhost:{}", app.server.port());
        let path = if door == Door::Json { "/api/sign-in" } else { "/sign-in" };
        for media_type in ["text/plain", "multipart/form-data; boundary=x", "application/xml", "x"] {
            let headers = [("content-type", media_type), ("origin", &origin)];
            let reply = caller.send(Method::POST, path, &headers, "email=ann@example.org").await;
            assert_eq!(refusal(&reply).1, "unsupported_media_type", "{media_type}");
        }
    }
    app.expect_no_letter().await;
}

async fn known_and_unknown_addresses_get_the_same_response(door: Door) {
    let app = App::start().await;
    app.signed_in(door, "known@example.org").await;
    app.clock.advance(Duration::from_mins(1));
    let mut answers = Vec::new();
    for email in ["known@example.org", "other@example.org"] {
        let mut stranger = app.caller(door);
        let mut seen = Vec::new();
        stranger.ask(email).await;
        seen.push(without_random_values(stranger.last.as_ref().unwrap()));
        if door == Door::Pages {
            let waiting = stranger.get("/check-inbox").await;
            seen.push(without_random_values(&waiting).replace(email, "…"));
        }
        let letter = app.letter_to(email).await;
        stranger.type_code(&letter.wrong_code()).await;
        seen.push(without_random_values(stranger.last.as_ref().unwrap()).replace(email, "…"));
        stranger.resend().await;
        seen.push(without_random_values(stranger.last.as_ref().unwrap()).replace(email, "…"));
        // The email may name the address, but must not reveal whether it had an account before.
        seen.push(letter.text.replace(email, "…").replace(&letter.link, "…").replace(&letter.code, "…"));
        answers.push(seen);
    }
    assert_eq!(answers[0], answers[1]);
}

/// The paths of the pages with their methods. A star stands for a variable part.
type Routes = Vec<(String, Vec<Method>)>;

fn routes(app: &App, door: Door) -> Routes {
    let routes = match door {
        Door::Pages => pages::methods(&app.house),
        Door::Json => api::paths(),
    };
    let plain = |path: &str| {
        let parts = path.strip_prefix("/api").unwrap_or(path).split('/');
        let parts: Vec<&str> = parts.map(|part| if part.starts_with('{') { "*" } else { part }).collect();
        parts.join("/")
    };
    routes.into_iter().map(|(path, methods)| (plain(&path), methods)).collect()
}

/// Status, code and field of a refusal, from a page or from JSON.
fn refusal(reply: &Reply) -> (u16, String, Option<String>) {
    let status = reply.status.as_u16();
    if reply.header("content-type") == Some("application/problem+json") {
        let problem = reply.json();
        let text = |name: &str| problem[name].as_str().map(str::to_owned);
        return (status, text("code").unwrap(), text("field"));
    }
    let text = |name: &str| reply.header(name).map(str::to_owned);
    (status, text("x-problem").unwrap_or_else(|| panic!("no code in {reply:?}")), text("x-problem-field"))
}
