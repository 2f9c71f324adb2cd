//! What a proxy has to say with its question, and whose word counts.

use hyper::Method;

use super::browser::Browser;
use super::{ANN, TWO, WIKI, in_front_of, proxy};
use crate::harness::app::App;
use crate::harness::http::{Reply, Way, send};

type Lines<'a> = Vec<(&'a str, &'a str)>;

/// The four headers of a right question.
fn right() -> Lines<'static> {
    vec![
        ("host", "127.0.0.1:8080"),
        ("x-forwarded-host", "wiki.example.org"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-method", "GET"),
        ("x-forwarded-uri", "/page"),
    ]
}

/// The same with another value for one of them.
fn with<'a>(name: &'a str, value: &'a str) -> Lines<'a> {
    right().into_iter().map(|(other, old)| if other == name { (name, value) } else { (other, old) }).collect()
}

/// Asks at both paths, and returns both statuses.
async fn ask(app: &App, query: &str, lines: &Lines<'_>) -> (u16, u16) {
    let way = Way::from_proxy(proxy(), app.server);
    let mut statuses = Vec::new();
    for path in ["/forward-auth", "/forward-auth/answer"] {
        let reply = send(way, Method::GET, &format!("{path}{query}"), lines, "").await;
        for name in ["remote-user", "remote-email", "remote-groups", "remote-key"] {
            assert_eq!(reply.headers.get_all(name).iter().count(), 1, "{reply:?}");
            assert!(reply.status == 204 || reply.header(name) == Some(""), "{reply:?}");
        }
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        if path == "/forward-auth" {
            assert_eq!((reply.body.as_str(), reply.header("www-authenticate")), ("", None));
            assert_eq!((reply.header("set-cookie"), reply.header("location")), (None, None));
        }
        statuses.push(reply.status.as_u16());
    }
    (statuses[0], statuses[1])
}

#[tokio::test]
async fn each_header_has_to_be_there_exactly_once() {
    let app = in_front_of(&TWO.replace("name = \"Wiki\"", "public = [\"/*\"]")).await;
    assert_eq!(ask(&app, "?app=wiki.example.org", &right()).await, (204, 204));
    for name in ["x-forwarded-host", "x-forwarded-proto", "x-forwarded-method", "x-forwarded-uri"] {
        let without: Lines<'_> = right().into_iter().filter(|(other, _)| *other != name).collect();
        assert_eq!(ask(&app, "?app=wiki.example.org", &without).await, (403, 400), "without {name}");
        let value = right().into_iter().find(|(other, _)| *other == name).unwrap().1;
        let twice: Lines<'_> = right().into_iter().chain([(name, value)]).collect();
        assert_eq!(ask(&app, "?app=wiki.example.org", &twice).await, (403, 400), "two of {name}");
    }
    for (name, value) in [
        ("x-forwarded-host", "wiki.example.org, git.example.net"),
        ("x-forwarded-host", "wiki.example.org,wiki.example.org"),
        ("x-forwarded-proto", "https,http"),
        ("x-forwarded-method", "GET, POST"),
        ("x-forwarded-method", "G/T"),
        ("x-forwarded-uri", "page"),
        ("x-forwarded-uri", "//page"),
        ("x-forwarded-uri", "https://wiki.example.org/page"),
        ("x-forwarded-uri", "/a b"),
        ("x-forwarded-uri", "/caf\u{e9}"),
        ("x-forwarded-uri", ""),
    ] {
        let statuses = ask(&app, "", &with(name, value)).await;
        assert!(statuses == (403, 400), "{name}: {value}: {statuses:?}");
    }
    // Nothing else says where a request goes.
    let mut others = with("x-forwarded-uri", "/page");
    others.extend([
        ("x-original-url", "/public"),
        ("x_forwarded_uri", "/public"),
        ("x-forwarded_host", "git.example.net"),
        ("forwarded", "host=git.example.net"),
        ("x-original-method", "OPTIONS"),
    ]);
    assert_eq!(ask(&app, "?app=wiki.example.org", &others).await, (204, 204));
    super::put_in_front(&app, &TWO.replace("name = \"Wiki\"", "public = [\"/public\"]"));
    assert_eq!(ask(&app, "?app=wiki.example.org", &others).await, (401, 401));
}

