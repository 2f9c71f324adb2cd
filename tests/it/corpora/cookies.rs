//! `Cookie` headers. A cookie that only looks like ours counts for nothing.

use hyper::Method;

use super::{Case, Wrong, cases};
use crate::harness::app::App;
use crate::harness::caller::{Caller, Door};
use crate::harness::inside::{Inside, Line};
use crate::profile::ANN;

/// The headers of a line, with the tokens in their places.
fn headers(case: &Case, [session, request]: [&str; 2]) -> Vec<Vec<u8>> {
    let bytes = replaced(case.bytes(0), b"TOKEN", session.as_bytes());
    let bytes = replaced(&bytes, b"REQUEST", request.as_bytes());
    bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

/// The bytes with every `wanted` replaced.
pub(crate) fn replaced(bytes: &[u8], wanted: &[u8], by: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(wanted) {
            all.extend_from_slice(by);
            rest = after;
        } else {
            all.push(rest[0]);
            rest = &rest[1..];
        }
    }
    all
}

/// Someone signed in, with the tokens of a session and of a request.
async fn ann(app: &App) -> (Caller, [String; 2]) {
    let mut ann = app.signed_in(Door::Pages, ANN).await;
    ann.forgot_password(ANN).await;
    app.letter_to(ANN).await;
    let token = |name: &str| ann.cookies.iter().find(|(is, _)| is == name).unwrap().1.clone();
    let tokens = [token("gatepost_session"), token("gatepost_request")];
    (ann, tokens)
}

async fn is_signed_in(inside: &Inside, path: &str, headers: &[Vec<u8>]) -> bool {
    let lines: Vec<Line<'_>> = headers.iter().map(|header| ("cookie", header.as_slice())).collect();
    let reply = inside.send(Method::GET, path.as_bytes(), &lines, b"").await.unwrap();
    assert!(reply.status.as_u16() < 500, "{reply:?}");
    reply.status.as_u16() == 200
}

/// SEC-44.
#[tokio::test]
async fn a_cookie_is_read_only_by_its_exact_name_and_only_once() {
    let app = App::start().await;
    let (_, [session, request]) = ann(&app).await;
    let (plain, secure) = (app.inside("http://localhost:8080"), app.inside("https://id.example.org"));
    let mut wrong = Wrong::default();
    for case in cases("cookies.tsv") {
        let headers = headers(&case, [&session, &request]);
        let is_read = [&plain, &secure].map(|inside| is_signed_in(inside, "/profile", &headers));
        let [plain, secure] = is_read;
        let found = match (plain.await, secure.await) {
            (true, false) => "http",
            (false, true) => "https",
            (true, true) => "both",
            (false, false) => "none",
        };
        wrong.unless(&case, &found, &case.text(1));
    }
    wrong.report();
}

/// SEC-44, SEC-64. Otherwise a page of another site could act for a person.
#[tokio::test]
async fn the_api_reads_no_cookies_at_all() {
    let app = App::start().await;
    let (_, [session, request]) = ann(&app).await;
    let inside = app.inside("http://localhost:8080");
    let mut wrong = Wrong::default();
    for case in cases("cookies.tsv") {
        let headers = headers(&case, [&session, &request]);
        wrong.unless(&case, &is_signed_in(&inside, "/api/session", &headers).await, &false);
    }
    wrong.report();
}
