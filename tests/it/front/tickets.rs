//! Tickets: what leads a browser to us.

use std::time::Duration;

use hyper::{Method, StatusCode};

use super::browser::{Browser, opening};
use super::{ANN, GIT, TWO, WIKI, in_front_of, put_in_front};

async fn ticket(browser: &mut Browser) -> String {
    let reply = browser.send(Method::GET, &format!("{WIKI}/page?a=1"), &opening("none")).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER);
    reply.leads_to().unwrap()
}

#[tokio::test]
async fn a_ticket_that_does_not_work_shows_a_page_and_never_redirects() {
    let app = in_front_of(TWO).await;
    for mut browser in [Browser::new(&app), Browser::signed_in(&app, ANN).await] {
        let own = format!("http://localhost:{}", app.server.port());
        let good = ticket(&mut browser).await;
        let flipped = format!("{}{}", &good[..good.len() - 1], if good.ends_with('A') { 'B' } else { 'A' });
        for place in [
            flipped,
            format!("{own}/enter"),
            format!("{own}/enter?ticket="),
            format!("{own}/enter?ticket=AAAA"),
            format!("{good}&ticket=x"),
        ] {
            let reply = browser.send(Method::GET, &place, &opening("none")).await;
            assert_eq!((reply.status, reply.leads_to()), (StatusCode::GONE, None), "{place}");
            assert!(reply.body.contains("<a class=\"button\" href=\"/\">"), "{}", reply.body);
        }
        // Late, it leads to the app to begin again.
        app.clock.advance(Duration::from_mins(61));
        let reply = browser.send(Method::GET, &good, &opening("none")).await;
        assert_eq!((reply.status, reply.leads_to()), (StatusCode::GONE, None));
        let again = format!("{WIKI}/.gatepost/start?next=%2Fpage%3Fa%3D1");
        assert!(reply.body.contains(&again), "{}", reply.body);
        let (_, end) = browser.open(&again, "same-origin").await;
        assert!(end.status.is_success());
        // Of an app that is removed, it leads home.
        browser.jars.clear();
        let good = ticket(&mut browser).await;
        put_in_front(&app, &format!("[[apps]]\nurl = \"{GIT}\"\nallow = [\"*\"]\n"));
        let reply = browser.send(Method::GET, &good, &opening("none")).await;
        assert_eq!((reply.status, reply.leads_to()), (StatusCode::GONE, None));
        put_in_front(&app, TWO);
    }
}

#[tokio::test]
async fn whoever_registers_within_the_hour_gets_in() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::new(&app);
    let (page, _) = browser.open(&format!("{WIKI}/page"), "none").await;
    let next = super::browser::next_of(&page);
    browser.own.register_for(super::BOB, super::PASSWORD, next.as_deref()).await;
    let letter = app.letter_to(super::BOB).await;
    browser.own.follow(&letter.link).await;
    let place = super::browser::joined(&page, &browser.own.leads_to().unwrap());
    assert_eq!(browser.open(&place, "same-origin").await.0, format!("{WIKI}/page"));
}

#[tokio::test]
async fn an_email_opened_after_the_ticket_leads_to_a_button_that_works() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::new(&app);
    let (page, _) = browser.open(&format!("{WIKI}/page"), "none").await;
    let next = super::browser::next_of(&page);
    browser.own.register_for(super::BOB, super::PASSWORD, next.as_deref()).await;
    let letter = app.letter_to(super::BOB).await;
    app.clock.advance(Duration::from_mins(61));
    browser.own.follow(&letter.link).await;
    let place = browser.own.leads_to().unwrap();
    assert!(place.contains("/enter"), "{place}");
    let (_, reply) = browser.open(&super::browser::joined(&page, &place), "same-origin").await;
    assert_eq!(reply.status, StatusCode::GONE);
    assert_eq!(browser.passes(&format!("{WIKI}/page")).await.0, super::BOB);
}
