//! Adding an account whose owner gets the link by email.

use serde_json::Value;

use super::accounts::{both_ways, open_once};
use super::serving::Server;
use super::{Place, gatepost, refusal};
use crate::harness::caller::Door;
use crate::mail::sink::Sink;

const ANN: &str = "ann@example.org";

/// Adds an account with the settings of a server that sends email.
fn add(place: &Place, arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let mut command = gatepost(&[&["account", "add", "--email"], arguments].concat());
    command.envs(environment.iter().copied()).arg("--data").arg(place.data()).current_dir("/");
    let output = command.output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_of_an_added_account_gets_the_link_and_the_operator_does_not() {
    let (place, sink) = (Place::with_store(), Sink::good().await);
    let url = format!("smtp://127.0.0.1:{}?tls=none", sink.port);
    let environment = [("GATEPOST_MAIL__TRANSPORT", "smtp"), ("GATEPOST_MAIL__SMTP_URL", url.as_str())];
    // Without a server, the email waits for the next one.
    let said = add(&place, &["Ann@Example.org", "--admin"], &environment);
    let sentence =
        "Added Ann@example.org. The server emails its owner a one-time sign-in link, valid until 20";
    assert!(said.starts_with(sentence) && said.ends_with(" UTC.\n"), "{said}");
    let server = Server::start(&place.data(), &environment);
    let said = add(&place, &["bob@example.org", "--json"], &environment);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (&said["account"]["email"], &said["account"]["admin"]),
        (&"bob@example.org".into(), &false.into())
    );
    assert!(said["expires_at"].is_string() && said["link"].is_null(), "{said}");

    let mails = sink.mails(2).await;
    for (to, email, door) in
        [(ANN, "Ann@example.org", Door::Pages), ("bob@example.org", "bob@example.org", Door::Json)]
    {
        let mail = mails.iter().find(|mail| mail.to.eq_ignore_ascii_case(to)).unwrap();
        let text = String::from_utf8_lossy(&mail.data);
        assert!(
            text.contains("Your account at Gatepost") && text.contains("The link expires 24 hours after"),
            "{text}"
        );
        open_once(&server, &mail.link(), email, door).await;
    }
    assert_eq!(place.json(&["account", "show", ANN])["admin"], true);
    server.stop();
    assert_eq!(sink.mails(2).await.len(), 2, "each email was sent once");
}

#[test]
fn a_link_is_not_emailed_by_a_server_that_sends_no_email() {
    both_ways(|place| {
        let line = place.refused(&["account", "add", ANN, "--email"]);
        assert!(
            line.starts_with("gatepost: mail.transport is \"mailbox\", so no email leaves this server"),
            "{line}"
        );
        assert!(line.ends_with("leave out --email to get the link here"), "{line}");
        assert_eq!(place.answer(&["account", "list"]), "No accounts yet.\n");
    });
}

#[test]
fn an_address_that_is_taken_gets_no_email() {
    let place = Place::with_store();
    place.answer(&["account", "add", ANN]);
    let output = gatepost(&["account", "add", "--email", ANN, "--data"])
        .arg(place.data())
        .env("GATEPOST_MAIL__TRANSPORT", "sendmail")
        .current_dir("/")
        .output();
    assert_eq!(refusal(&output.unwrap()), "gatepost: ann@example.org already has an account");
}
