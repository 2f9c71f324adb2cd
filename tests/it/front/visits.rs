//! Coming to an app: the first time, the second app, and everything that can be in the way.

use std::time::Duration;

use hyper::{Method, StatusCode};

use super::browser::{Browser, HTML, joined, next_of, opening};
use super::{ANN, BOB, GIT, PASSWORD, TWO, WIKI, in_front_of, put_in_front};
use crate::harness::caller::Answer;

#[tokio::test]
async fn a_first_visit_leads_through_the_sign_in_to_the_page_that_was_wanted() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::new(&app);
    let wanted = format!("{WIKI}/page?a=1&b=%2F");
    let (page, reply) = browser.open(&wanted, "none").await;
    assert!(page.contains("/sign-in?next=%2Fenter%3Fticket%3D"), "{page}");
    assert_eq!(reply.status, StatusCode::OK);
    browser.opened.clear();
    let (end, reply) = browser.sign_in(&app, &page, ANN).await;
    assert_eq!((end.as_str(), reply.status), (wanted.as_str(), StatusCode::NO_CONTENT), "{reply:?}");
    assert_eq!(reply.header("remote-email"), Some(ANN));
    assert_eq!(browser.opened.len(), 3, "three steps besides the sign-in: {:?}", browser.opened);
    // From then on, nothing but the check.
    browser.opened.clear();
    assert_eq!(browser.passes(&format!("{WIKI}/other")).await.0, ANN);
    assert_eq!(browser.opened.len(), 1);
}

#[tokio::test]
async fn the_code_from_the_email_and_a_password_lead_there_too() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::new(&app);
    let (page, _) = browser.open(WIKI, "none").await;
    browser.own.ask_for(ANN, next_of(&page).as_deref()).await;
    let code = app.letter_to(ANN).await.code;
    browser.own.type_code(&code).await;
    let place = joined(&page, &browser.own.leads_to().unwrap());
    let (end, reply) = browser.open(&place, "same-origin").await;
    assert_eq!((end, reply.status), (format!("{WIKI}/"), StatusCode::NO_CONTENT));
    let mut other = Browser::new(&app);
    assert_eq!(browser.own.change_password(PASSWORD, None).await, Answer::Done);
    app.news_to(ANN).await;
    let (page, _) = other.open(GIT, "none").await;
    let next = next_of(&page).unwrap();
    let fields = [("email", ANN.to_owned()), ("password", PASSWORD.to_owned()), ("next", next)];
    assert_eq!(other.own.act("/sign-in/password", &fields).await, Answer::Done);
    let place = joined(&page, &other.own.leads_to().unwrap());
    assert_eq!(other.open(&place, "same-origin").await.0, format!("{GIT}/"));
}

#[tokio::test]
async fn a_second_app_needs_three_redirects_and_no_page() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::signed_in(&app, ANN).await;
    browser.passes(&format!("{WIKI}/")).await;
    browser.opened.clear();
    browser.passes(&format!("{GIT}/repository")).await;
    assert_eq!(browser.opened.len(), 4, "three redirects, then the app: {:?}", browser.opened);
    let page = browser.send(Method::GET, &format!("{GIT}/"), &opening("none")).await;
    assert_eq!(page.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn the_page_in_between_is_shown_only_where_a_form_may_have_led_there() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::signed_in(&app, ANN).await;
    let reply = browser.send(Method::GET, &format!("{WIKI}/"), &opening("none")).await;
    let place = reply.leads_to().unwrap();
    for (site, status) in [("none", 303), ("same-site", 303), ("cross-site", 303), ("same-origin", 200)] {
        let reply = browser.send(Method::GET, &place, &opening(site)).await;
        assert_eq!(reply.status.as_u16(), status, "{site}");
        assert!(reply.leads_to().unwrap().starts_with(&format!("{WIKI}/.gatepost/callback?token=")));
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
    }
    let reply = browser.send(Method::GET, &place, &[("accept", HTML)]).await;
    assert_eq!(reply.status, StatusCode::OK);
    let policy = reply.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self';"), "{policy}");
    assert!(reply.body.contains("Going on to Wiki") && !reply.body.contains("<script"), "{}", reply.body);
}

