//! Registering and signing in with a password over JSON, with right and wrong input.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::door::{ANN, Server, token};

const PASSWORD: &str = "three quiet otters";
const PATHS: [&str; 2] = ["/api/register", "/api/sign-in/password"];

fn ann() -> Value {
    json!({ "email": ANN, "password": PASSWORD })
}

#[tokio::test]
async fn a_missing_or_wrong_password_is_named() {
    let server = Server::start().await;
    for path in PATHS {
        for (body, code, field) in [
            (json!({}), "missing_field", "email"),
            (json!({ "email": ANN }), "missing_field", "password"),
            (json!({ "password": PASSWORD }), "missing_field", "email"),
            (json!({ "email": [ANN], "password": PASSWORD }), "invalid_field", "email"),
            (json!({ "email": ANN, "password": 123_456_789_012_u64 }), "invalid_field", "password"),
            (json!({ "email": ANN, "password": [PASSWORD] }), "invalid_field", "password"),
            (json!({ "email": ANN, "password": { "": PASSWORD } }), "invalid_field", "password"),
            (json!({ "email": ANN, "password": true }), "invalid_field", "password"),
            (json!({ "email": ANN, "password": null }), "invalid_field", "password"),
            (json!({ "email": "ann", "password": PASSWORD }), "invalid_email", "email"),
        ] {
            let answer = server.post(path, body.clone()).await;
            assert_eq!(answer.refusal(), (422, code.into(), Some(field.into())), "{path} {body}");
        }
    }
}

