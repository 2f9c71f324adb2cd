//! The document: checked in, complete, and true.

use std::collections::BTreeSet;
use std::path::Path;

use gatepost::path;
use gatepost::web::api;
use serde_json::{Map, Value};

use super::door::{ANN, Server, token};
use crate::harness::http::Reply;

pub(super) fn document() -> Value {
    serde_json::from_str(&api::document()).unwrap()
}

fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    document["paths"].as_object().unwrap().iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(|(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

fn schema<'a>(document: &'a Value, of: &'a Value) -> &'a Value {
    let of = of.get("allOf").map_or(of, |parts| &parts[0]);
    match of["$ref"].as_str() {
        Some(reference) => document.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => of,
    }
}

/// Fails unless `value` is just what the document says of it: every field that is required, none
/// that is unknown, each of its type.
fn assert_conforms(document: &Value, of: &Value, value: &Value) {
    let of = schema(document, of);
    if value.is_null() {
        assert_eq!(of["nullable"], true, "null for {of}");
        return;
    }
    match of["type"].as_str().unwrap() {
        "object" => {
            let properties = of["properties"].as_object().unwrap();
            for required in of["required"].as_array().into_iter().flatten() {
                assert!(value.get(required.as_str().unwrap()).is_some(), "{required} is not in {value}");
            }
            for (name, value) in value.as_object().unwrap() {
                assert_conforms(document, properties.get(name).expect(name), value);
            }
        }
        "array" => {
            for value in value.as_array().unwrap() {
                assert_conforms(document, &of["items"], value);
            }
        }
        "boolean" => assert!(value.is_boolean(), "{value}"),
        "integer" => assert!(value.is_u64(), "{value}"),
        "string" if of["format"] == "date-time" => {
            let time = value.as_str().unwrap();
            assert!(time.ends_with('Z') && time.parse::<jiff::Timestamp>().is_ok(), "{time}");
        }
        "string" => assert!(value.is_string(), "{value}"),
        kind => panic!("{kind}"),
    }
}

/// Fails unless an answer is one that the document tells of.
pub(super) fn assert_said(document: &Value, path: &str, method: &str, answer: &Reply) {
    let said = &document["paths"][path][method]["responses"][answer.status.as_str()];
    assert!(said.is_object(), "{path} {answer:?}");
    let Some(content) = said["content"].as_object() else {
        return assert_eq!(answer.body, "", "{path}");
    };
    assert_conforms(document, &content.values().next().unwrap()["schema"], &answer.json());
}

#[test]
fn the_document_is_the_checked_in_file() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    let document = api::document();
    #[expect(clippy::disallowed_methods, reason = "how a person asks for the file to be written anew")]
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(&file, &document).unwrap();
    }
    let checked_in = std::fs::read_to_string(&file).unwrap();
    let differs = checked_in.lines().zip(document.lines()).find(|(old, new)| old != new);
    assert!(
        checked_in == document,
        "docs/openapi.json is not what the code says, first at {differs:?}. If the change is meant: \
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
        path::SIGN_OUT,
        path::MAILBOX,
    ];
    let mut expected: BTreeSet<String> = pages.iter().map(|page| format!("{}{page}", path::API)).collect();
    expected.insert(format!("{}{}", path::API, path::SESSION));
    let paths: BTreeSet<String> = operations(&document()).map(|(path, ..)| path.to_owned()).collect();
    assert_eq!(paths, expected);
}

#[test]
fn every_object_has_fields_in_words_and_an_example_that_fits() {
    let document = document();
    for (name, object) in document["components"]["schemas"].as_object().unwrap() {
        assert!(object["description"].is_string(), "{name}");
        assert_ne!(object["required"], serde_json::json!([]), "{name}: a validator refuses an empty list");
        for (field, property) in object["properties"].as_object().unwrap() {
            let is_described = property["description"].is_string();
            assert!(is_described, "{name}.{field}");
            assert!(property["enum"].is_null(), "{name}.{field} is a closed list");
        }
        assert_conforms(&document, object, &object["example"]);
    }
}

#[tokio::test]
async fn answers_are_what_the_document_says() {
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
async fn the_document_is_served_with_a_page_to_read() {
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
async fn the_type_of_a_problem_leads_to_what_it_means() {
    let server = Server::start().await;
    let page = server.get("/api/docs").await.body;
    for code in gatepost::web::problem::Code::all() {
        assert!(page.contains(&format!("id=\"{}\"", code.as_str())), "{code:?}");
    }
}
