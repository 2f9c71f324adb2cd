//! The cookie of a known browser (SEC-44).

use std::time::Duration;

use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::ids::KnownId;
use gatepost::domain::record::known::KnownBrowser;
use gatepost::domain::token::KeyRing;
use gatepost::path::Scheme;
use gatepost::web::edge::cookies::{Cookie, Cookies};
use hyper::Method;

use super::{emails_of, emails_of_sign_in};
use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::http::Reply;
use crate::profile::{ANN, OTHER, PASSWORD, registered};

const NAME: &str = "gatepost_known";

fn given(reply: &Reply) -> Option<String> {
    let lines = reply.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap().to_owned());
    lines.rev().find(|line| line.starts_with(NAME))
}

/// What the browser keeps.
fn kept(caller: &Caller) -> String {
    caller.cookies.iter().find(|(name, _)| name == NAME).map(|(_, value)| value.clone()).unwrap_or_default()
}

fn with(caller: &Caller, value: &str) -> Caller {
    let mut caller = caller.clone();
    caller.cookies.retain(|(name, _)| name == "gatepost_visitor");
    caller.cookies.push((NAME.to_owned(), value.to_owned()));
    caller
}

/// A seal of another server about the same address.
fn foreign_seal() -> String {
    let ring = KeyRing::parse("gatepost-key-1 1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
    let address = ring.address_digest(&EmailAddress::parse(ANN).unwrap().canonical());
    let known = KnownBrowser { id: KnownId([1; 12]), address, standing: [2; 8] };
    ring.seal_known(&known).as_str().to_owned()
}

#[tokio::test]
async fn it_comes_with_every_new_session_and_lasts_a_year() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    let check = |ann: &Caller| {
        let line = given(ann.last.as_ref().unwrap()).unwrap();
        let (value, attributes) = line.split_once(';').unwrap();
        assert_eq!(value.len(), "gatepost_known=".len() + 66);
        assert_eq!(attributes, " Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax");
    };
    check(&ann);
    assert_eq!(ann.sign_in_with_password(ANN, PASSWORD).await, Answer::Done);
    check(&ann);
    assert_eq!(ann.change_password(OTHER, Some(PASSWORD)).await, Answer::Done);
    check(&ann);
    assert_eq!(ann.end_other_sessions().await, Answer::Done);
    check(&ann);
    let before = kept(&ann);
    for path in ["/", "/profile"] {
        assert_eq!(given(&ann.get(path).await), None, "{path}");
    }
    ann.sign_out().await;
    assert_eq!(given(ann.last.as_ref().unwrap()), None);
    assert_eq!(ann.sign_in_with_password(ANN, PASSWORD).await, Answer::refused(401, "invalid_credentials"));
    assert_eq!((given(ann.last.as_ref().unwrap()), kept(&ann)), (None, before));
    app.read_all().await;
}

#[tokio::test]
async fn over_https_its_name_keeps_other_hosts_from_planting_it() {
    let line = Cookies::new(Scheme::Https).set(Cookie::Known, "seal", Duration::from_hours(1));
    assert_eq!(line, "__Host-gatepost_known=seal; Max-Age=3600; Path=/; Secure; HttpOnly; SameSite=Lax");
}

#[tokio::test]
async fn the_api_gives_none() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Json, ANN).await;
    assert_eq!(ann.sign_in_with_password(ANN, PASSWORD).await, Answer::Done);
    assert_eq!(ann.last.unwrap().header("set-cookie"), None);
}

#[tokio::test]
async fn a_browser_keeps_the_same_id_when_it_signs_in_again() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    let before = kept(&ann);
    ann.sign_out().await;
    assert_eq!(ann.sign_in_with_password(ANN, PASSWORD).await, Answer::Done);
    assert_eq!(kept(&ann), before);
    // Its account stands in another epoch then, and only that differs.
    assert_eq!(ann.change_password(OTHER, Some(PASSWORD)).await, Answer::Done);
    let after = kept(&ann);
    assert_ne!(after, before);
    assert_eq!(after[..32], before[..32]);
    app.read_all().await;
}

#[tokio::test]
async fn a_browser_is_known_to_the_last_four_accounts() {
    let app = App::start().await;
    let emails = ["ann", "bob", "cat", "dan", "eve"].map(|name| format!("{name}@example.org"));
    let mut browser = app.caller(Door::Pages);
    for (index, email) in emails.iter().enumerate() {
        registered(&app, Door::Json, email).await;
        assert_eq!(emails_of_sign_in(&app, &mut browser, email, PASSWORD).await.len(), 1, "{email}");
        assert_eq!(kept(&browser).split('.').count(), (index + 1).min(4));
        browser.sign_out().await;
    }
    for email in &emails[1..] {
        let is_known = emails_of_sign_in(&app, &mut browser, email, PASSWORD).await.is_empty();
        assert!(is_known, "{email}");
        browser.sign_out().await;
    }
    assert_eq!(emails_of(&app, &mut browser).await.len(), 1);
}

#[tokio::test]
async fn a_forged_cookie_is_ignored_and_replaced() {
    let app = App::start().await;
    let ann = registered(&app, Door::Pages, ANN).await;
    let seal = kept(&ann);
    let mut flipped = seal.clone().into_bytes();
    flipped[20] = if flipped[20] == b'A' { b'B' } else { b'A' };
    let foreign = foreign_seal();
    let requests = ann.session();
    let behind_four = [&*foreign, &foreign, &foreign, &foreign, &seal].join(".");
    for forged in [
        String::from_utf8(flipped).unwrap(),
        seal[..65].to_owned(),
        format!("{seal}A"),
        "A".repeat(4_000),
        ".".repeat(4_000),
        foreign,
        requests,
        behind_four,
        "x".to_owned(),
    ] {
        // The limit of a day is not what keeps an email away.
        app.clock.advance(Duration::from_hours(24));
        let mut browser = with(&ann, &forged);
        assert_eq!(emails_of(&app, &mut browser).await.len(), 1, "{forged}");
        assert_eq!(kept(&browser).len(), 66, "{forged}");
        browser.sign_out().await;
        assert!(emails_of(&app, &mut browser).await.is_empty(), "{forged}");
    }
}

#[tokio::test]
async fn a_true_seal_counts_beside_false_ones() {
    let app = App::start().await;
    let ann = registered(&app, Door::Pages, ANN).await;
    let seal = kept(&ann);
    let mut browser = with(&ann, &format!("nonsense..{seal}.{seal}"));
    assert!(emails_of(&app, &mut browser).await.is_empty());
    assert_eq!(kept(&browser), seal);
}

/// We can't know which of the two is ours.
#[tokio::test]
async fn a_cookie_that_comes_twice_counts_as_absent() {
    let app = App::start().await;
    let ann = registered(&app, Door::Pages, ANN).await;
    let seal = kept(&ann);
    let mut browser = with(&ann, &seal);
    browser.cookies.push((NAME.to_owned(), seal));
    assert_eq!(emails_of(&app, &mut browser).await.len(), 1);
}

#[tokio::test]
async fn a_browser_with_only_this_cookie_keeps_cookies() {
    let app = App::start().await;
    let ann = registered(&app, Door::Pages, ANN).await;
    let mut browser = with(&ann, &kept(&ann));
    browser.cookies.retain(|(name, _)| name == NAME);
    let reply = browser.send(Method::GET, "/sign-in?cookies", &[], "").await;
    assert!(!reply.body.contains("Cookies are needed"), "{}", reply.body);
    assert!(!reply.body.contains("name=\"cookies\""), "{}", reply.body);
}
