//! In front of an app: the recipes of docs/in-front-of-an-app.md, with the programs they are for.

mod app;
mod caddy;
mod gate;
mod nginx;
mod program;

use hyper::{Method, StatusCode};

use self::app::told;
use self::gate::{Gate, Kind};
use crate::harness::caller::Answer;

const ANN: &str = "ann@example.org";

/// Runs each scenario behind both proxies, in the same words.
macro_rules! both_proxies {
    ($($scenario:ident),+ $(,)?) => {
        mod behind_nginx {
            $(#[tokio::test]
            async fn $scenario() {
                super::$scenario(super::Kind::Nginx).await;
            })+
        }
        mod behind_caddy {
            $(#[tokio::test]
            async fn $scenario() {
                super::$scenario(super::Kind::Caddy).await;
            })+
        }
    };
}

both_proxies! {
    who_is_signed_out_signs_in_and_is_back_at_the_very_page,
    who_came_from_nowhere_is_led_to_the_app,
    the_app_is_told_who_it_is,
    nobody_tells_the_app_who_he_is_himself,
    signed_out_means_refused_at_the_very_next_request,
    what_is_sent_to_the_app_arrives_whole,
    the_app_gets_every_cookie_but_the_session,
    a_script_of_the_app_is_refused_and_not_led_to_a_page,
    nothing_is_let_through_while_nobody_can_tell,
}

async fn who_is_signed_out_signs_in_and_is_back_at_the_very_page(kind: Kind) {
    let Some(gate) = Gate::start(kind).await else { return };
    let mut ann = gate.browser();
    for page in ["/app/x?a=1&b=2%20c", "/app/a%20b/?next=%2Fy&q=%26+%3D?", "/app/"] {
        ann.sign_out().await;
        let led = ann.get(page).await;
        assert_eq!(led.status, StatusCode::FOUND);
        let form = ann.get(led.header("location").unwrap()).await;
        assert_eq!(form.status, StatusCode::OK);
        let (_, next) = form.body.split_once("name=\"next\" value=\"").unwrap();
        let next = next.split_once('"').unwrap().0.replace("&amp;", "&");
        let email = format!("ann.{}@example.org", page.len());
        assert_eq!(ann.ask_for(&email, Some(&next)).await, Answer::Done);
        let link = gate.link_to(&email).await;
        assert_eq!(ann.look_at(&link).await, Answer::Done);
        assert_eq!(gate.app.seen(), Vec::<String>::new(), "the app is for nobody yet");
        assert_eq!(ann.follow(&link).await, Answer::Done);
        assert_eq!(ann.last.as_ref().unwrap().header("location"), Some(page));
        let shown = ann.get(page).await;
        assert_eq!(shown.status, StatusCode::OK);
        assert!(gate.app.seen()[0].starts_with(&format!("GET {page} HTTP/1.1\r\n")), "{}", shown.body);
    }
}

async fn who_came_from_nowhere_is_led_to_the_app(kind: Kind) {
    let Some(gate) = Gate::start(kind).await else { return };
    let mut ann = gate.signed_in(ANN).await;
    assert_eq!(ann.last.as_ref().unwrap().header("location"), Some("/app/"));
    assert_eq!(ann.get("/sign-in").await.header("location"), Some("/app/"));
    assert_eq!(ann.get("/app").await.header("location"), Some("/app/"));
}

async fn the_app_is_told_who_it_is(kind: Kind) {
    let Some(gate) = Gate::start(kind).await else { return };
    for email in ["Ann.Lee@example.org", "bob@xn--bcher-kva.example"] {
        let mut caller = gate.signed_in(email).await;
        assert_eq!(caller.get("/app/").await.status, StatusCode::OK);
        let seen = gate.app.seen().remove(0);
        assert_told(&seen, "remote_user", "Remote-User", &gate.account_of(&caller).await);
        assert_told(&seen, "remote_email", "Remote-Email", email);
        assert_told(&seen, "host", "Host", &format!("localhost:{}", gate.proxy.port()));
    }
}

/// Once, under the one right name.
fn assert_told(request: &str, variable: &str, name: &str, value: &str) {
    let told = told(request, variable);
    assert_eq!(told.len(), 1, "{told:?} in {request}");
    assert!(told[0].0.eq_ignore_ascii_case(name) && told[0].1 == value, "{told:?} in {request}");
}

async fn nobody_tells_the_app_who_he_is_himself(kind: Kind) {
    let Some(gate) = Gate::start(kind).await else { return };
    let (nobody, ann) = (gate.browser(), gate.signed_in(ANN).await);
    let id = gate.account_of(&ann).await;
    let forged = [
        &["Remote-User: mallory"][..],
        &["remote-user: mallory", "REMOTE-EMAIL: mallory@example.org"],
        &["Remote-User: mallory", "Remote-User: mallory"],
        &["Remote_User: mallory", "Remote.User: mallory", "remote_user: mallory"],
        &["Remote_Email: mallory", "Remote.Email: mallory", "REMOTE_EMAIL: mallory", "REMOTE_EMAIL: x"],
        &["Remote-User:", "Remote-Email:", "Remote_User:", "Remote.User:"],
        &["X-Forwarded-Uri: /", "X-Forwarded-Method: OPTIONS", "X-Original-URL: /healthz"],
        &["Authorization: Basic bWFsbG9yeTp4", "Remote-User: mallory"],
        // These belong to this hop alone, he says, and are not to be passed on.
        &["Connection: Remote-User, Remote-Email", "Remote_User: mallory"],
    ];
    for lines in forged {
        let refused = gate.say(&nobody, lines).await;
        assert!(refused.starts_with("HTTP/1.1 302 "), "{lines:?}: {refused}");
        assert_eq!(gate.app.seen(), Vec::<String>::new(), "{lines:?}");
        let passed = gate.say(&ann, lines).await;
        assert!(passed.starts_with("HTTP/1.1 200 "), "{lines:?}: {passed}");
        let seen = gate.app.seen().remove(0);
        assert_told(&seen, "remote_user", "Remote-User", &id);
        assert_told(&seen, "remote_email", "Remote-Email", ANN);
    }
}

