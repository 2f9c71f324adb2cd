//! Refusals that are a page of their own.

use hyper::Method;

use crate::harness::app::App;
use crate::harness::caller::{Caller, Door};
use crate::harness::http::send;
use crate::profile::{ANN, registered};

async fn navigation(
    caller: &mut Caller,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
) -> (u16, bool) {
    let reply = caller.send(method, path, headers, "").await;
    let keeps = ["<a href=\"/profile\">Account</a>", ">Sign out</button>"];
    (reply.status.as_u16(), keeps.iter().all(|part| reply.body.contains(part)))
}

#[tokio::test]
async fn someone_signed_in_keeps_the_navigation_on_every_refusal() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    let elsewhere = [("origin", "https://evil.example")];
    assert_eq!(navigation(&mut ann, Method::GET, "/nothing", &[]).await, (404, true));
    assert_eq!(navigation(&mut ann, Method::GET, "/mailbox/nothing", &[]).await, (404, true));
    assert_eq!(navigation(&mut ann, Method::DELETE, "/profile", &[]).await, (405, true));
    assert_eq!(navigation(&mut ann, Method::POST, "/sign-out", &elsewhere).await, (403, true));
    assert_eq!(navigation(&mut ann, Method::GET, "/link/nothing", &[]).await, (410, true));
    assert_eq!(navigation(&mut ann, Method::GET, "/%ff", &[]).await, (400, true));
    let mut stranger = app.caller(Door::Pages);
    let page = stranger.get("/nothing").await.body;
    assert!(page.contains("<a href=\"/sign-in\">Sign in</a>") && !page.contains("Sign out"), "{page}");
}

/// Links of ours would lead nowhere under another host name.
#[tokio::test]
async fn a_wrong_host_gets_no_navigation() {
    let app = App::start().await;
    let ann = registered(&app, Door::Pages, ANN).await;
    let session = format!("gatepost_session={}", ann.session());
    let headers = [("host", "other.example"), ("cookie", session.as_str())];
    let reply = send(app.server, Method::GET, "/", &headers, String::new()).await;
    assert_eq!((reply.status.as_u16(), reply.body.contains("<nav")), (421, false), "{}", reply.body);
}
