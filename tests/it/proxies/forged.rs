//! A request is judged and sent by one name, whatever the client says about it.

use super::WIKI;
use super::recipe::Kind;
use super::setup::Front;
use crate::proxy::app::headers_for;

three_proxies! {
    a_client_cannot_choose_what_is_asked_about,
    one_name_decides_who_judges_and_who_answers,
}

async fn a_client_cannot_choose_what_is_asked_about(kind: Kind) {
    let Some(front) = Front::start(kind).await else { return };
    let mut ann = front.ann().await;
    for lines in [
        &["X-Forwarded-Uri: /open/x"][..],
        &["X-Forwarded-Uri: /open/x", "X-Forwarded-Uri: /open/y"],
        &["X_Forwarded_Uri: /open/x", "X.Forwarded.Uri: /open/x"],
        &["X-Original-URL: /open/x", "X-Rewrite-URL: /open/x", "X-Original-URI: /open/x"],
        &["Forwarded: host=git.example.net;proto=https"],
        &["X-Forwarded-Method: OPTIONS", "Origin: https://wiki.example.org"],
        &["X-Forwarded-Host: git.example.net"],
        &["X-Forwarded-Host: wiki.example.org, git.example.net"],
        &["X-Forwarded-Host:", "X-Forwarded-Uri:", "X-Forwarded-Method:", "X-Forwarded-Proto:"],
        &["X-Forwarded-Proto: http"],
        &["X-Forwarded-For: 203.0.113.9"],
    ] {
        let refused = front.stranger("GET", "/x", lines).await;
        assert_eq!(refused.status, 401, "{lines:?}: {refused:?}");
        front.nothing_reached_the_app("signed out");
        assert_eq!(ann.get(&format!("{WIKI}/x"), lines).await.status, 200, "{lines:?}");
        let seen = front.app.seen().remove(0);
        let client = headers_for(&seen, "x_forwarded_for");
        assert!(!client.iter().any(|(_, value)| value.contains("203.0.113.9")), "{seen}");
        assert!(!headers_for(&seen, "x_forwarded_host").iter().any(|(_, value)| value.contains("git")));
    }
}

/// Who is at which host, as the app says.
fn host_of(request: &str) -> String {
    let host = headers_for(request, "host").remove(0).1.to_lowercase();
    host.trim_end_matches(":443").trim_end_matches('.').to_owned()
}

async fn one_name_decides_who_judges_and_who_answers(kind: Kind) {
    let Some(front) = Front::start(kind).await else { return };
    let ann = front.ann().await;
    let cookies = ann.cookies("wiki.example.org");
    let ask = async |target: &str, host: &str, cookies: &str| {
        let head = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{cookies}\r\n\r\n");
        front.wire.say("wiki.example.org", &head).await
    };
    // The same rule in any case.
    assert_eq!(ask("/x", "WIKI.example.org", "X: y").await.status, 401);
    assert_eq!(ask("/x", "WIKI.example.org", &cookies).await.status, 200);
    front.app.seen();
    // Other spellings: refused, or judged as the app that answers. Ann has no cookie for the other one.
    for host in [
        "wiki.example.org.",
        "wiki.example.org:444",
        "wiki.example.org:443",
        "wiki.example.org:",
        "git.example.net",
        "GIT.example.net.",
        "evil.example",
        "wiki.example.org.evil.example",
        "127.0.0.1",
        "",
    ] {
        ask("/x", host, "X: y").await;
        front.nothing_reached_the_app(host);
        ask("/x", host, &cookies).await;
        for seen in front.app.seen() {
            assert_eq!(host_of(&seen).split(':').next(), Some("wiki.example.org"), "{host}: {seen}");
        }
    }
    // A complete address in place of a path, which counts before the host.
    for (target, host) in [
        ("https://git.example.net/x", "wiki.example.org"),
        ("https://wiki.example.org/x", "git.example.net"),
        ("http://wiki.example.org/open/../x", "wiki.example.org"),
        ("https://id.example.org/x", "wiki.example.org"),
        ("https://evil.example/x", "wiki.example.org"),
    ] {
        ask(target, host, "X: y").await;
        front.nothing_reached_the_app(target);
        ask(target, host, &cookies).await;
        for seen in front.app.seen() {
            assert_eq!(host_of(&seen), "wiki.example.org", "{target} {host}: {seen}");
        }
    }
}
