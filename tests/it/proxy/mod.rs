//! The proxies of the documents, run by nginx and Caddy. The scenarios here use the recipes in
//! docs/in-front-of-an-app.md.

mod addresses;
pub(crate) mod app;
pub(crate) mod caddy;
pub(crate) mod gate;
mod nginx;
pub(crate) mod program;
mod readme;

use std::time::Duration;

use hyper::{Method, StatusCode};
use tokio::time::timeout;

use self::app::headers_for;
use self::gate::{Gate, Kind};
use crate::harness::caller::Answer;

const ANN: &str = "ann@example.org";

/// Runs each scenario behind both proxies.
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
    signing_in_leads_back_to_the_page_that_was_requested,
    signing_in_without_next_leads_to_the_app,
    the_longest_next_comes_through_the_proxy,
    the_app_gets_the_account_of_every_request,
    a_client_cannot_choose_its_account,
    signing_out_takes_effect_with_the_next_request,
    request_bodies_reach_the_app_complete,
    a_check_that_repeats_the_length_of_a_body_is_answered_at_once,
    the_app_gets_every_cookie_except_gateposts,
    a_signed_out_script_of_the_app_gets_401_and_no_sign_in_page,
    every_request_is_blocked_while_gatepost_is_down,
}

async fn signing_in_leads_back_to_the_page_that_was_requested(kind: Kind) {
    let Some(gate) = Gate::start(kind).await else { return };
    let mut ann = gate.browser();
    for page in ["/app/x?a=1&b=2%20c", "/app/a%20b/?next=%2Fy&q=%26+%3D?", "/app/"] {
        ann.sign_out().await;
        let redirect = ann.get(page).await;
        assert_eq!(redirect.status, StatusCode::FOUND);
        let form = ann.get(redirect.header("location").unwrap()).await;
        assert_eq!(form.status, StatusCode::OK);
        let (_, next) = form.body.split_once("name=\"next\" value=\"").unwrap();
        let next = next.split_once('"').unwrap().0.replace("&amp;", "&");
        let email = format!("ann.{}@example.org", page.len());
        assert_eq!(ann.ask_for(&email, Some(&next)).await, Answer::Done);
        let link = gate.link_to(&email).await;
        assert_eq!(ann.look_at(&link).await, Answer::Done);
        assert_eq!(gate.app.seen(), Vec::<String>::new(), "nothing reaches the app before sign-in");
        assert_eq!(ann.follow(&link).await, Answer::Done);
        assert_eq!(ann.leads_to().as_deref(), Some(page));
        let shown = ann.get(page).await;
        assert_eq!(shown.status, StatusCode::OK);
        assert!(gate.app.seen()[0].starts_with(&format!("GET {page} HTTP/1.1\r\n")), "{}", shown.body);
    }
}

async fn signing_in_without_next_leads_to_the_app(kind: Kind) {
    let Some(gate) = Gate::start(kind).await else { return };
    let mut ann = gate.signed_in(ANN).await;
    assert_eq!(ann.leads_to().as_deref(), Some("/app/"));
    assert_eq!(ann.get("/sign-in").await.header("location"), Some("/app/"));
    assert_eq!(ann.get("/app").await.header("location"), Some("/app/"));
}

/// A proxy has a limit for the head of a response, and percent-encoding makes a path up to three times as long.
async fn the_longest_next_comes_through_the_proxy(kind: Kind) {
    let Some(gate) = Gate::start(kind).await else { return };
    let mut ann = gate.signed_in(ANN).await;
    let (next, encoded) = (format!("/app/{}", "ü".repeat(1021)), format!("/app/{}", "%C3%BC".repeat(1021)));
    assert_eq!(next.len(), 2047);
    let led = ann.get(&format!("/sign-in?next={encoded}")).await;
    // As it came, in a query that begins with it: longer than a path can be.
    assert_eq!(led.header("location"), Some("/app/"));
    let query: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    let led = ann.get(&format!("/sign-in?next={query}")).await;
    assert_eq!((led.status, led.header("location")), (StatusCode::SEE_OTHER, Some(encoded.as_str())));
}

