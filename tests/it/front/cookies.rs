//! The cookie of an app's host, and the token that brings it there.

use std::time::Duration;

use gatepost::domain::Settings;
use hyper::{Method, StatusCode};

use super::browser::{Browser, opening};
use super::{ANN, BOB, GIT, TWO, WIKI, in_front_of, put_in_front};
use crate::harness::http::Reply;

/// The address that brings a sign-in to the wiki, for this browser.
async fn callback(browser: &mut Browser) -> String {
    let reply = browser.send(Method::GET, &format!("{WIKI}/page"), &opening("none")).await;
    let enter = browser.send(Method::GET, &reply.leads_to().unwrap(), &opening("none")).await;
    let place = enter.leads_to().unwrap();
    assert!(place.starts_with(&format!("{WIKI}/.gatepost/callback?token=")) && place.len() < 4096, "{place}");
    place
}

async fn come(browser: &mut Browser, place: &str) -> Reply {
    browser.send(Method::GET, place, &opening("cross-site")).await
}

fn sets_cookie(reply: &Reply) -> bool {
    reply.headers.get_all("set-cookie").iter().any(|line| line.to_str().unwrap().contains("gatepost_app"))
}

#[tokio::test]
async fn the_cookie_of_one_host_opens_no_other_and_cannot_be_changed() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::signed_in(&app, ANN).await;
    browser.passes(&format!("{WIKI}/")).await;
    let name = "__Host-gatepost_app";
    let pass = browser.cookie("wiki.example.org", "gatepost_app").unwrap();
    assert_eq!(browser.status(&format!("{WIKI}/")).await, 204);
    let mut flipped = pass.clone().into_bytes();
    let middle = flipped.len() / 2;
    flipped[middle] = if flipped[middle] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).unwrap();
    let session = browser.own.session();
    for (url, cookies) in [
        (GIT, format!("{name}={pass}")),
        (WIKI, format!("{name}={session}")),
        (WIKI, format!("{name}={flipped}")),
        (WIKI, format!("{name}={pass}; {name}={pass}")),
        (WIKI, format!("gatepost_app={pass}")),
        (WIKI, format!("{name}={pass}A")),
        (WIKI, format!("__Host-gatepost_session={session}")),
        (WIKI, format!("gatepost_session={session}")),
        (WIKI, format!("{name}=")),
    ] {
        let mut other = Browser::new(&app);
        let headers = [("cookie", cookies.as_str()), ("accept", "*/*")];
        assert_eq!(
            other.send(Method::GET, &format!("{url}/"), &headers).await.status,
            401,
            "{url} {cookies}"
        );
    }
    // Nor does it open anything of ours.
    let line = format!("gatepost_session={pass}");
    let own = browser.own.send(Method::GET, "/forward-auth", &[("cookie", &line)], "").await;
    assert_eq!(own.status, 401);
}

#[tokio::test]
async fn both_cookies_have_every_attribute_and_end_with_what_they_are_for() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::signed_in(&app, ANN).await;
    let first = browser.send(Method::GET, &format!("{WIKI}/page"), &opening("none")).await;
    let line = first.header("set-cookie").unwrap();
    assert!(line.starts_with("__Host-gatepost_browser=") && line.contains("; Max-Age=3600;"), "{line}");
    assert!(line.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax") && !line.contains("Domain"), "{line}");
    // It is given once.
    let again = browser.send(Method::GET, &format!("{WIKI}/page"), &opening("none")).await;
    assert_eq!(again.header("set-cookie"), None);
    app.clock.advance(Duration::from_hours(24));
    let place = callback(&mut browser).await;
    let arrived = come(&mut browser, &place).await;
    let line = arrived.header("set-cookie").unwrap();
    let days = 29 * 24 * 60 * 60;
    assert!(
        line.starts_with("__Host-gatepost_app=") && line.contains(&format!("; Max-Age={days};")),
        "{line}"
    );
    assert_eq!(arrived.header("location"), Some("/page"));
}

#[tokio::test]
async fn the_same_browser_gets_the_same_answer_and_another_one_spends_the_token() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::signed_in(&app, ANN).await;
    let place = callback(&mut browser).await;
    let first = come(&mut browser, &place).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    for _ in 0..3 {
        let again = come(&mut browser, &place).await;
        assert_eq!((again.status, again.header("location")), (first.status, Some("/page")));
    }
    // Looking at its head, as a scanner does, spends nothing.
    let mut other = Browser::new(&app);
    let head = other.send(Method::HEAD, &place, &opening("cross-site")).await;
    assert_eq!((head.status, sets_cookie(&head)), (StatusCode::GONE, false));
    assert!(sets_cookie(&come(&mut browser, &place).await));
    let stolen = come(&mut other, &place).await;
    assert_eq!((stolen.status, sets_cookie(&stolen)), (StatusCode::GONE, false));
    // In its own browser it no longer brings a cookie. Someone who is signed in already is led on.
    browser.jars.get_mut("wiki.example.org").unwrap().retain(|(name, _)| !name.ends_with("_app"));
    let spent = come(&mut browser, &place).await;
    assert_eq!((spent.status, sets_cookie(&spent)), (StatusCode::GONE, false));
    assert!(spent.body.contains("/.gatepost/start?next=%2Fpage"), "{}", spent.body);
    browser.passes(&format!("{WIKI}/page")).await;
    let back = come(&mut browser, &place).await;
    assert_eq!(
        (back.status, back.header("location"), sets_cookie(&back)),
        (StatusCode::SEE_OTHER, Some("/page"), false)
    );
}

