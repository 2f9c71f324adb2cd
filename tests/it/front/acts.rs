//! Pages of other sites that act with someone's cookie.

use hyper::Method;

use super::browser::{Browser, HTML};
use super::{ANN, TWO, WIKI, in_front_of};

/// The status of a request with these headers, and its code.
async fn answer(browser: &mut Browser, method: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let reply = browser.send(method, &format!("{WIKI}/page"), headers).await;
    (reply.status.as_u16(), reply.header("x-problem").unwrap_or_default().to_owned())
}

#[tokio::test]
async fn the_cookie_does_not_count_where_a_page_of_another_site_acts() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::signed_in(&app, ANN).await;
    browser.passes(&format!("{WIKI}/page")).await;
    let refused = || (403, "cross_site".to_owned());
    let passes = || (204, String::new());
    let site = |site| ("sec-fetch-site", site);
    let (own, other) = (("origin", WIKI), ("origin", "https://git.example.net"));
    let null = ("origin", "null");
    let websocket = ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    for (method, headers, expected) in [
        ("POST", &[site("same-site")][..], refused()),
        ("POST", &[site("cross-site"), own], refused()),
        ("POST", &[site("cross-site"), ("accept", HTML)], refused()),
        ("DELETE", &[site("same-site")], refused()),
        ("PROPFIND", &[site("cross-site")], refused()),
        ("POST", &[other], refused()),
        ("POST", &[null], refused()),
        ("POST", &[own, other], refused()),
        ("POST", &[site("none"), site("same-origin")], refused()),
        ("POST", &[site("something")], refused()),
        ("GET", &[site("same-site"), websocket], refused()),
        ("GET", &[other, websocket], refused()),
        ("GET", &[other, ("upgrade", "websocket")], refused()),
        ("GET", &[site("cross-site"), ("sec-fetch-mode", "websocket")], refused()),
        ("CONNECT", &[other], refused()),
        // The page of the app itself, a person, a program, and pages that only look.
        ("POST", &[site("same-origin"), own], passes()),
        ("POST", &[own], passes()),
        ("POST", &[site("none")], passes()),
        ("POST", &[], passes()),
        ("GET", &[own, websocket], passes()),
        ("GET", &[websocket], passes()),
        ("GET", &[site("cross-site")], passes()),
        ("HEAD", &[other], passes()),
        ("OPTIONS", &[other], passes()),
    ] {
        assert_eq!(answer(&mut browser, method, headers).await, expected, "{method} {headers:?}");
    }
}

#[tokio::test]
async fn only_a_site_that_is_named_may_act() {
    let named = TWO.replace("name = \"Wiki\"", "cross_site = [\"https://GIT.example.net\"]");
    let app = in_front_of(&named).await;
    let mut browser = Browser::signed_in(&app, ANN).await;
    browser.passes(&format!("{WIKI}/page")).await;
    let from = |origin| [("sec-fetch-site", "cross-site"), ("origin", origin)];
    assert_eq!(answer(&mut browser, "POST", &from("https://git.example.net")).await.0, 204);
    assert_eq!(answer(&mut browser, "POST", &from("https://evil.example")).await.0, 403);
    assert_eq!(answer(&mut browser, "POST", &[("sec-fetch-site", "cross-site")]).await.0, 403);
    super::put_in_front(&app, &TWO.replace("name = \"Wiki\"", "cross_site = [\"*\"]"));
    assert_eq!(answer(&mut browser, "POST", &from("https://evil.example")).await.0, 204);
}

#[tokio::test]
async fn on_a_public_path_an_act_from_elsewhere_passes_as_no_one() {
    let app = in_front_of(&TWO.replace("name = \"Wiki\"", "public = [\"/page\"]")).await;
    let mut browser = Browser::signed_in(&app, ANN).await;
    browser.passes(&format!("{WIKI}/other")).await;
    let url = format!("{WIKI}/page");
    let reply = browser.send(Method::POST, &url, &[("sec-fetch-site", "same-site")]).await;
    assert_eq!((reply.status.as_u16(), reply.header("remote-user")), (204, Some("")));
    let reply = browser.send(Method::POST, &url, &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!((reply.status.as_u16(), reply.header("remote-email")), (204, Some(ANN)));
}
