//! The document: checked in, complete, and true of every response.

use std::collections::BTreeSet;
use std::path::Path;

use gatepost::path;
use gatepost::web::api;
use serde_json::{Map, Value};

use super::conformity::{assert_conforms, assert_said, document, operations};
use super::door::{ANN, Server, token};
use crate::harness::http::Reply;

#[test]
fn the_document_is_the_checked_in_file() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    let document = api::document();
    #[expect(clippy::disallowed_methods, reason = "how a developer has the file written")]
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(&file, &document).unwrap();
    }
    let checked_in = std::fs::read_to_string(&file).unwrap();
    let differs = checked_in.lines().zip(document.lines()).find(|(old, new)| old != new);
    assert!(
        checked_in == document,
        "docs/openapi.json differs from the code, first at {differs:?}. If the change is intended: \
         UPDATE=1 cargo test --test it the_document_is_the_checked_in_file"
    );
}

#[test]
fn every_operation_is_described() {
    let document = document();
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id), "{id} twice");
        assert!(operation["summary"].as_str().is_some_and(|it| !it.contains('\n')), "{method} {path}");
        assert!(operation["tags"].as_array().is_some_and(|tags| tags.len() == 1), "{id}");
        let answers = operation["responses"].as_object().unwrap();
        assert!(answers.keys().any(|status| status.starts_with('2')), "{id}");
        for (status, answer) in answers {
            assert!(answer["description"].as_str().is_some_and(|it| !it.is_empty()), "{id} {status}");
            if !status.starts_with('2') {
                let content = &answer["content"]["application/problem+json"];
                assert_eq!(content["schema"]["$ref"], "#/components/schemas/Problem", "{id} {status}");
            }
        }
        for status in ["400", "421", "500", "503"] {
            assert!(answers.contains_key(status), "{id} {status}");
        }
        let body_answers = ["413", "415", "422"].map(|status| answers.contains_key(status));
        if operation["requestBody"].is_object() {
            assert_eq!(body_answers, [true; 3], "{id}");
        }
    }
    assert_eq!(document["components"]["securitySchemes"]["session"]["scheme"], "bearer");
}

#[test]
fn every_path_is_that_of_a_page() {
    let link = format!("{}{{token}}", path::LINK);
    let end = path::session_end("{id}");
    let (retry, stop) = (path::email_retry("{id}"), path::email_drop("{id}"));
    let pages = [
        path::FORGOT_PASSWORD,
        path::PROFILE_PASSWORD,
        path::PROFILE_PASSWORD_REMOVE,
        path::PROFILE_EMAIL,
        path::PROFILE_EMAIL_CANCEL,
        path::PROFILE_SESSIONS,
        path::PROFILE_END_OTHERS,
        &end,
        path::PROFILE_EXPORT,
        path::PROFILE_DELETE,
        path::REAUTHENTICATE,
        path::REAUTHENTICATE_MAIL,
        path::REGISTER,
        path::SIGN_IN,
        path::SIGN_IN_PASSWORD,
        path::RESEND,
        path::CODE,
        &link,
        path::PROFILE,
        path::PROFILE_NOTICES,
        path::SIGN_OUT,
        path::MAILBOX,
        path::ADMIN,
        path::ADMIN_MAIL,
        &retry,
        &stop,
        path::ADMIN_SETTINGS,
    ];
    let mut expected: BTreeSet<String> = pages.iter().map(|page| format!("{}{page}", path::API)).collect();
    expected.insert(format!("{}{}", path::API, path::SESSION));
    let paths: BTreeSet<String> = operations(&document()).map(|(path, ..)| path.to_owned()).collect();
    assert_eq!(paths, expected);
}

#[test]
fn every_object_describes_its_fields_and_has_an_example_that_conforms() {
    let document = document();
    for (name, object) in document["components"]["schemas"].as_object().unwrap() {
        assert!(object["description"].is_string(), "{name}");
        assert_ne!(object["required"], serde_json::json!([]), "{name}: a validator refuses an empty list");
        for (field, property) in object["properties"].as_object().into_iter().flatten() {
            let is_described = property["description"].is_string();
            assert!(is_described, "{name}.{field}");
            let values = property["enum"].as_array().map_or(1, Vec::len);
            assert_eq!(values, 1, "{name}.{field} is a closed list");
        }
        assert_conforms(&document, object, &object["example"]);
    }
}

/// A client that is generated from the document needs no assertion to get at a token.
#[test]
fn a_session_and_its_token_are_required_wherever_they_always_are() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    let requires = |object: &str, field: &str| {
        schemas[object]["required"].as_array().unwrap().contains(&Value::from(field))
    };
    for object in ["Outcome", "Renewed", "Profile"] {
        assert!(requires(object, "session"), "{object}");
    }
    assert!(requires("NewSession", "token"));
    for (object, session) in [("Outcome", "NewSession"), ("Renewed", "NewSession"), ("Profile", "Session")] {
        let reference = &schemas[object]["properties"]["session"]["allOf"][0]["$ref"];
        assert_eq!(*reference, format!("#/components/schemas/{session}"), "{object}");
    }
    for object in ["EmailRestored", "AccountSecured"] {
        assert_eq!(schemas[object]["properties"].get("session"), None, "{object}");
    }
    for (path, method, operation) in operations(&document) {
        let content = &operation["responses"]["200"]["content"]["application/json"];
        let object = content["schema"]["$ref"].as_str().and_then(|it| it.rsplit('/').next());
        let expected = match path.strip_prefix("/api").unwrap() {
            "/code" | "/sign-in/password" | "/reauthenticate" => "Outcome",
            "/link/{token}" if method == "post" => "LinkOutcome",
            "/profile/password"
            | "/profile/password/remove"
            | "/profile/email/cancel"
            | "/profile/notices"
            | "/profile/sessions/end-others" => "Renewed",
            _ => continue,
        };
        assert_eq!(object, Some(expected), "{method} {path}");
    }
}

