//! The mailbox, as a person looks at it.

use super::{count, page};
use crate::harness::app::App;
use crate::harness::caller::{Caller, Door};
use crate::profile::ANN;

/// A caller that has requested an email, and the path of that email's page.
async fn with_letter(app: &App) -> (Caller, String, String) {
    let mut ann = app.caller(Door::Pages);
    ann.ask(ANN).await;
    let code = app.letter_to(ANN).await.code;
    let list = ann.get("/mailbox").await.body;
    let (_, rest) = list.split_once("<ul class=\"letters\"><li><a href=\"").unwrap();
    let path = rest.split('"').next().unwrap().to_owned();
    (ann, path, code)
}

#[tokio::test]
async fn the_mailbox_lists_each_email_by_its_title() {
    let app = App::start().await;
    let (ann, _, code) = with_letter(&app).await;
    let title = app.letters().first().unwrap().title.clone();
    assert_eq!(count(&ann, &format!("\">{title}</a>")), 1, "{}", page(&ann));
    assert_eq!(count(&ann, &code), 0, "no code in a list");
}

/// Its styles are inline, which no page of ours allows, so it has a policy of its own.
#[tokio::test]
async fn an_email_is_rendered_in_a_frame_beside_its_source() {
    let app = App::start().await;
    let (mut ann, path, code) = with_letter(&app).await;
    let whole = ann.get(&path).await;
    assert!(whole.header("content-security-policy").unwrap().ends_with("; frame-src 'self'"));
    assert_eq!(count(&ann, &format!("<iframe src=\"{path}/html\" ")), 1, "{}", page(&ann));
    assert_eq!(count(&ann, "<summary>HTML source</summary>"), 1);
    let part = ann.get(&format!("{path}/html")).await;
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; \
        sandbox allow-popups allow-popups-to-escape-sandbox";
    assert_eq!(part.header("content-security-policy"), Some(policy));
    assert_eq!(part.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(
        part.body.contains("<head><base target=\"_blank\">") && part.body.contains(&code),
        "{}",
        part.body
    );
}

#[tokio::test]
async fn no_email_is_shown_through_a_proxy() {
    let app = App::start().await;
    let (mut ann, path, _) = with_letter(&app).await;
    for path in [path.clone(), format!("{path}/html")] {
        let reply = ann.send(hyper::Method::GET, &path, &[("x-forwarded-for", "192.0.2.1")], "").await;
        assert_eq!(reply.status.as_u16(), 404, "{path}");
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'") && !policy.contains("frame-src"));
    }
    assert_eq!(ann.get("/mailbox/nothing/html").await.status.as_u16(), 404);
}
