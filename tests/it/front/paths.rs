//! Paths that are open to everyone, and paths that a browser is led back to.

use hyper::Method;

use super::browser::{Browser, opening};
use super::{ANN, TWO, WIKI, in_front_of};

#[tokio::test]
async fn no_spelling_of_a_public_path_opens_another_one() {
    let app = in_front_of(&TWO.replace("name = \"Wiki\"", "public = [\"/healthz\", \"/share/*\"]")).await;
    let mut browser = Browser::new(&app);
    for path in ["/healthz", "/healthz?x=1", "/share/", "/share/a/b", "/share/a?x=/../..;%2e"] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let reply = browser.send(method, &format!("{WIKI}{path}"), &[]).await;
            assert_eq!((reply.status.as_u16(), reply.header("remote-user")), (204, Some("")), "{path}");
        }
    }
    for path in [
        "/",
        "/share",
        "/Share/",
        "/HEALTHZ",
        "/healthz/",
        "/share/%2e%2e/admin",
        "/share/%2E%2E%2Fadmin",
        "/share/..;/admin",
        "/share/../admin",
        "/share/./x",
        "/share//x",
        "/share/x#/../admin",
        "/share/x\\..\\admin",
        "/share/%00",
        "/?/share/",
        "/admin?x=/share/",
    ] {
        assert_eq!(browser.status(&format!("{WIKI}{path}")).await, 401, "{path}");
    }
}

#[tokio::test]
async fn on_a_public_path_someone_who_may_come_in_is_named() {
    let text =
        TWO.replace("name = \"Wiki\"", "public = [\"/share/*\"]").replace("\"*\"]", "\"ann@example.org\"]");
    let app = in_front_of(TWO).await;
    let (mut ann, mut bob) =
        (Browser::signed_in(&app, ANN).await, Browser::signed_in(&app, super::BOB).await);
    for browser in [&mut ann, &mut bob] {
        browser.passes(&format!("{WIKI}/")).await;
    }
    super::put_in_front(&app, &text);
    let url = format!("{WIKI}/share/x");
    assert_eq!(ann.send(Method::GET, &url, &[]).await.header("remote-email"), Some(ANN));
    let reply = bob.send(Method::GET, &url, &[]).await;
    assert_eq!((reply.status.as_u16(), reply.header("remote-email")), (204, Some("")));
    assert_eq!(bob.status(&format!("{WIKI}/other")).await, 403);
}

#[tokio::test]
async fn a_next_leads_only_to_a_path_of_the_app() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::signed_in(&app, ANN).await;
    let long = format!("%2F{}", "x".repeat(5000));
    for (next, end) in [
        ("/page?a=1&b=2", "/page?a=1"),
        ("%2Fpage%3Fa%3D1%26b%3D2", "/page?a=1&b=2"),
        ("/%252F", "/%252F"),
        ("%2F%2Fevil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("%2F%5Cevil.example", "/"),
        ("https:evil.example", "/"),
        ("https%3A%2F%2Fevil.example", "/"),
        ("%2F%09%2Fevil.example", "/"),
        ("%2Fa%0D%0ASet-Cookie%3A%20x", "/"),
        ("%2F%FF", "/"),
        ("/.gatepost/start", "/"),
        ("/a&next=/b", "/"),
        (&long, "/"),
        ("", "/"),
    ] {
        let start = format!("{WIKI}/.gatepost/start?next={next}");
        // A program that does not normalise what it sends.
        let reply = browser.send(Method::GET, &start, &opening("none")).await;
        let (ended, _) = browser.open(&reply.leads_to().unwrap(), "none").await;
        assert_eq!(ended, format!("{WIKI}{end}"), "{next}");
    }
}
