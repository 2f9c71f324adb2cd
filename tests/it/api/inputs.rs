//! Right and wrong input over JSON.

use std::collections::BTreeMap;

use gatepost::web::api;
use gatepost::web::problem::{Code, Problem};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::door::{ANN, Server};

#[tokio::test]
async fn only_json_is_accepted() {
    let server = Server::start().await;
    let body = format!("{{\"email\":\"{ANN}\"}}");
    let send = async |content_types: &[&str]| {
        let headers: Vec<_> = content_types.iter().map(|it| ("content-type", *it)).collect();
        server.send(Method::POST, "/api/sign-in", &headers, &body).await
    };
    for taken in ["application/json", "application/json; charset=utf-8", "Application/JSON ;x=y"] {
        assert_eq!(send(&[taken]).await.status, StatusCode::ACCEPTED, "{taken}");
    }
    for refused in [
        &[][..],
        &[""],
        &["text/plain"],
        &["text/plain; application/json"],
        &["application/x-www-form-urlencoded"],
        &["application/json2"],
        &["application/problem+json"],
        &["application/json", "text/plain"],
    ] {
        let answer = send(refused).await;
        assert_eq!(answer.refusal(), (415, "unsupported_media_type".into(), None), "{refused:?}");
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_malformed_and_the_refusal_shows_no_internals() {
    let server = Server::start().await;
    for body in ["", "{", "[]", "null", "5", "\"email\"", "{\"email\":\"a@example.org\"} x", "\u{feff}{}"] {
        for path in [
            "/api/register",
            "/api/sign-in",
            "/api/sign-in/password",
            "/api/resend",
            "/api/code",
            "/api/link/x",
        ] {
            let answer = server.post_text(path, &[], body).await;
            assert_eq!(answer.refusal(), (400, "malformed".into(), None), "{path} {body}");
            assert_eq!(answer.json()["detail"], "We couldn't read that request. Send one JSON object.");
        }
    }
}

#[tokio::test]
async fn a_missing_or_wrong_field_is_named() {
    let server = Server::start().await;
    for (path, body, code, field) in [
        ("/api/sign-in", json!({}), "missing_field", "email"),
        ("/api/sign-in", json!({ "email": 5 }), "invalid_field", "email"),
        ("/api/sign-in", json!({ "email": null }), "invalid_field", "email"),
        ("/api/sign-in", json!({ "email": ANN, "request": 5 }), "invalid_field", "request"),
        ("/api/sign-in", json!({ "email": "ann" }), "invalid_email", "email"),
        ("/api/sign-in", json!({ "email": "Ann <ann@example.org>" }), "invalid_email", "email"),
        ("/api/resend", json!({}), "missing_field", "request"),
        ("/api/code", json!({ "code": "123456" }), "missing_field", "request"),
        ("/api/code", json!({ "request": "x" }), "missing_field", "code"),
        ("/api/code", json!({ "request": "x", "code": 123_456 }), "invalid_field", "code"),
        ("/api/link/x", json!({ "confirm": true }), "invalid_field", "confirm"),
        ("/api/link/x", json!({ "request": [] }), "invalid_field", "request"),
        ("/api/link/x", json!({ "confirm": "yes", "password": 5 }), "invalid_field", "password"),
    ] {
        let answer = server.post(path, body.clone()).await;
        assert_eq!(answer.refusal(), (422, code.into(), Some(field.into())), "{path} {body}");
    }
}

#[tokio::test]
async fn unknown_fields_are_ignored_and_null_is_a_missing_field() {
    let server = Server::start().await;
    let body = json!({ "email": ANN, "request": null, "colour": "red", "next": "//evil.example" });
    assert_eq!(server.post("/api/sign-in", body).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn foreign_tokens_are_refused_like_expired_ones() {
    let server = Server::start().await;
    for (path, body, code) in [
        ("/api/resend", json!({ "request": "x" }), "invalid_request"),
        ("/api/code", json!({ "request": "x", "code": "123456" }), "invalid_request"),
        ("/api/link/x", json!({ "confirm": "yes" }), "invalid_link"),
        ("/api/link/%E2%82%AC%2F..%2F", json!({ "confirm": "yes" }), "invalid_link"),
    ] {
        assert_eq!(server.post(path, body).await.refusal(), (410, code.into(), None), "{path}");
    }
    assert_eq!(server.get("/api/link/x").await.refusal(), (410, "invalid_link".into(), None));
}

#[tokio::test]
async fn a_wrong_code_is_refused_in_any_shape() {
    let server = Server::start().await;
    let (request, letter) = server.letter_to(ANN).await;
    let right = letter.code.unwrap();
    let wrong = if right.as_str() == "123456" { "654321" } else { "123456" };
    for code in [wrong, "12345", "abcdef", ""] {
        let answer = server.post("/api/code", json!({ "request": request, "code": code })).await;
        assert_eq!(answer.refusal(), (422, "wrong_code".into(), Some("code".into())), "{code}");
    }
}

#[tokio::test]
async fn a_link_needs_the_request_or_a_persons_confirmation() {
    let server = Server::start().await;
    let (_, letter) = server.letter_to(ANN).await;
    let link = format!("/api/link/{}", super::door::token(&letter));
    let view = server.get(&link).await.json();
    assert_eq!((&view["purpose"], &view["email"]), (&json!("sign_in"), &json!(ANN)));
    assert_eq!(view["needs"], json!(["confirm"]));
    for body in [json!({}), json!({ "confirm": "no" }), json!({ "request": "not ours" })] {
        let refusal = server.post(&link, body).await.refusal();
        assert_eq!(refusal, (422, "confirmation_required".into(), Some("confirm".into())));
    }
    let outcome = server.post(&link, json!({ "confirm": "yes" })).await.json();
    assert_eq!(outcome["outcome"], "confirmed");
    assert_eq!(server.get(&link).await.refusal().0, 410);
}

#[tokio::test]
async fn a_second_email_at_once_is_refused_with_the_time_to_wait() {
    let server = Server::start().await;
    let (request, _) = server.letter_to(ANN).await;
    for (path, body) in [
        ("/api/resend", json!({ "request": request })),
        ("/api/sign-in", json!({ "email": ANN, "request": request })),
    ] {
        let answer = server.post(path, body).await;
        assert_eq!(answer.refusal(), (429, "too_many_mails".into(), None));
        assert_eq!(answer.headers["retry-after"], "30");
        assert_eq!(answer.json()["retry_after"], 30);
    }
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let server = Server::start().await;
    for path in
        ["/api", "/api/", "/api/nothing", "/api/session/", "/api//session", "/api/link/", "/api/link/a/b"]
    {
        assert_eq!(server.get(path).await.refusal(), (404, "not_found".into(), None), "{path}");
    }
}

#[tokio::test]
async fn other_methods_are_refused_and_other_origins_get_no_access() {
    let server = Server::start().await;
    let known: BTreeMap<String, Vec<Method>> = api::paths().into_iter().collect();
    assert_eq!(known["/api/link/{token}"], [Method::GET, Method::POST]);
    assert_eq!((&known["/api/openapi.json"], &known["/api/docs"]), (&vec![Method::GET], &vec![Method::GET]));
    for (path, known) in known {
        for method in [Method::GET, Method::POST, Method::DELETE, Method::PUT, Method::OPTIONS, Method::TRACE]
        {
            let is_known = known.contains(&method);
            let path = path.replace("{token}", "x");
            let answer = server.send(method, &path, &[("origin", "https://evil.example")], "").await;
            assert_eq!(answer.status != StatusCode::METHOD_NOT_ALLOWED, is_known, "{path}");
            assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control")));
        }
    }
}

#[test]
fn only_a_server_error_names_its_request() {
    let draw = |code| {
        let response = api::problem::draw(&Problem::of(code), "request-1");
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let text = runtime.block_on(response.into_body().into_string()).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()
    };
    assert_eq!(draw(Code::Internal)["request_id"], "request-1");
    for code in Code::all().filter(|code| *code != Code::Internal) {
        let body = draw(code);
        let fields: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields.len(), 5, "{fields:?}");
    }
}
