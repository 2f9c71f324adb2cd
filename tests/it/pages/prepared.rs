//! A page that was drawn before is the one that would be drawn now.

use std::collections::BTreeSet;

use gatepost::domain::record::registration::RegistrationMode;
use gatepost::path::{FORGOT_PASSWORD, REGISTER, SIGN_IN};
use hyper::{Method, StatusCode};

use crate::harness::app::App;
use crate::harness::caller::{Caller, Door};
use crate::harness::http::Reply;

const PAGES: [&str; 3] = [SIGN_IN, REGISTER, FORGOT_PASSWORD];

/// A response as everyone gets it, and the visitor cookie, which no one else gets.
fn parted(reply: &Reply) -> (StatusCode, BTreeSet<(String, String)>, String, String) {
    let mut headers: BTreeSet<(String, String)> = BTreeSet::new();
    let mut cookies = Vec::new();
    for (name, value) in &reply.headers {
        let (name, value) = (name.to_string(), value.to_str().unwrap().to_owned());
        match name.as_str() {
            "set-cookie" => cookies.push(value),
            "x-request-id" | "date" => assert!(headers.insert((name, String::new()))),
            _ => assert!(headers.insert((name, value))),
        }
    }
    assert_eq!(cookies.len(), 1, "{cookies:?}");
    assert!(cookies[0].starts_with("gatepost_visitor="), "{cookies:?}");
    (reply.status, headers, reply.body.clone(), cookies.remove(0))
}

async fn ask(app: &App, method: Method, path: &str, lines: &[(&str, &str)]) -> Reply {
    let mut newcomer: Caller = app.caller(Door::Pages);
    newcomer.send(method, path, lines, "").await
}

#[tokio::test]
async fn every_browser_that_brings_nothing_gets_the_page_that_would_be_drawn_for_it() {
    const PROXIED: (&str, &str) = ("x-forwarded-for", "192.0.2.1");
    // No cookie of ours, so it changes nothing on the page, which is drawn all the same.
    const DRAWN: (&str, &str) = ("cookie", "theirs=1");
    let app = App::start().await;
    for path in PAGES {
        for way in [&[][..], &[PROXIED]] {
            let drawn = parted(&ask(&app, Method::GET, path, &[way, &[DRAWN]].concat()).await);
            let mut visitors = BTreeSet::from([drawn.3]);
            for _ in 0..3 {
                let (status, headers, body, visitor) = parted(&ask(&app, Method::GET, path, way).await);
                assert_eq!((status, &headers, &body), (drawn.0, &drawn.1, &drawn.2), "{path}");
                assert!(visitors.insert(visitor), "each browser has a name of its own");
            }
            // Only someone on this machine can open the mailbox.
            assert_eq!(drawn.2.contains("/mailbox"), way.is_empty(), "{path}");
            let (status, headers, body, _) = parted(&ask(&app, Method::HEAD, path, way).await);
            assert_eq!((status, headers, body.as_str()), (drawn.0, drawn.1, ""));
        }
    }
}

#[tokio::test]
async fn whatever_a_browser_brings_still_changes_the_page() {
    let app = App::start().await;
    for path in PAGES {
        let usual = ask(&app, Method::GET, path, &[]).await.body;
        assert_eq!(ask(&app, Method::GET, path, &[]).await.body, usual);
        let wanted = ask(&app, Method::GET, &format!("{path}?next=%2Fapp"), &[]).await.body;
        assert!(wanted.contains("value=\"/app\""), "{wanted}");
        let cookies = ask(&app, Method::GET, &format!("{path}?cookies"), &[]).await.body;
        assert!(cookies.contains("Cookies are needed"), "{cookies}");
        let told = ask(&app, Method::GET, path, &[("cookie", "gatepost_notice=signed_out")]).await.body;
        assert!(told.contains("You&apos;re signed out.") || told.contains("You're signed out."), "{told}");
    }
    let mut waiting = app.caller(Door::Pages);
    waiting.ask("bob@example.org").await;
    app.letter_to("bob@example.org").await;
    assert!(waiting.get(SIGN_IN).await.body.contains("Check your inbox"));
    let mut ann = app.signed_in(Door::Pages, "ann@example.org").await;
    assert_eq!(ann.get(SIGN_IN).await.leads_to().as_deref(), Some("/"));
    assert_eq!(ann.get(REGISTER).await.leads_to().as_deref(), Some("/"));
    assert!(ann.get(FORGOT_PASSWORD).await.body.contains("ann@example.org"));
}

#[tokio::test]
async fn a_refusal_is_drawn_each_time() {
    let app = App::start_with(RegistrationMode::Closed).await;
    for _ in 0..3 {
        let reply = ask(&app, Method::GET, REGISTER, &[]).await;
        assert_eq!((reply.status.as_u16(), reply.header("x-problem")), (403, Some("registration_closed")));
    }
}