async fn the_app_gets_the_account_of_every_request(kind: Kind) {
    let Some(gate) = Gate::start(kind).await else { return };
    for email in ["Ann.Lee@example.org", "bob@xn--bcher-kva.example"] {
        let mut caller = gate.signed_in(email).await;
        assert_eq!(caller.get("/app/").await.status, StatusCode::OK);
        let seen = gate.app.seen().remove(0);
        assert_only_header(&seen, "remote_user", "Remote-User", &gate.account_of(&caller).await);
        assert_only_header(&seen, "remote_email", "Remote-Email", email);
        assert_only_header(&seen, "host", "Host", &format!("localhost:{}", gate.proxy.port()));
    }
}

/// The header is there exactly once, under its right name.
fn assert_only_header(request: &str, variable: &str, name: &str, value: &str) {
    let found = headers_for(request, variable);
    assert_eq!(found.len(), 1, "{found:?} in {request}");
    assert!(found[0].0.eq_ignore_ascii_case(name) && found[0].1 == value, "{found:?} in {request}");
}

async fn a_client_cannot_choose_its_account(kind: Kind) {
    let Some(gate) = Gate::start(kind).await else { return };
    let (stranger, ann) = (gate.browser(), gate.signed_in(ANN).await);
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
        // Claims that these headers are only for this hop, so that the proxy would drop them.
        &["Connection: Remote-User, Remote-Email", "Remote_User: mallory"],
    ];
    for lines in forged {
        let refused = gate.say(&stranger, lines).await;
        assert!(refused.starts_with("HTTP/1.1 302 "), "{lines:?}: {refused}");
        assert_eq!(gate.app.seen(), Vec::<String>::new(), "{lines:?}");
        let passed = gate.say(&ann, lines).await;
        assert!(passed.starts_with("HTTP/1.1 200 "), "{lines:?}: {passed}");
        let seen = gate.app.seen().remove(0);
        assert_only_header(&seen, "remote_user", "Remote-User", &id);
        assert_only_header(&seen, "remote_email", "Remote-Email", ANN);
    }
}