async fn signed_out_means_refused_at_the_very_next_request(kind: Kind) {
    let Some(gate) = Gate::start(kind).await else { return };
    let mut ann = gate.signed_in(ANN).await;
    let mut copy = ann.clone();
    assert_eq!(copy.get("/app/").await.status, StatusCode::OK);
    assert_eq!(ann.sign_out().await, Answer::Done);
    gate.app.seen();
    assert_eq!(copy.get("/app/").await.status, StatusCode::FOUND);
    assert_eq!(ann.get("/app/").await.status, StatusCode::FOUND);
    assert_eq!(gate.app.seen(), Vec::<String>::new());
}

async fn what_is_sent_to_the_app_arrives_whole(kind: Kind) {
    let Some(gate) = Gate::start(kind).await else { return };
    // More than Gatepost takes for itself.
    let body = "0123456789".repeat(10_000);
    let headers = [("content-type", "text/plain")];
    let refused = gate.browser().send(Method::POST, "/app/notes", &headers, &body).await;
    assert_eq!(refused.status, StatusCode::FOUND);
    assert_eq!(gate.app.seen(), Vec::<String>::new());
    let mut ann = gate.signed_in(ANN).await;
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let answer = ann.send(method.clone(), "/app/notes", &headers, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let seen = gate.app.seen().remove(0);
        assert!(seen.starts_with(&format!("{method} /app/notes HTTP/1.1\r\n")), "{seen}");
        assert_eq!(seen.split_once("\r\n\r\n").unwrap().1, body);
    }
}

async fn the_app_gets_every_cookie_but_the_session(kind: Kind) {
    let Some(gate) = Gate::start(kind).await else { return };
    let ann = gate.signed_in(ANN).await;
    let session = ann.cookies.iter().find(|(name, _)| name == "gatepost_session").unwrap().clone();
    let own = |name: &str| (name.to_owned(), "dark".to_owned());
    for cookies in [
        vec![session.clone()],
        vec![session.clone(), own("theme")],
        vec![own("theme"), session.clone()],
        vec![own("a_gatepost_session"), own("b"), session.clone(), own("theme")],
    ] {
        let mut browser = gate.browser();
        browser.cookies.clone_from(&cookies);
        assert_eq!(browser.get("/app/").await.status, StatusCode::OK);
        let seen = gate.app.seen().remove(0);
        assert!(!seen.contains(&session.1), "{seen}");
        let arrived = told(&seen, "cookie").into_iter().map(|(_, value)| value).collect::<String>();
        let arrived: Vec<&str> = arrived.split(';').map(str::trim).filter(|pair| !pair.is_empty()).collect();
        let expected: Vec<String> = cookies
            .iter()
            .filter(|cookie| **cookie != session)
            .map(|(name, _)| format!("{name}=dark"))
            .collect();
        assert_eq!(arrived, expected);
    }
    // A cookie on a line of its own is none the less one.
    let mut browser = gate.browser();
    browser.cookies.push(own("theme"));
    let passed = gate.say(&browser, &[&format!("Cookie: gatepost_session={}", session.1)]).await;
    assert!(passed.starts_with("HTTP/1.1 200 ") && passed.contains("theme=dark"), "{passed}");
    assert!(!passed.contains(&session.1), "{passed}");
}

async fn a_script_of_the_app_is_refused_and_not_led_to_a_page(kind: Kind) {
    let Some(gate) = Gate::start(kind).await else { return };
    let fetched = [("sec-fetch-dest", "empty"), ("sec-fetch-mode", "cors")];
    let refused = gate.browser().send(Method::GET, "/app/data", &fetched, "").await;
    assert_eq!((refused.status, refused.header("location")), (StatusCode::UNAUTHORIZED, None));
    assert_eq!(gate.app.seen(), Vec::<String>::new());
    let mut ann = gate.signed_in(ANN).await;
    assert_eq!(ann.send(Method::GET, "/app/data", &fetched, "").await.status, StatusCode::OK);
}

async fn nothing_is_let_through_while_nobody_can_tell(kind: Kind) {
    let Some(mut gate) = Gate::start(kind).await else { return };
    let ann = gate.signed_in(ANN).await;
    gate.kill_gatepost();
    for browser in [gate.browser(), ann] {
        let answer = gate.say(&browser, &["Remote-User: mallory"]).await;
        assert!(answer.starts_with("HTTP/1.1 50"), "{answer}");
        assert_eq!(gate.app.seen(), Vec::<String>::new());
    }
}
