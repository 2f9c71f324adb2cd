//! Sessions over JSON: with a bearer token, never with a cookie.

use hyper::{Method, StatusCode};
use serde_json::json;

use super::door::{ANN, Server};

#[tokio::test]
async fn a_session_is_sent_as_a_bearer_token() {
    let server = Server::start().await;
    let token = server.sign_in(ANN).await;
    for path in ["/api/session", "/api/profile"] {
        for header in [format!("Bearer {token}"), format!("bearer   {token} ")] {
            let answer = server.get_with(path, &[("authorization", &header)]).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            let body = answer.json();
            assert_eq!(body["account"]["email"], ANN);
            assert_eq!(body["account"]["pending_email"], json!(null));
            assert_eq!(body["session"]["current"], true);
            assert!(body["session"].get("token").is_none(), "a token is shown once");
        }
    }
}

#[tokio::test]
async fn anything_but_one_bearer_token_is_not_signed_in() {
    let server = Server::start().await;
    let token = server.sign_in(ANN).await;
    let twice = [format!("Bearer {token}"), format!("Bearer {token}")];
    for headers in [
        &[][..],
        &[String::new()],
        std::slice::from_ref(&token),
        &[format!("Basic {token}")],
        &[format!("Bearer{token}")],
        &["Bearer".to_owned()],
        &["Bearer ".to_owned()],
        &[format!("Bearer {token}x")],
        &[format!("Bearer \"{token}\"")],
        &twice,
    ] {
        for path in ["/api/session", "/api/profile"] {
            let lines: Vec<_> = headers.iter().map(|it| ("authorization", it.as_str())).collect();
            let answer = server.get_with(path, &lines).await;
            assert_eq!(answer.refusal(), (401, "sign_in_required".into(), None), "{headers:?}");
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
        }
    }
}

#[tokio::test]
async fn cookies_are_not_read_and_not_set() {
    let server = Server::start().await;
    let (request, letter) = server.letter_to(ANN).await;
    let link = format!("/api/link/{}", super::door::token(&letter));
    for name in ["gatepost_request", "__Host-gatepost_request"] {
        let cookie = format!("{name}={request}");
        let answer = server.post_with(&link, &[("cookie", &cookie)], json!({})).await;
        assert_eq!(answer.refusal().1, "confirmation_required");
    }
    let outcome = server.post(&link, json!({ "request": request })).await;
    assert!(!outcome.headers.contains_key("set-cookie"));
    let token = outcome.json()["session"]["token"].as_str().unwrap().to_owned();
    for name in ["gatepost_session", "__Host-gatepost_session"] {
        let cookie = format!("{name}={token}");
        assert_eq!(server.get_with("/api/session", &[("cookie", &cookie)]).await.refusal().0, 401);
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_and_succeeds_without_one() {
    let server = Server::start().await;
    let token = server.sign_in(ANN).await;
    for bearer in ["", "Bearer nonsense", &format!("Bearer {token}"), &format!("Bearer {token}")] {
        let answer = server.send(Method::POST, "/api/sign-out", &[("authorization", bearer)], "").await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::NO_CONTENT, ""));
    }
    assert_eq!(server.get_as(&token, "/api/session").await.refusal().0, 401);
}

#[tokio::test]
async fn a_new_sign_in_replaces_the_session_it_was_sent_with() {
    let server = Server::start().await;
    let old = server.sign_in(ANN).await;
    let (request, letter) = server.letter_to(ANN).await;
    let body = json!({ "request": request, "code": letter.code.unwrap().as_str() });
    let bearer = format!("Bearer {old}");
    let outcome = server.post_with("/api/code", &[("authorization", &bearer)], body).await.json();
    assert_eq!(outcome["outcome"], "signed_in");
    let new = outcome["session"]["token"].as_str().unwrap();
    assert_eq!(server.get_as(&old, "/api/session").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(server.get_as(new, "/api/session").await.status, StatusCode::OK);
}