async fn signing_out_takes_effect_with_the_next_request(kind: Kind) {
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

async fn request_bodies_reach_the_app_complete(kind: Kind) {
    let Some(gate) = Gate::start(kind).await else { return };
    // Larger than Gatepost accepts for its own pages.
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

/// Half of the time that Gatepost waits for a body.
const AT_ONCE: Duration = Duration::from_secs(10);

/// A proxy asks about a POST with its head, without its body. The recipe for nginx removes the length, but not
/// everyone copies that line.
async fn a_check_that_repeats_the_length_of_a_body_is_answered_at_once(kind: Kind) {
    let changes: &[(&str, &str)] = match kind {
        Kind::Nginx => &[("        proxy_set_header Content-Length \"\";\n", "")],
        Kind::Caddy => &[(
            "uri /forward-auth\n",
            "uri /forward-auth\nheader_up Content-Length {header.Content-Length}\n",
        )],
    };
    let Some(gate) = Gate::start_with(kind, changes).await else { return };
    let mut ann = gate.signed_in(ANN).await;
    // More than Gatepost would accept as a body of its own, and less.
    for body in ["x".repeat(100_000), "x".repeat(10)] {
        let headers = [("content-type", "text/plain")];
        let refused = gate.browser().send(Method::POST, "/app/notes", &headers, &body).await;
        assert_eq!(refused.status, StatusCode::FOUND);
        let answer = timeout(AT_ONCE, ann.send(Method::POST, "/app/notes", &headers, &body)).await;
        assert_eq!(answer.expect("the check waits for a body").status, StatusCode::OK);
        assert_eq!(gate.app.seen().remove(0).split_once("\r\n\r\n").unwrap().1, body);
    }
}

async fn the_app_gets_every_cookie_except_gateposts(kind: Kind) {
    let Some(gate) = Gate::start(kind).await else { return };
    let (ann, mut bob) = (gate.signed_in(ANN).await, gate.browser());
    assert_eq!(bob.ask("bob@example.org").await, Answer::Done);
    let given = [ann.cookies, bob.cookies].concat();
    let ours: Vec<_> = ["session", "known", "request", "visitor", "notice"]
        .map(|name| {
            let name = format!("gatepost_{name}");
            let given = given.iter().find(|(given, _)| *given == name).cloned();
            given.unwrap_or((name, "a-secret".to_owned()))
        })
        .into();
    assert!(given.iter().all(|(given, _)| ours.iter().any(|(name, _)| name == given)), "{given:?}");
    assert!(given.len() >= 3, "{given:?}");
    let session = ours[0].clone();
    let own = |name: &str| (name.to_owned(), "dark".to_owned());
    let apart = ours.iter().flat_map(|one| [own("a"), one.clone(), own("b")]).collect();
    let named_alike = ["a_gatepost_session", "x-gatepost_known", "gatepost", "session"].map(own).into();
    for cookies in [
        vec![session.clone()],
        vec![session.clone(), own("theme")],
        vec![own("theme"), session.clone()],
        vec![own("before"), session.clone(), own("after")],
        ours.clone(),
        [&[own("before")], &ours[..]].concat(),
        [&ours[..], &[own("after")]].concat(),
        ours.iter().rev().cloned().collect(),
        apart,
        [named_alike, ours.clone()].concat(),
        [session.clone(), ("value".to_owned(), "gatepost_known=1".to_owned()), ours[1].clone()].into(),
    ] {
        let mut browser = gate.browser();
        browser.cookies.clone_from(&cookies);
        assert_eq!(browser.get("/app/").await.status, StatusCode::OK);
        let seen = gate.app.seen().remove(0);
        let expected = cookies.iter().filter(|cookie| !ours.contains(cookie));
        let expected: Vec<String> = expected.map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(cookies_in(&seen), expected, "{cookies:?}");
    }
    assert_no_way_around(&gate, &ours).await;
}

/// The cookies of a request that reached the app.
fn cookies_in(request: &str) -> Vec<String> {
    let headers = headers_for(request, "cookie").into_iter();
    let pairs = headers.flat_map(|(_, value)| value.split(';').map(str::to_owned).collect::<Vec<_>>());
    pairs.map(|pair| pair.trim().to_owned()).filter(|pair| !pair.is_empty()).collect()
}

/// However the cookies are written, none of ours gets through. The session comes once and as browsers write it,
/// or the request would not reach the app.
async fn assert_no_way_around(gate: &Gate, ours: &[(String, String)]) {
    let [session, known] = [0, 1].map(|at| format!("{}={}", ours[at].0, ours[at].1));
    let many: Vec<String> = (0..9).map(|number| format!("gatepost_{number}=a-secret")).collect();
    for lines in [
        &[&*format!("Cookie: {session}")][..],
        &[&format!("Cookie: {session}"), &format!("Cookie: {known}")],
        &[&format!("Cookie: {known}"), "Cookie: theme2=dark", &format!("Cookie: {session}")],
        &[&format!("cookie: {session};{known};  {known};\t{known}")],
        &[&format!("Cookie: {};{session}", many.join("; "))],
        &[&format!("Cookie: {session}; {}; {known}", many.join("; "))],
    ] {
        let mut browser = gate.browser();
        browser.cookies.push(("theme".to_owned(), "dark".to_owned()));
        let passed = gate.say(&browser, lines).await;
        assert!(passed.starts_with("HTTP/1.1 200 "), "{lines:?}: {passed}");
        let seen = gate.app.seen().remove(0);
        assert!(!ours.iter().any(|(_, value)| seen.contains(value)), "{lines:?}: {seen}");
        assert!(!seen.contains("a-secret"), "{lines:?}: {seen}");
    }
}

async fn a_signed_out_script_of_the_app_gets_401_and_no_sign_in_page(kind: Kind) {
    let Some(gate) = Gate::start(kind).await else { return };
    let fetched = [("sec-fetch-dest", "empty"), ("sec-fetch-mode", "cors")];
    let refused = gate.browser().send(Method::GET, "/app/data", &fetched, "").await;
    assert_eq!((refused.status, refused.header("location")), (StatusCode::UNAUTHORIZED, None));
    assert_eq!(gate.app.seen(), Vec::<String>::new());
    let mut ann = gate.signed_in(ANN).await;
    assert_eq!(ann.send(Method::GET, "/app/data", &fetched, "").await.status, StatusCode::OK);
}

async fn every_request_is_blocked_while_gatepost_is_down(kind: Kind) {
    let Some(mut gate) = Gate::start(kind).await else { return };
    let ann = gate.signed_in(ANN).await;
    gate.kill_gatepost();
    for browser in [gate.browser(), ann] {
        let answer = gate.say(&browser, &["Remote-User: mallory"]).await;
        assert!(answer.starts_with("HTTP/1.1 50"), "{answer}");
        assert_eq!(gate.app.seen(), Vec::<String>::new());
    }
}
