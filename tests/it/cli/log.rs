//! What the log says about the settings of a server, and about one email from its request to its end.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::Signal;
use serde_json::Value;

use super::Place;
use super::serving::Server;
use crate::harness::caller::{Answer, Caller, Door};
use crate::mail::sink::{Act, Security, Sink, Stage};

fn lines(mut server: Server) -> Vec<Value> {
    server.signal(Signal::TERM);
    let mut log = String::new();
    server.log.read_to_string(&mut log).unwrap();
    assert_eq!(server.exit_code(), Some(0));
    log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_start_names_every_unsafe_setting_and_nothing_where_all_are_safe() {
    let place = Place::with_store();
    let start = |environment: &[(&str, &str)]| {
        let server = Server::start(&place.data(), environment);
        let line = server.start_line().clone();
        server.stop();
        line["unsafe"].clone()
    };
    let safe = [
        ("GATEPOST_PUBLIC_URL", "https://id.example.org"),
        ("GATEPOST_TRUSTED_PROXIES", "127.0.0.1"),
        ("GATEPOST_MAIL__TRANSPORT", "smtp"),
        ("GATEPOST_MAIL__SMTP_URL", "smtps://mail.example.org"),
        ("GATEPOST_MAIL__FROM", "Gatepost <gatepost@example.org>"),
    ];
    assert_eq!(start(&safe), Value::Null);
    let server = Server::start(&place.data(), &[]);
    let line = server.start_line();
    assert_eq!((&line["version"], &line["engine"]), (&env!("CARGO_PKG_VERSION").into(), &"sled".into()));
    assert_eq!(line["key"], place.data().join("key").to_str().unwrap());
    let dangers = line["unsafe"].as_str().unwrap();
    assert!(
        dangers.starts_with("public_url is http: ") && dangers.contains("; mail.transport is \"mailbox\": ")
    );
    server.stop();
    for (name, value, danger) in [
        ("GATEPOST_MAIL__SMTP_URL", "smtp://127.0.0.1:25?tls=none", "mail.smtp_url has tls=none"),
        ("GATEPOST_LIMITS__MAILS_PER_HOUR", "0", "limits.mails_per_hour is 0: there is no such limit"),
        ("GATEPOST_LIMITS__CODES_PER_ADDRESS_DAY", "0", "limits.codes_per_address_day is 0"),
    ] {
        let others = safe.into_iter().filter(|(other, _)| *other != name);
        let environment: Vec<(&str, &str)> = others.chain([(name, value)]).collect();
        let dangers = start(&environment);
        let dangers = dangers.as_str().unwrap();
        assert!(dangers.starts_with(danger) && !dangers.contains("; "), "{name}: {dangers}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_about_an_email_have_the_same_id_from_its_request_to_its_end_also_after_a_restart() {
    let place = Place::with_store();
    let is_ready = Arc::new(AtomicBool::new(false));
    let ready = Arc::clone(&is_ready);
    let sink = Sink::start(Security::None, move |moment| match moment.stage {
        Stage::Rcpt if !ready.load(Ordering::Relaxed) => Act::say("451 later"),
        _ => Act::Behave,
    })
    .await;
    let url = format!("smtp://127.0.0.1:{}?tls=none", sink.port);
    let environment = [("GATEPOST_MAIL__TRANSPORT", "smtp"), ("GATEPOST_MAIL__SMTP_URL", url.as_str())];
    let server = Server::start(&place.data(), &environment);
    let mut ann = Caller::new(Door::Json, server.address);
    assert_eq!(ann.ask("ann@example.org").await, Answer::Done);
    // Once it is tried again, the first attempt has its line.
    sink.until(|seen| seen.moments.iter().filter(|moment| moment.stage == Stage::Rcpt).count() > 1).await;
    let first = lines(server);
    is_ready.store(true, Ordering::Relaxed);
    let server = Server::start(&place.data(), &environment);
    sink.mails(1).await;
    let second = lines(server);
    let requested = first.iter().find(|line| line["event"] == "authn_token_created").unwrap();
    let id = requested["letter.id"].as_str().unwrap();
    assert!(requested["request.id"].is_string() && id.len() == 24, "{requested}");
    assert_eq!(first.iter().find(|line| line["message"] == "email delayed").unwrap()["letter.id"], id);
    assert_eq!(second.iter().find(|line| line["message"] == "email sent").unwrap()["letter.id"], id);
    assert_eq!(second.iter().find(|line| line["event"] == "mail_sent").unwrap()["letter.id"], id);
    assert_eq!(sink.mails(1).await[0].id().to_string(), id, "and so has its Message-ID");
}
