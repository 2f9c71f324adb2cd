//! People open apps, are sent to the sign-in page, and come back.

use super::recipe::Kind;
use super::setup::Front;
use super::{ANN, BOB, GIT, WIKI};
use crate::proxy::app::headers_for;

three_proxies! {
    a_first_visit_leads_through_the_sign_in_to_the_page,
    a_second_app_opens_without_a_page_in_between,
    a_person_who_may_not_open_an_app_can_sign_in_as_someone_else,
    signing_out_counts_with_the_next_request_on_every_host,
}

/// The only value of a header at the app. nginx leaves out a header that has none.
#[track_caller]
fn value(request: &str, variable: &str) -> String {
    let found = headers_for(request, variable);
    assert!(found.len() <= 1, "{found:?} in {request}");
    found.into_iter().next().map(|(_, value)| value).unwrap_or_default()
}

async fn a_first_visit_leads_through_the_sign_in_to_the_page(kind: Kind) {
    let Some(front) = Front::start(kind).await else { return };
    for email in [ANN, BOB] {
        let mut browser = front.browser();
        let page = format!("{WIKI}/a%20b/?x=1&y=%2F%26");
        let (sign_in, form) = browser.open(&page, "none").await;
        assert!(sign_in.starts_with("https://id.example.org/sign-in?next="), "{sign_in}");
        assert_eq!((form.status, browser.opened.len()), (200, 3), "{:?}", browser.opened);
        front.nothing_reached_the_app("before the sign-in");
        browser.opened.clear();
        let (end, reply) = if email == ANN {
            browser.sign_in_by_link(&sign_in, email).await
        } else {
            browser.sign_in_by_code(&sign_in, email).await
        };
        assert_eq!((end.as_str(), reply.status), (page.as_str(), 200));
        // The page that waits for the email, the hand-over, the callback, and the page itself.
        assert_eq!(browser.opened.len(), 4, "{:?}", browser.opened);
        let seen = front.app.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert!(seen[0].starts_with("GET /a%20b/?x=1&y=%2F%26 HTTP/1.1\r\n"), "{seen:?}");
        assert_eq!(value(&seen[0], "remote_email"), email);
        assert_eq!(value(&seen[0], "remote_user").len(), 32);
        assert_eq!(value(&seen[0], "remote_groups"), "");
        assert_eq!(value(&seen[0], "host"), "wiki.example.org");
    }
}

async fn a_second_app_opens_without_a_page_in_between(kind: Kind) {
    let Some(front) = Front::start(kind).await else { return };
    let mut ann = front.ann().await;
    ann.opened.clear();
    let (end, reply) = ann.open(&format!("{GIT}/repo?tab=1"), "none").await;
    assert_eq!((end, reply.status), (format!("{GIT}/repo?tab=1"), 200));
    assert_eq!(ann.opened.len(), 4, "three redirects: {:?}", ann.opened);
    let seen = front.app.seen();
    assert_eq!((seen.len(), value(&seen[0], "remote_email").as_str()), (1, ANN));
    assert_eq!(value(&seen[0], "remote_groups"), "family");
    assert_eq!(value(&seen[0], "host"), "git.example.net");
}

async fn a_person_who_may_not_open_an_app_can_sign_in_as_someone_else(kind: Kind) {
    let Some(front) = Front::start(kind).await else { return };
    let mut browser = front.browser();
    let (sign_in, _) = browser.open(&format!("{GIT}/repo"), "none").await;
    let (end, refused) = browser.sign_in_by_code(&sign_in, BOB).await;
    assert_eq!(refused.status, 403, "{end}");
    assert!(refused.body.contains("may not open git.example.net"), "{}", refused.body);
    let (_, rest) = refused.body.split_once("name=\"next\" value=\"").unwrap();
    let next = rest.split_once('"').unwrap().0.replace("&amp;", "&");
    let (sign_in, _) = browser.submit("/sign-out", &[("next", &next)]).await;
    assert!(sign_in.contains("/sign-in?next="), "{sign_in}");
    front.nothing_reached_the_app("as Bob");
    let (end, reply) = browser.sign_in_by_link(&sign_in, ANN).await;
    assert_eq!((end, reply.status), (format!("{GIT}/repo"), 200));
    assert_eq!(value(&front.app.seen()[0], "remote_email"), ANN);
}

async fn signing_out_counts_with_the_next_request_on_every_host(kind: Kind) {
    let Some(front) = Front::start(kind).await else { return };
    let mut ann = front.ann().await;
    ann.open(&format!("{GIT}/"), "none").await;
    for app in [WIKI, GIT] {
        assert_eq!(ann.get(&format!("{app}/data"), &[]).await.status, 200);
    }
    front.app.seen();
    // An app leads to the page that signs out of everything.
    let (page, _) = ann.open(&format!("{WIKI}/.gatepost/sign-out"), "same-origin").await;
    assert!(page.starts_with("https://id.example.org/sign-out"), "{page}");
    for app in [WIKI, GIT] {
        assert_eq!(ann.get(&format!("{app}/data"), &[]).await.status, 200, "only looking signs no one out");
    }
    front.app.seen();
    ann.submit("/sign-out", &[]).await;
    for app in [WIKI, GIT] {
        assert_eq!(ann.get(&format!("{app}/data"), &[]).await.status, 401);
    }
    front.nothing_reached_the_app("after signing out");
}