#[tokio::test]
async fn a_host_is_an_apps_only_in_its_own_spelling() {
    let app = in_front_of(&TWO.replace("name = \"Wiki\"", "public = [\"/*\"]")).await;
    for host in ["wiki.example.org", "WIKI.Example.ORG", "wiki.example.org:443", "Wiki.example.org:443"] {
        assert_eq!(ask(&app, "", &with("x-forwarded-host", host)).await, (204, 204), "{host}");
    }
    for host in [
        "wiki.example.org.",
        "wiki.example.org:",
        "wiki.example.org:80",
        "wiki.example.org:8443",
        "wiki.example.org:0443",
        "wiki.example.org@git.example.net",
        "evil.example",
        "xwiki.example.org",
        "example.org",
        "127.0.0.1:8080",
    ] {
        assert_eq!(ask(&app, "", &with("x-forwarded-host", host)).await, (403, 421), "{host}");
    }
    assert_eq!(ask(&app, "", &with("x-forwarded-proto", "http")).await, (403, 421));
    assert_eq!(ask(&app, "", &with("x-forwarded-proto", "wss")).await, (403, 421));
}

#[tokio::test]
async fn a_question_is_judged_only_as_the_app_of_its_recipe() {
    let app = in_front_of(&TWO.replace("name = \"Wiki\"", "public = [\"/*\"]")).await;
    for (query, expected) in [
        ("?app=wiki.example.org", (204, 204)),
        ("?app=WIKI.example.org", (204, 204)),
        ("?x=1&app=wiki.example.org", (204, 204)),
        ("?app=git.example.net", (403, 421)),
        ("?app=", (403, 421)),
        ("?app=wiki.example.org:443", (403, 421)),
        ("?app=wiki.example.org&app=wiki.example.org", (403, 421)),
        ("?app=wiki.example.org&app=git.example.net", (403, 421)),
    ] {
        assert_eq!(ask(&app, query, &right()).await, expected, "{query}");
    }
    let nothing = vec![("host", "wiki.example.org")];
    assert_eq!(ask(&app, "?app=wiki.example.org", &nothing).await, (403, 400));
    // About no app: who is signed in on our own host, as before.
    assert_eq!(ask(&app, "", &nothing).await, (401, 400));
    let own = format!("localhost:{}", app.server.port());
    assert_eq!(ask(&app, "", &with("x-forwarded-host", &own)).await, (401, 421));
    assert_eq!(ask(&app, "?app=wiki.example.org", &with("x-forwarded-host", &own)).await, (403, 421));
}

#[tokio::test]
async fn from_anyone_but_the_proxy_nothing_passes() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::signed_in(&app, ANN).await;
    browser.passes(&format!("{WIKI}/")).await;
    super::put_in_front(&app, &TWO.replace("name = \"Wiki\"", "public = [\"/*\"]"));
    let cookie = format!("__Host-gatepost_app={}", browser.cookie("wiki.example.org", "_app").unwrap());
    for host in ["wiki.example.org", "127.0.0.1:8080", &format!("localhost:{}", app.server.port())] {
        for path in ["/forward-auth", "/forward-auth/answer"] {
            for query in ["", "?app=wiki.example.org"] {
                let mut lines = with("host", host);
                lines.push(("cookie", &cookie));
                let reply: Reply = send(app.server, Method::GET, &format!("{path}{query}"), &lines, "").await;
                assert!(reply.status.as_u16() >= 400, "{host} {path}{query}: {reply:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_question_that_announces_a_body_is_refused() {
    let app = in_front_of(&TWO.replace("name = \"Wiki\"", "public = [\"/*\"]")).await;
    let way = Way::from_proxy(proxy(), app.server);
    for path in ["/forward-auth", "/forward-auth/answer"] {
        let reply = send(way, Method::GET, path, &right(), "body").await;
        assert_eq!((reply.status.as_u16(), reply.header("remote-user")), (413, Some("")), "{path}");
    }
}

#[tokio::test]
async fn a_question_with_forty_kilobytes_of_cookies_is_answered() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::signed_in(&app, ANN).await;
    browser.passes(&format!("{WIKI}/")).await;
    let jar = browser.jars.get_mut("wiki.example.org").unwrap();
    jar.extend((0..10).map(|number| (format!("c{number}"), "x".repeat(4000))));
    assert_eq!(browser.status(&format!("{WIKI}/")).await, 204);
    // From others, a head is as short as before.
    let long = "x".repeat(40_000);
    let sent = crate::harness::http::try_send(app.server, Method::GET, "/", &[("cookie", &long)], "").await;
    assert!(sent.is_err() || sent.unwrap().status == 431);
}
