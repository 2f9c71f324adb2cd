//! The mailbox over JSON.

use std::pin::pin;
use std::time::Duration;

use hyper::StatusCode;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::door::{ANN, Server};

fn addresses(letters: &Value) -> Vec<&str> {
    letters["letters"].as_array().unwrap().iter().map(|letter| letter["to"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn emails_are_listed_newest_first_and_by_address() {
    let server = Server::start().await;
    for address in [ANN, "bob@example.org"] {
        server.letter_to(address).await;
    }
    let all = server.get("/api/mailbox").await.json();
    assert_eq!(addresses(&all), ["bob@example.org", ANN]);
    let (_, letter) = server.letter_to(ANN).await;
    let anns = server.get("/api/mailbox?to=ANN%40Example.ORG").await.json();
    assert_eq!(addresses(&anns), [ANN, ANN]);
    assert_eq!(anns["letters"][0]["id"], letter.id.to_string());
    assert_eq!(anns["letters"][0]["link"], letter.link.unwrap());
    assert_eq!(anns["letters"][0]["code"], letter.code.unwrap().as_str());
    assert_eq!(server.get("/api/mailbox?to=eve@example.org").await.json(), json!({ "letters": [] }));
}

#[tokio::test]
async fn the_mailbox_waits_for_a_queued_email() {
    let server = Server::start().await;
    server.letter_to(ANN).await;
    server.ask_while_post_rests(ANN).await;
    let path = format!("/api/mailbox?to={ANN}&wait=30");
    let mut answer = pin!(server.get(&path));
    let too_early = timeout(Duration::from_millis(300), &mut answer).await;
    assert!(too_early.is_err(), "responded before the queued email arrived");
    server.post_goes_on();
    assert_eq!(addresses(&answer.await.json()), [ANN, ANN], "the new email is there");
}

#[tokio::test]
async fn the_mailbox_waits_for_the_first_email_to_an_address() {
    let server = Server::start().await;
    let path = format!("/api/mailbox?to={ANN}&wait=30");
    let ask = async {
        server.letter_to("bob@example.org").await;
        server.letter_to(ANN).await;
    };
    let (letters, ()) = tokio::join!(server.get(&path), ask);
    assert_eq!(addresses(&letters.json()), [ANN]);
}

#[tokio::test]
async fn the_mailbox_waits_no_longer_than_asked_and_not_for_emails_that_are_there() {
    let server = Server::start().await;
    for asked in ["0", "1"] {
        let answer = server.get(&format!("/api/mailbox?wait={asked}")).await;
        assert_eq!(answer.json(), json!({ "letters": [] }));
    }
    server.letter_to(ANN).await;
    let at_once = timeout(Duration::from_secs(5), server.get("/api/mailbox?wait=30")).await;
    assert_eq!(addresses(&at_once.unwrap().json()), [ANN]);
}

#[tokio::test]
async fn a_wrong_parameter_is_named() {
    let server = Server::start().await;
    for (query, code, field) in [
        ("to=ann", "invalid_email", "to"),
        ("wait=soon", "invalid_field", "wait"),
        ("wait=-1", "invalid_field", "wait"),
        ("wait=", "invalid_field", "wait"),
    ] {
        let answer = server.get(&format!("/api/mailbox?{query}")).await;
        assert_eq!(answer.refusal(), (422, code.into(), Some(field.into())), "{query}");
    }
}

#[tokio::test]
async fn the_mailbox_is_not_available_through_a_proxy() {
    let server = Server::start().await;
    let not_found = (404, "not_found".to_owned(), None);
    for name in
        ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Anything", "X-Real-IP", "Via"]
    {
        let answer = server.get_with("/api/mailbox", &[(name, "")]).await;
        assert_eq!(answer.refusal(), not_found, "{name}");
    }
    let old = server.get_in_http_1_0("/api/mailbox").await;
    assert!(old.starts_with("HTTP/1.0 404 ") && old.contains("\"not_found\""), "{old}");
    assert_eq!(server.get("/api/mailbox").await.status, StatusCode::OK);
}

#[tokio::test]
async fn there_is_no_mailbox_with_another_transport() {
    let server = Server::start_with_smtp().await;
    assert_eq!(server.get("/api/mailbox?wait=x").await.refusal().0, 422);
    assert_eq!(server.get("/api/mailbox").await.refusal(), (404, "not_found".into(), None));
}