#[tokio::test]
async fn a_browser_without_cookies_ends_on_a_page_and_not_in_circles() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::signed_in(&app, ANN).await;
    browser.keeps = false;
    let (end, reply) = browser.open(&format!("{WIKI}/page"), "none").await;
    assert!(end.starts_with(&format!("{WIKI}/.gatepost/callback")), "{end}");
    assert_eq!(reply.status, StatusCode::GONE);
    assert!(reply.body.contains("/.gatepost/start?next=%2Fpage"), "{}", reply.body);
    assert_eq!(browser.opened.len(), 3, "at most one round");
}

#[tokio::test]
async fn ten_tabs_share_one_secret_and_all_of_them_arrive() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::new(&app);
    let mut pages = Vec::new();
    for tab in 0..10 {
        pages.push(browser.open(&format!("{WIKI}/{tab}"), "none").await.0);
        // One of them asks again and again.
        assert_eq!(browser.status(&format!("{WIKI}/poll")).await, 401);
    }
    let (end, _) = browser.sign_in(&app, &pages[3], ANN).await;
    assert_eq!(end, format!("{WIKI}/3"));
    for (tab, page) in pages.iter().enumerate() {
        // Reloading a page that waits for the sign-in goes on to the app.
        assert_eq!(browser.open(page, "none").await.0, format!("{WIKI}/{tab}"));
    }
}

#[tokio::test]
async fn someone_else_can_sign_in_and_end_on_the_page() {
    let app = in_front_of(&TWO.replace("\"*\"", "\"bob@example.net\"")).await;
    let mut browser = Browser::signed_in(&app, ANN).await;
    let (end, reply) = browser.open(&format!("{WIKI}/page"), "none").await;
    assert!(end.contains("/enter?ticket="), "{end}");
    assert_eq!((reply.status, reply.header("x-problem")), (StatusCode::FORBIDDEN, Some("not_allowed")));
    assert!(reply.body.contains("ann@example.org may not open wiki.example.org"), "{}", reply.body);
    let (_, next) = reply.body.split_once("name=\"next\" value=\"").unwrap();
    let next = next.split('"').next().unwrap().to_owned();
    browser.own.act("/sign-out", &[("next", next.clone())]).await;
    assert_eq!(browser.own.leads_to().as_deref(), Some(next.as_str()));
    let (end, reply) = browser.sign_in(&app, &joined(&end, &next), BOB).await;
    assert_eq!((end, reply.header("remote-email")), (format!("{WIKI}/page"), Some(BOB)));
}

#[tokio::test]
async fn a_long_path_arrives_whole_on_every_way_and_a_longer_one_at_the_start() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::new(&app);
    let long = format!("{WIKI}/{}", "x".repeat(2047));
    let (page, _) = browser.open(&long, "none").await;
    assert!(page.len() < 4096);
    assert_eq!(browser.sign_in(&app, &page, ANN).await.0, long);
    let mut browser = Browser::signed_in(&app, ANN).await;
    let (end, _) = browser.open(&format!("{long}x"), "none").await;
    assert_eq!(end, format!("{WIKI}/"));
    // Anything else that is so long counts as nothing that anyone is led to, and is not kept.
    let forged = format!("/enter?ticket={}", "A".repeat(3000));
    let mut stranger = Browser::new(&app);
    stranger.own.ask_for(BOB, Some(&forged)).await;
    stranger.own.follow(&app.letter_to(BOB).await.link).await;
    assert_eq!(stranger.own.leads_to().as_deref(), Some("/"));
}