#[tokio::test]
async fn a_token_ends_with_its_minute_its_session_and_its_host() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::signed_in(&app, ANN).await;
    let place = callback(&mut browser).await;
    app.clock.advance(Duration::from_secs(61));
    assert_eq!(come(&mut browser, &place).await.status, StatusCode::GONE);
    let place = callback(&mut browser).await;
    let elsewhere = place.replace(WIKI, GIT);
    let secret = browser.jars["wiki.example.org"].clone();
    browser.jars.insert("git.example.net".into(), secret);
    let reply = come(&mut browser, &elsewhere).await;
    assert_eq!((reply.status, sets_cookie(&reply)), (StatusCode::GONE, false));
    assert_eq!(come(&mut browser, &place).await.status, StatusCode::GONE, "another host has spent it");
    let place = callback(&mut browser).await;
    browser.own.sign_out().await;
    assert_eq!(come(&mut browser, &place).await.status, StatusCode::GONE);
    for odd in ["?token=", "", "?token=AAAA", "?token=a&token=b"] {
        let reply = come(&mut browser, &format!("{WIKI}/.gatepost/callback{odd}")).await;
        assert_eq!(reply.status, StatusCode::GONE, "{odd}");
    }
}

#[tokio::test]
async fn a_token_of_an_earlier_run_is_refused_and_the_cookie_is_not() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::signed_in(&app, ANN).await;
    browser.passes(&format!("{WIKI}/")).await;
    let mut other = browser.clone();
    other.jars.clear();
    let place = callback(&mut other).await;
    let app = app.restarted_as(Settings::default()).await;
    put_in_front(&app, TWO);
    for one in [&mut browser, &mut other] {
        one.own = one.own.clone().at(app.server);
    }
    assert_eq!(come(&mut other, &place).await.status, StatusCode::GONE);
    assert_eq!(browser.status(&format!("{WIKI}/")).await, 204);
}

#[tokio::test]
async fn of_many_at_once_only_the_right_browser_arrives() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::signed_in(&app, ANN).await;
    let place = callback(&mut browser).await;
    let come_at_once = |browser: Browser, count: usize| {
        let place = place.clone();
        let all = (0..count).map(move |_| {
            let (mut browser, place) = (browser.clone(), place.clone());
            tokio::spawn(async move { come(&mut browser, &place).await })
        });
        futures_util::future::join_all(all.collect::<Vec<_>>())
    };
    for reply in come_at_once(browser.clone(), 50).await {
        let reply = reply.unwrap();
        assert_eq!(
            (reply.status, reply.header("location"), sets_cookie(&reply)),
            (StatusCode::SEE_OTHER, Some("/page"), true)
        );
    }
    for reply in come_at_once(Browser::new(&app), 20).await {
        let reply = reply.unwrap();
        assert_eq!((reply.status, sets_cookie(&reply)), (StatusCode::GONE, false));
    }
}

#[tokio::test]
async fn a_victim_who_opens_an_attackers_address_is_not_signed_in_as_the_attacker() {
    let app = in_front_of(TWO).await;
    let mut attacker = Browser::signed_in(&app, BOB).await;
    let place = callback(&mut attacker).await;
    let mut victim = Browser::new(&app);
    let reply = come(&mut victim, &place).await;
    assert_eq!((reply.status, sets_cookie(&reply)), (StatusCode::GONE, false));
    // Nor with a ticket of the attacker: neither of them is signed in as the other.
    let mut victim = Browser::signed_in(&app, ANN).await;
    victim.passes(&format!("{GIT}/")).await;
    let ticket =
        attacker.send(Method::GET, &format!("{WIKI}/page"), &opening("none")).await.leads_to().unwrap();
    let (end, reply) = victim.open(&ticket, "cross-site").await;
    assert!(end.starts_with(&format!("{WIKI}/.gatepost/callback?token=")), "{end}");
    assert_eq!((reply.status, sets_cookie(&reply)), (StatusCode::GONE, false));
    let taken = come(&mut attacker, &end).await;
    assert_eq!(
        (taken.status, sets_cookie(&taken)),
        (StatusCode::GONE, false),
        "the victim's browser has spent it"
    );
}

#[tokio::test]
async fn pictures_and_scripts_of_other_sites_bring_no_cookie() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::signed_in(&app, ANN).await;
    let picture =
        [("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image"), ("sec-fetch-site", "cross-site")];
    let start = browser.send(Method::GET, &format!("{WIKI}/.gatepost/start"), &picture).await;
    assert_eq!(start.header("set-cookie"), None);
    let place = callback(&mut browser).await;
    let reply = browser.send(Method::GET, &place, &picture).await;
    assert_eq!((reply.status, reply.header("set-cookie")), (StatusCode::GONE, None));
    assert!(sets_cookie(&come(&mut browser, &place).await), "nothing is spent by it");
}
