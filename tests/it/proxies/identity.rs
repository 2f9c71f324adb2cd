//! An app learns who someone is from Gatepost only, and sees none of Gatepost's cookies.

use super::recipe::Kind;
use super::setup::Front;
use super::{ANN, GIT, WIKI};
use crate::proxy::app::headers_for;

three_proxies! {
    a_client_cannot_choose_who_it_is,
    the_app_gets_its_own_cookies_and_none_of_gateposts,
    the_cookie_of_one_host_is_of_no_use_elsewhere,
}

const FORGED: [&[&str]; 8] = [
    &["Remote-User: mallory"],
    &["remote-user: mallory", "REMOTE-GROUPS: mallory", "Remote-Key: mallory", "Remote-Email: mallory"],
    &["Remote-User: mallory", "Remote-User: mallory"],
    &["Remote_User: mallory", "Remote.User: mallory", "REMOTE_GROUPS: mallory", "remote_key: mallory"],
    &["Remote-Name: mallory", "Remote_Name: mallory"],
    &["Gatepost-Key: mallory", "Gatepost-Assertion: mallory", "Gatepost_Key: mallory"],
    &["Connection: close, Remote-User, Remote-Email", "Remote_User: mallory"],
    &["Remote-User:", "Remote-Groups:", "Authorization: Basic bWFsbG9yeTp4"],
];

async fn a_client_cannot_choose_who_it_is(kind: Kind) {
    let Some(front) = Front::start(kind).await else { return };
    let mut ann = front.ann().await;
    for lines in FORGED {
        assert_eq!(front.browser().get(&format!("{WIKI}/x"), lines).await.status, 401, "{lines:?}");
        front.nothing_reached_the_app("signed out");
        // On a public path no one is named.
        assert_eq!(front.browser().get(&format!("{WIKI}/open/x"), lines).await.status, 200, "{lines:?}");
        let open = front.app.seen().remove(0);
        assert!(!open.contains("mallory"), "{lines:?}: {open}");
        for variable in ["remote_user", "remote_email", "remote_groups", "remote_key"] {
            assert!(headers_for(&open, variable).iter().all(|(_, value)| value.is_empty()), "{open}");
        }
        for page in ["x", "open/x"] {
            assert_eq!(ann.get(&format!("{WIKI}/{page}"), lines).await.status, 200, "{lines:?}");
            let seen = front.app.seen().remove(0);
            assert!(!seen.contains("mallory"), "{lines:?}: {seen}");
            let email = headers_for(&seen, "remote_email");
            assert_eq!((email.len(), email[0].1.as_str()), (1, ANN), "{lines:?}: {seen}");
            assert_eq!(headers_for(&seen, "remote_user")[0].1.len(), 32, "{lines:?}: {seen}");
        }
    }
}

async fn the_app_gets_its_own_cookies_and_none_of_gateposts(kind: Kind) {
    let Some(front) = Front::start(kind).await else { return };
    let ann = front.ann().await;
    let ours = ann.jars["wiki.example.org"].clone();
    assert_eq!(ours.len(), 2, "{ours:?}");
    let own = |name: &str| (name.to_owned(), "dark".to_owned());
    let (app, browser) = (ours[1].clone(), ours[0].clone());
    for cookies in [
        vec![app.clone()],
        ours.clone(),
        vec![own("theme"), app.clone()],
        vec![app.clone(), own("theme")],
        vec![own("a"), browser.clone(), own("b"), app.clone(), own("c")],
        vec![app.clone(), own("a"), own("gatepost_apple"), own("x_gatepost_app"), browser.clone()],
        vec![own("gatepost"), browser, app],
    ] {
        let mut ann = ann.clone();
        ann.jars.insert("wiki.example.org".into(), cookies.clone());
        let is_app = cookies.iter().any(|(name, _)| name == "__Host-gatepost_app");
        assert_eq!(ann.get(&format!("{WIKI}/x"), &[]).await.status, if is_app { 200 } else { 401 });
        let seen = front.app.seen().remove(0);
        let expected: Vec<String> =
            cookies.iter().filter(|cookie| !ours.contains(cookie)).map(pair).collect();
        let lines = headers_for(&seen, "cookie").into_iter().map(|(_, value)| value).collect::<String>();
        let given: Vec<&str> = lines.split(';').map(str::trim).filter(|pair| !pair.is_empty()).collect();
        assert_eq!(given, expected, "{cookies:?}: {seen}");
    }
}

fn pair((name, value): &(String, String)) -> String {
    format!("{name}={value}")
}

async fn the_cookie_of_one_host_is_of_no_use_elsewhere(kind: Kind) {
    let Some(front) = Front::start(kind).await else { return };
    let mut ann = front.ann().await;
    let wiki = ann.app_cookie("wiki.example.org");
    ann.open(&format!("{GIT}/"), "none").await;
    let git = ann.app_cookie("git.example.net");
    front.app.seen();
    let session = ann.jars["id.example.org"].iter().find(|(name, _)| name.ends_with("gatepost_session"));
    let session = session.unwrap().1.clone();
    let mut flipped = wiki.clone().into_bytes();
    let middle = flipped.len() / 2;
    flipped[middle] = if flipped[middle] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).unwrap();
    let name = "__Host-gatepost_app";
    for cookies in [
        format!("Cookie: {name}={git}"),
        format!("Cookie: {name}={session}"),
        format!("Cookie: {name}={flipped}"),
        format!("Cookie: {name}={wiki}; {name}={wiki}"),
        format!("Cookie: {name}={wiki}; {name}={git}"),
        format!("Cookie: gatepost_app={wiki}"),
    ] {
        let reply = front.stranger("GET", "/x", &[&cookies]).await;
        assert_eq!(reply.status, 401, "{cookies}: {reply:?}");
        front.nothing_reached_the_app(&cookies);
    }
    assert_eq!(front.stranger("GET", "/x", &[&format!("Cookie: {name}={wiki}")]).await.status, 200);
}