#[tokio::test]
async fn a_field_that_is_sent_twice_is_refused() {
    let server = Server::start().await;
    for path in PATHS {
        for (body, field) in [
            (r#"{"email":"ann@example.org","password":"three quiet otters","password":"x"}"#, "password"),
            (r#"{"email":"ann@example.org","email":"bob@example.org","password":"x"}"#, "email"),
        ] {
            let answer = server.post_text(path, &[], body).await;
            assert_eq!(answer.refusal(), (422, "invalid_field".into(), Some(field.into())), "{path} {body}");
        }
    }
}

#[tokio::test]
async fn bytes_that_are_not_utf_8_are_malformed() {
    let server = Server::start().await;
    for path in PATHS {
        for bad in [&b"\xff\xfe"[..], b"\xc3\x28", b"\xed\xa0\x80", b"\xf0\x28\x8c\xbc"] {
            let mut body = br#"{"email":"ann@example.org","password":"three quiet "#.to_vec();
            body.extend_from_slice(bad);
            body.extend_from_slice(br#""}"#);
            let answer = server.post_bytes(path, body).await;
            assert_eq!(answer.refusal(), (400, "malformed".into(), None), "{path} {bad:?}");
        }
        // Half of a surrogate pair is not a character either.
        let body = r#"{"email":"ann@example.org","password":"three quiet \ud800"}"#;
        assert_eq!(server.post_text(path, &[], body).await.refusal().1, "malformed");
    }
}

#[tokio::test]
async fn a_body_of_many_megabytes_is_refused() {
    let server = Server::start().await;
    for path in PATHS {
        let huge = json!({ "email": ANN, "password": "x".repeat(10 << 20) });
        assert_eq!(server.post(path, huge).await.refusal(), (413, "too_large".into(), None), "{path}");
        let large = json!({ "email": ANN, "password": "x".repeat(60_000) });
        assert!(matches!(server.post(path, large).await.refusal().0, 401 | 422), "{path}");
    }
}

#[tokio::test]
async fn unknown_fields_change_nothing() {
    let server = Server::start().await;
    let id = "00000000000000000000000000000001";
    let greedy = json!({
        "email": ANN, "password": PASSWORD, "request": null,
        "admin": true, "disabled": false, "confirmed_at": "1999-01-01T00:00:00.000Z",
        "registered_at": "1999-01-01T00:00:00.000Z", "id": id, "has_password": false,
        "pending_email": "eve@example.org", "epoch": 7, "salt": [1], "purpose": "sign_in",
        "account": { "admin": true, "id": id }, "confirm": "yes", "next": "//evil.example",
    });
    let queued = server.post("/api/register", greedy.clone()).await;
    assert_eq!(queued.status, StatusCode::ACCEPTED, "{queued:?}");
    let letter = server.next_letter_to(ANN).await;
    let mut body = greedy.clone();
    body["request"] = queued.json()["request"].clone();
    let outcome = server.post(&format!("/api/link/{}", token(&letter)), body).await.json();
    let signed_in = server.post("/api/sign-in/password", greedy).await.json();
    for answer in [outcome, signed_in] {
        let account = &answer["account"];
        assert_eq!((&account["admin"], &account["has_password"]), (&json!(false), &json!(true)), "{answer}");
        assert_eq!(account["registered_at"], "2026-01-01T00:00:00.000Z");
        assert_eq!(
            (&account["confirmed_at"], &account["pending_email"]),
            (&account["registered_at"], &json!(null))
        );
        assert_ne!(account["id"], id);
    }
}

#[tokio::test]
async fn the_password_of_a_pending_registration_returns_its_request() {
    let server = Server::start().await;
    let queued = server.post("/api/register", ann()).await.json();
    let letter = server.next_letter_to(ANN).await;
    let unconfirmed = server.post("/api/sign-in/password", ann()).await;
    assert_eq!(unconfirmed.refusal(), (403, "unconfirmed".into(), None));
    let problem = unconfirmed.json();
    assert_eq!((&problem["request"], &problem["expires_at"]), (&queued["request"], &queued["expires_at"]));
    assert_eq!(problem["expires_at"], "2026-01-02T00:00:00.000Z");
    assert!(!unconfirmed.headers.contains_key("www-authenticate"));
    let request = &problem["request"];
    server.pass_half_a_minute();
    let again = server.post("/api/resend", json!({ "request": request })).await;
    assert_eq!(again.status, StatusCode::ACCEPTED);
    assert_eq!(server.next_letter_to(ANN).await.code, letter.code);
    let body = json!({ "request": request, "code": letter.code.unwrap().as_str() });
    let outcome = server.post("/api/code", body).await.json();
    assert_eq!(
        (&outcome["outcome"], &outcome["account"]["has_password"]),
        (&json!("confirmed"), &json!(true))
    );
}

#[tokio::test]
async fn a_refused_password_sends_no_www_authenticate() {
    let server = Server::start().await;
    let refused = server.post("/api/sign-in/password", ann()).await;
    assert_eq!(refused.refusal(), (401, "invalid_credentials".into(), None));
    assert!(!refused.headers.contains_key("www-authenticate"));
    for member in ["request", "expires_at"] {
        assert!(refused.json().get(member).is_none(), "{member}");
    }
}

#[tokio::test]
async fn a_password_sign_in_replaces_the_session_it_was_sent_with() {
    let server = Server::start().await;
    server.post("/api/register", ann()).await;
    let letter = server.next_letter_to(ANN).await;
    let link = format!("/api/link/{}", token(&letter));
    let view = server.get(&link).await.json();
    assert_eq!((&view["purpose"], &view["needs"]), (&json!("register"), &json!(["confirm"])));
    let body = json!({ "confirm": "yes", "password": "an entirely new one" });
    let confirmed = server.post(&link, body).await.json();
    assert_eq!(confirmed["outcome"], "confirmed");
    let old = confirmed["session"]["token"].as_str().unwrap().to_owned();
    let body = json!({ "email": ANN, "password": "an entirely new one" });
    let bearer = format!("Bearer {old}");
    let outcome = server.post_with("/api/sign-in/password", &[("authorization", &bearer)], body).await.json();
    assert_eq!(outcome["outcome"], "signed_in");
    assert_eq!(outcome["account"], confirmed["account"]);
    let new = outcome["session"]["token"].as_str().unwrap();
    assert_eq!(server.get_as(&old, "/api/session").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(server.get_as(new, "/api/session").await.status, StatusCode::OK);
}
