//! The drills, against a running server and without one.

mod verdict;

use std::io::BufReader;
use std::process::Stdio;

use serde_json::Value;

use super::accounts::open_once;
use super::serving::{Server, line_with};
use super::{Place, gatepost, refusal};
use crate::harness::caller::Door;
use crate::mail::sink::{Act, Security, Sink, Stage};

const ANN: &str = "ann@example.org";
/// How many things are done to a link.
const RUNGS: usize = 12;

/// The settings of a server that sends email to this sink.
fn through(sink: &Sink) -> [(&'static str, String); 2] {
    let url = format!("smtp://127.0.0.1:{}?tls=none", sink.port);
    [("GATEPOST_MAIL__TRANSPORT", "smtp".to_owned()), ("GATEPOST_MAIL__SMTP_URL", url)]
}

fn start(place: &Place, environment: &[(&'static str, String)]) -> Server {
    let environment: Vec<(&str, &str)> =
        environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Server::start(&place.data(), &environment)
}

/// A drill with the address of a running server.
fn drill<'a>(arguments: &[&'a str], listen: &'a str) -> Vec<&'a str> {
    [&["doctor"], arguments, &["--listen", listen]].concat()
}

fn listen(server: &Server) -> String {
    server.address.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_survives_everything_that_mail_scanners_do_and_a_person_can_still_use_it() {
    let (place, sink) = (Place::with_store(), Sink::good().await);
    let server = start(&place, &through(&sink));
    let told = place.answer(&drill(&["scanner", ANN], &listen(&server)));
    assert!(told.starts_with("The email to ann@example.org left after "), "{told}");
    let works = told.lines().filter(|line| line.starts_with("works  ")).count();
    assert_eq!(works, RUNGS + 2, "{told}");
    assert!(told.lines().last().unwrap().starts_with("The link still works after all of this."), "{told}");
    // It has left nothing but the email, and its link works as ever.
    assert_eq!(place.answer(&["account", "list"]), "No accounts yet.\n");
    let mails = sink.mails(1).await;
    assert_eq!((mails.len(), mails[0].to.as_str()), (1, ANN));
    open_once(&server, &mails[0].link(), ANN, Door::Pages).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scanner_drill_signs_no_one_in_to_an_account_that_exists() {
    let place = Place::with_store();
    place.answer(&["account", "add", ANN]);
    let server = start(&place, &[]);
    let shown: Value = serde_json::from_str(
        &place.answer(&drill(&["scanner", "Ann@example.org", "--json"], &listen(&server))),
    )
    .unwrap();
    let rungs = shown["rungs"].as_array().unwrap();
    assert_eq!(rungs.len(), RUNGS);
    for rung in rungs {
        assert_eq!(rung["outcome"], "works", "{rung}");
        assert!(!rung["statuses"].as_array().unwrap().is_empty(), "{rung}");
    }
    let statuses = |rung: &str| {
        let found = rungs.iter().find(|it| it["rung"] == rung).unwrap();
        found["statuses"].as_array().unwrap().iter().map(|it| it.as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(statuses("head"), [200]);
    assert_eq!(statuses("prefetch"), [200; 5]);
    assert_eq!(statuses("program"), [422]);
    assert!(statuses("first_opener").starts_with(&[200, 422]), "the form was refused without its tick");
    assert_eq!((&shown["requester_can_sign_in"], &shown["person_can_sign_in"]), (&true.into(), &true.into()));
    // A session would be ended by this, and counted.
    assert_eq!(
        place.answer(&["account", "sign-out", ANN]),
        "ann@example.org was not signed in on any device.\n"
    );
    // The link is void now, and the drill of the next one is not disturbed by that.
    place.answer(&drill(&["scanner", ANN], &listen(&server)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scanner_drill_works_through_a_socket_file_behind_https() {
    let (place, sink) = (Place::with_store(), Sink::good().await);
    let socket = format!("unix:{}", place.data().join("http.sock").display());
    let url = ("GATEPOST_PUBLIC_URL", "https://id.example.org".to_owned());
    let environment = [&through(&sink)[..], &[url, ("GATEPOST_LISTEN", socket)]].concat();
    let command = |arguments: &[&str]| {
        let mut command = gatepost(arguments);
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        command.arg("--data").arg(place.data()).current_dir("/");
        command
    };
    let serve = &mut command(&["serve", "--log-format", "json"]);
    let mut server = serve.stderr(Stdio::piped()).spawn().unwrap();
    // Kept to the end, so that the server can always write to its log.
    let mut log = BufReader::new(server.stderr.take().unwrap());
    line_with(&mut log, "serving");
    let output = command(&["doctor", "scanner", ANN]).output().unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(told.lines().filter(|line| line.starts_with("works  ")).count(), RUNGS + 2, "{told}");
}

#[test]
fn without_a_server_the_scanner_drill_names_the_command_that_starts_one() {
    let place = Place::with_store();
    let line = place.refused(&["doctor", "scanner", ANN]);
    let expected = format!(
        "gatepost: no server runs with the data folder {}; start one with `gatepost serve`",
        place.data().display()
    );
    assert_eq!(line, expected);
}

#[test]
fn the_scanner_drill_needs_the_address_that_the_server_listens_on() {
    let place = Place::with_store();
    let _server = start(&place, &[]);
    let line = place.refused(&drill(&["scanner", ANN], "127.0.0.1:0"));
    assert!(line.contains("name the server's own with --listen HOST:PORT"), "{line}");
    let unused = crate::harness::process::free_address().to_string();
    let line = place.refused(&drill(&["scanner", ANN], &unused));
    assert!(line.contains(&format!("no answer from {unused}: ")), "{line}");
}

#[test]
fn the_scanner_drill_says_that_an_address_cannot_sign_in() {
    let place = Place::with_store();
    place.answer(&["account", "add", "bob@example.org"]);
    place.answer(&["account", "disable", "bob@example.org"]);
    let server = start(&place, &[("GATEPOST_REGISTRATION", "false".to_owned())]);
    for address in [ANN, "bob@example.org"] {
        let output = place.command(&drill(&["scanner", address], &listen(&server)));
        let line = refusal(&output);
        assert!(line.contains(&format!("the email to {address} has no link that works")), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scanner_drill_says_that_the_mail_server_refused_the_email() {
    let place = Place::with_store();
    let sink = Sink::start(Security::None, |moment| match moment.stage {
        Stage::Rcpt => Act::say("550 5.1.1 no such user"),
        _ => Act::Behave,
    })
    .await;
    let server = start(&place, &through(&sink));
    let line = place.refused(&drill(&["scanner", ANN], &listen(&server)));
    assert!(line.contains("the email to ann@example.org has not left within "), "{line}");
    assert!(line.contains("`gatepost mail test ann@example.org`"), "{line}");
}

/// The rows of a measurement, which found nothing.
fn rows(shown: &Value) -> &Vec<Value> {
    let rows = shown["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 10);
    for row in rows {
        assert_eq!((&row["differing_pairs"], &row["difference"]), (&0.into(), &Value::Null), "{row}");
        for times in ["known", "unknown"] {
            assert!(row[times]["lower_ms"].as_f64() <= row[times]["median_ms"].as_f64(), "{row}");
            assert!(row[times]["median_ms"].as_f64() <= row[times]["upper_ms"].as_f64(), "{row}");
        }
        assert!((0.0..=1.0).contains(&row["area"].as_f64().unwrap()), "{row}");
    }
    rows
}

#[test]
fn answers_about_known_and_unknown_addresses_are_equal_and_nothing_is_left_of_measuring_them() {
    let place = Place::with_store();
    let server = start(&place, &[]);
    let listen = listen(&server);
    let told = place.answer(&drill(&["enumeration", "--pairs", "2", "--json"], &listen));
    let shown: Value = serde_json::from_str(&told).unwrap();
    rows(&shown);
    assert_eq!((&shown["pairs"], &shown["compared_with_running_server"]), (&2.into(), &true.into()));
    assert!(!place.data().join("doctor").exists());
    assert_eq!(place.answer(&["account", "list"]), "No accounts yet.\n");
}

#[test]
fn without_a_server_nothing_is_compared_with_it() {
    let place = Place::with_store();
    // A drill that was killed has left its database.
    std::fs::create_dir(place.data().join("doctor")).unwrap();
    std::fs::write(place.data().join("doctor/store.mark"), "of an earlier one").unwrap();
    let output = place.command(&["doctor", "enumeration", "--pairs", "2"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(told.lines().filter(|line| line.ends_with(" equal")).count(), 10, "{told}");
    assert!(told.contains("No server runs with this data folder"), "{told}");
    assert!(told.ends_with("No answer reveals whether an address is known.\n"), "{told}");
    assert!(!place.data().join("doctor").exists());
}

#[test]
fn registration_that_is_closed_or_for_some_domains_is_measured_too() {
    let by_domain =
        [("GATEPOST_REGISTRATION__MODE", "domains"), ("GATEPOST_REGISTRATION__DOMAINS", "*.example.net")];
    for variables in [&[("GATEPOST_REGISTRATION", "false")][..], &by_domain] {
        let place = Place::with_store();
        let mut command = gatepost(&["doctor", "enumeration", "--pairs", "2", "--json", "--data"]);
        command.arg(place.data()).envs(variables.iter().copied()).current_dir("/");
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        rows(&serde_json::from_slice(&output.stdout).unwrap());
    }
}

#[test]
fn a_server_that_is_not_the_measured_one_is_reported() {
    let place = Place::with_store();
    let server = start(&place, &[("GATEPOST_NAME", "Elsewhere".to_owned())]);
    let output = place.command(&drill(&["enumeration", "--pairs", "2"], &listen(&server)));
    let line = refusal(&output);
    assert!(line.contains("/sign-in differs between the running server and the one that was measured"));
    assert!(!place.data().join("doctor").exists());
}

#[test]
fn no_database_is_created_to_measure_beside() {
    let place = Place::new();
    let line = place.refused(&["doctor", "enumeration"]);
    assert!(line.contains("no database found"), "{line}");
    assert!(!place.data().exists());
}
