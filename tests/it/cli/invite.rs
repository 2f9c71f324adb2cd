//! Inviting people by command: lists, their errors, and the emails.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use super::serving::Server;
use super::{Place, gatepost, refusal};
use crate::harness::caller::{Answer, Caller, Door};
use crate::mail::sink::Sink;

/// The settings of a server that sends email to nowhere: what is queued waits.
const SENDS: [(&str, &str); 2] =
    [("GATEPOST_MAIL__TRANSPORT", "smtp"), ("GATEPOST_MAIL__SMTP_URL", "smtp://127.0.0.1:9?tls=none")];

fn invite(place: &Place, arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Output {
    let mut command = gatepost(&["account", "invite"]);
    command.args(arguments).envs(environment.iter().copied()).arg("--data").arg(place.data());
    command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // It may have ended without reading it.
    child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
    child.wait_with_output().unwrap()
}

#[track_caller]
fn counts(output: &Output) -> Value {
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn invited(invited: usize, known: usize) -> Value {
    json!({ "invited": invited, "already_there": known, "held": 0 })
}

#[test]
fn a_list_of_500_people_can_be_used_again() {
    for with_server in [false, true] {
        let place = Place::with_store();
        let _server = with_server.then(|| Server::start(&place.data(), &SENDS));
        let mut text = "\u{feff}# everyone\n\n".to_owned();
        (0..500).try_for_each(|number| writeln!(text, " p{number}@example.org \r")).unwrap();
        let file = place.file(&text);
        let file = file.to_str().unwrap();
        assert_eq!(counts(&invite(&place, &["--json", file], &SENDS, "")), invited(500, 0));
        assert_eq!(counts(&invite(&place, &["--json", file], &SENDS, "")), invited(0, 500));
        let listed = place.answer(&["account", "list", "--state", "invited"]);
        assert_eq!(listed.lines().count(), 501);
        assert!(listed.contains("not yet     member  no        invited   p0@example.org\n"), "{listed}");
        let shown = place.answer(&["account", "show", "p7@example.org"]);
        assert!(
            shown.contains("confirmed   not yet\n") && shown.contains("state       invited\n"),
            "{shown}"
        );
        assert!(shown.contains("The person has not signed in yet.\n"), "{shown}");
        let json = place.json(&["account", "show", "p7@example.org"]);
        assert_eq!((&json["confirmed_at"], &json["reasons"][0]["code"]), (&Value::Null, &json!("invited")));
        let line = place.refused(&["admin", "grant", "p7@example.org"]);
        assert!(line.ends_with("p7@example.org was invited and has not signed in yet"), "{line}");
    }
}

#[test]
fn addresses_files_and_standard_input_can_be_mixed() {
    let place = Place::with_store();
    place.answer(&["account", "add", "ann@example.org"]);
    let file = place.file("bob@example.org\nANN@example.org\n");
    let arguments = ["carl@example.org", file.to_str().unwrap(), "-", "Carl@Example.org"];
    let output = invite(&place, &arguments, &SENDS, "dora@example.org");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "Invited 3, skipped 2 (already exist).\n");
    assert_eq!(place.json(&["account", "show", "ann@example.org"])["reasons"], json!([]));
}

#[test]
fn every_error_in_a_list_is_named_and_no_one_is_invited() {
    let place = Place::with_store();
    let file = place.file("ann@example.org\nbob\n# fine\ncarl@\u{1b}[31m\n");
    let path = file.to_str().unwrap();
    let output = invite(&place, &["dora@example.org", path, "@example.org"], &SENDS, "");
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(refusal(&output).ends_with("no one was invited because of 3 errors:"), "{text}");
    for line in [
        format!("  {path}, line 2: bob: Enter an email address such as name@example.org."),
        format!("  {path}, line 4: carl@?[31m: The part after the @ isn't a domain we can send to."),
        "  @example.org: Enter an email address such as name@example.org.".into(),
    ] {
        assert!(text.contains(&line), "{line}\n{text}");
    }
    assert_eq!(place.answer(&["account", "list"]), "No accounts yet.\n");
    let output = invite(&place, &["/nowhere/list"], &SENDS, "");
    assert!(refusal(&output).contains("/nowhere/list: No such file"), "{output:?}");
    let mut many = String::new();
    (0..10_001).try_for_each(|number| writeln!(many, "p{number}@example.org")).unwrap();
    let refused = refusal(&invite(&place, &["-"], &SENDS, &many));
    assert!(refused.ends_with("10001 addresses, and one command invites at most 10000; no one was invited"));
    fs::write(&file, b"\xff\xfe").unwrap();
    assert!(refusal(&invite(&place, &[path], &SENDS, "")).contains("UTF-8"), "{output:?}");
    assert_eq!(place.answer(&["account", "list"]), "No accounts yet.\n");
    assert_eq!(invite(&place, &[], &SENDS, "").status.code(), Some(2));
}

#[test]
fn a_server_that_sends_no_email_invites_no_one() {
    let place = Place::with_store();
    let line = refusal(&invite(&place, &["ann@example.org"], &[], ""));
    assert!(line.contains("mail.transport is \"mailbox\", so no email leaves this server"), "{line}");
    assert_eq!(place.answer(&["account", "list"]), "No accounts yet.\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn invitations_by_command_wait_behind_emails_that_people_ask_for() {
    let (place, sink) = (Place::with_store(), Sink::good().await);
    let url = format!("smtp://127.0.0.1:{}?tls=none", sink.port);
    let sends = [
        ("GATEPOST_MAIL__TRANSPORT", "smtp"),
        ("GATEPOST_MAIL__SMTP_URL", url.as_str()),
        ("GATEPOST_MAIL__CONNECTIONS", "1"),
    ];
    let mut text = String::new();
    (0..120).try_for_each(|number| writeln!(text, "p{number}@example.org")).unwrap();
    // Without a server, everything waits.
    assert_eq!(counts(&invite(&place, &["--json", "-"], &SENDS, &text)), invited(120, 0));
    let mut command = gatepost(&["account", "add", "--email", "ann@example.org", "--data"]);
    assert!(
        command
            .arg(place.data())
            .envs(SENDS)
            .current_dir("/")
            .stdout(Stdio::null())
            .status()
            .unwrap()
            .success()
    );
    let server = Server::start(&place.data(), &sends);
    let mails = sink.mails(121).await;
    let place_of_ann = mails.iter().position(|mail| mail.to == "ann@example.org").unwrap();
    assert!(place_of_ann < 60, "{place_of_ann}");
    let one = mails.iter().find(|mail| mail.to == "p5@example.org").unwrap();
    let text = String::from_utf8_lossy(&one.data);
    assert!(text.contains("You're invited to Gatepost") && !text.contains("/link/"), "{text}");
    // The invitation is worth something only to whoever reads that mailbox.
    let mut p5 = Caller::new(Door::Pages, server.address);
    assert_eq!(p5.ask("p5@example.org").await, Answer::Done);
    let mails = sink.mails(122).await;
    let link = mails.iter().rfind(|mail| mail.to == "p5@example.org").unwrap().link();
    assert_eq!(p5.follow(&link).await, Answer::Done);
    assert_eq!(place.json(&["account", "show", "p5@example.org"])["reasons"], json!([]));
    server.stop();
}