#[test]
fn lists_of_values_are_documented_and_open() {
    let document = document();
    for (object, field, value) in [
        ("Outcome", "outcome", "confirmed"),
        ("Link", "purpose", "sign_in"),
        ("Link", "needs", "confirm"),
        ("Problem", "code", "wrong_code"),
        ("MailQueued", "code", "mail_queued"),
        ("Event", "outcome", "success"),
    ] {
        let property = &document["components"]["schemas"][object]["properties"][field];
        let description = property["description"].as_str().unwrap();
        assert!(description.contains(&format!("`{value}`")), "{object}.{field}");
        assert!(description.ends_with("New values may be added."), "{object}.{field}");
        let texts = property.get("items").unwrap_or(property);
        assert!(texts["x-extensible-enum"].as_array().unwrap().contains(&value.into()), "{object}.{field}");
    }
}

#[test]
fn the_groups_are_in_the_order_of_a_first_sign_in() {
    let document = document();
    let groups: Vec<&str> =
        document["tags"].as_array().unwrap().iter().map(|group| group["name"].as_str().unwrap()).collect();
    assert_eq!(
        groups,
        [
            "Sign in",
            "Register",
            "Resend",
            "Mailbox",
            "Code and link",
            "Session",
            "Forgotten password",
            "Confirm it's you",
            "Account",
            "Devices",
            "Overview",
            "Emails",
            "Settings",
        ]
    );
}

#[tokio::test]
async fn responses_are_as_documented() {
    let (document, server) = (document(), Server::start().await);
    let check = |path: &str, method: &str, answer: &Reply| assert_said(&document, path, method, answer);
    let queued = server.post("/api/sign-in", Map::from_iter([("email".into(), ANN.into())])).await;
    check("/api/sign-in", "post", &queued);
    check("/api/resend", "post", &server.post("/api/resend", serde_json::json!({})).await);
    let eve = serde_json::json!({ "email": "eve@example.org", "password": "three quiet otters" });
    check("/api/register", "post", &server.post("/api/register", eve.clone()).await);
    let unconfirmed = server.post("/api/sign-in/password", eve).await;
    assert_eq!(unconfirmed.status, 403);
    check("/api/sign-in/password", "post", &unconfirmed);
    let (request, letter) = server.letter_to("bob@example.org").await;
    check("/api/mailbox", "get", &server.get("/api/mailbox").await);
    let link = format!("/api/link/{}", token(&letter));
    check("/api/link/{token}", "get", &server.get(&link).await);
    check("/api/link/{token}", "post", &server.post(&link, serde_json::json!({})).await);
    let outcome = server.post(&link, serde_json::json!({ "request": request })).await;
    check("/api/link/{token}", "post", &outcome);
    let session = outcome.json()["session"]["token"].as_str().unwrap().to_owned();
    check("/api/session", "get", &server.get_as(&session, "/api/session").await);
    check("/api/session", "get", &server.get("/api/session").await);
    check("/api/profile", "get", &server.get_as(&session, "/api/profile").await);
}

#[tokio::test]
async fn the_document_is_served_and_there_is_a_page_to_read_it() {
    let server = Server::start().await;
    let answer = server.get("/api/openapi.json").await;
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.body, api::document());
    let page = server.get("/api/docs").await;
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    for (path, _, operation) in operations(&document()) {
        assert!(page.body.contains(path), "{path}");
        assert!(page.body.contains(&format!("id={}", operation["operationId"])), "{path}");
    }
    // A link to something folded opens it in the browser, but only from inside.
    assert_eq!(page.body.matches("<summary>").count(), page.body.matches("<details").count());
    for code in page.body.split("<pre>").collect::<Vec<_>>().windows(2) {
        let around = code[0].rsplit_once("<section").unwrap().1;
        assert!(around.contains("tabindex=\"0\" aria-label=\""), "the keyboard cannot scroll {around}");
    }
    for forbidden in ["<style", " style=", " onclick=", "https://"] {
        assert!(!page.body.contains(forbidden), "{forbidden}");
    }
    for script in page.body.split("<script").skip(1) {
        let (attributes, content) = script.split_once('>').unwrap();
        assert!(attributes.starts_with(" src=\"/assets/"), "{attributes}");
        assert!(content.starts_with("</script>"), "{attributes}");
    }
}

#[tokio::test]
async fn the_type_of_a_problem_leads_to_its_explanation() {
    let server = Server::start().await;
    let page = server.get("/api/docs").await.body;
    for code in gatepost::web::problem::Code::all() {
        assert_eq!(page.matches(&format!("id=\"{}\"", code.as_str())).count(), 1, "{code:?}");
    }
}