#[tokio::test]
async fn a_sign_in_that_is_too_old_for_an_app_is_confirmed_first_and_leads_there() {
    let app = in_front_of(&TWO.replace("name = \"Wiki\"", "max_age = \"5m\"")).await;
    let mut browser = Browser::signed_in(&app, ANN).await;
    assert_eq!(browser.own.change_password(PASSWORD, None).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(browser.passes(&format!("{WIKI}/page")).await.0, ANN);
    for age in [6, 20] {
        app.clock.advance(Duration::from_mins(age));
        assert_eq!(browser.status(&format!("{WIKI}/page")).await, 401);
        assert_eq!(browser.status(&format!("{GIT}/")).await, if age == 6 { 401 } else { 204 });
        browser.passes(&format!("{GIT}/")).await;
        let (page, reply) = browser.open(&format!("{WIKI}/page"), "none").await;
        assert!(page.contains("/reauthenticate?next="), "{page}");
        assert!(reply.body.contains("Email me a code"));
        let fields = [("password", PASSWORD.to_owned()), ("next", next_of(&page).unwrap())];
        assert_eq!(browser.own.act("/reauthenticate", &fields).await, Answer::Done);
        let place = joined(&page, &browser.own.leads_to().unwrap());
        let (end, reply) = browser.open(&place, "same-origin").await;
        assert_eq!((end, reply.status), (format!("{WIKI}/page"), StatusCode::NO_CONTENT));
    }
}

#[tokio::test]
async fn an_unconfirmed_registration_in_the_browser_is_not_in_the_way() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::new(&app);
    browser.own.register(BOB, PASSWORD).await;
    app.letter_to(BOB).await;
    let (page, _) = browser.open(&format!("{WIKI}/page"), "none").await;
    assert!(page.contains("/sign-in?next="), "{page}");
    assert_eq!(browser.sign_in(&app, &page, ANN).await.0, format!("{WIKI}/page"));
}

#[tokio::test]
async fn the_very_next_request_is_refused_once_the_session_or_the_permission_ends() {
    let app = in_front_of(TWO).await;
    let address = gatepost::domain::record::address::EmailAddress::parse(ANN).unwrap();
    let operator = gatepost::domain::record::client::Client::operator();
    for ending in ["sign out", "new password", "everywhere", "disabled"] {
        let mut browser = Browser::signed_in(&app, ANN).await;
        for host in [WIKI, GIT] {
            browser.passes(&format!("{host}/")).await;
        }
        match ending {
            "sign out" => assert_eq!(browser.own.sign_out().await, Answer::Done),
            "new password" => {
                assert_eq!(browser.own.change_password(PASSWORD, None).await, Answer::Done);
                app.news_to(ANN).await;
            }
            "everywhere" => drop(app.house.gatepost.sign_out_account(&address, &operator).await.unwrap()),
            _ => drop(app.house.gatepost.disable_account(&address, &operator).await.unwrap()),
        }
        for host in [WIKI, GIT] {
            assert_eq!(browser.status(&format!("{host}/")).await, 401, "{ending} {host}");
        }
    }
    let mut bob = Browser::signed_in(&app, BOB).await;
    bob.passes(&format!("{WIKI}/")).await;
    put_in_front(&app, &TWO.replace("\"*\"", "\"ann@example.org\""));
    assert_eq!(bob.status(&format!("{WIKI}/")).await, 403);
}

#[tokio::test]
async fn signing_out_from_an_app_needs_a_click() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::signed_in(&app, ANN).await;
    browser.passes(&format!("{WIKI}/")).await;
    let (end, reply) = browser.open(&format!("{WIKI}/.gatepost/sign-out"), "same-origin").await;
    assert!(end.ends_with("/sign-out?app=wiki.example.org"), "{end}");
    assert!(reply.body.contains("Wiki"), "{}", reply.body);
    browser.passes(&format!("{WIKI}/")).await;
    assert_eq!(browser.own.sign_out().await, Answer::Done);
    assert_eq!(browser.status(&format!("{WIKI}/")).await, 401);
    // The place afterwards is a page of ours.
    browser.own.act("/sign-out", &[("next", "/profile".to_owned())]).await;
    assert_eq!(browser.own.leads_to().as_deref(), Some("/profile"));
    browser.own.act("/sign-out", &[("next", "/app".to_owned())]).await;
    assert_eq!(browser.own.leads_to().as_deref(), Some("/sign-in"));
}
