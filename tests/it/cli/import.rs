//! Importing accounts: the file, its errors, and interrupted imports.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Stdio};

use gatepost::domain::operator::{ImportStep, NewAccount, Role};
use gatepost::domain::password::ForeignHash;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::password::{self, Cost};
use hyper::Method;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::serving::Server;
use super::{Place, gatepost};
use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::process::{Process, free_address};
use crate::harness::{both_doors, http};

/// A hash made by argon2-cffi 25.1, with other costs than ours.
pub(super) const HASH: &str =
    "$argon2id$v=19$m=8192,t=3,p=2$maia5wwCZyFzaCY4g+dlRQ$6ROKhAkFvjNrgkxYaTT6hqFGfhFW7V5haFrnw+d4XIU";
const PASSWORD: &str = "correct horse battery staple";

/// Enough accounts for two progress lines.
const MANY: usize = 11_000;

impl Place {
    /// A file to import.
    pub(super) fn file(&self, text: &str) -> PathBuf {
        let path = self.0.path().join("accounts.jsonl");
        fs::write(&path, text).unwrap();
        path
    }

    /// A file of many accounts.
    fn many(&self) -> PathBuf {
        let line = |text: &mut String, number| {
            writeln!(text, "{{\"email\":\"p{number}@example.org\",\"password_hash\":\"{HASH}\"}}")
        };
        let mut text = String::new();
        (0..MANY).try_for_each(|number| line(&mut text, number)).unwrap();
        self.file(&text)
    }
}

/// What `--json` prints if nothing was special.
pub(super) fn counts(imported: usize, already_there: usize) -> Value {
    json!({
        "imported": imported, "already_there": already_there, "held": 0, "unconfirmed": 0, "cheap_hashes": 0,
    })
}

#[test]
fn every_value_of_a_row_is_imported() {
    let place = Place::with_store();
    let file = place.file(&format!(
        "\u{feff}{}\n\n{}\r\n{}",
        json!({"email": "Ann@Example.org", "registered_at": "2020-02-03T04:05:06Z",
            "confirmed_at": "2020-02-04T06:05:06.5+02:00", "admin": true, "disabled": true,
            "password_hash": HASH}),
        json!({"email": "bob@example.org", "confirmed_at": "2021-01-01T00:00:00Z"}),
        json!({"email": "carl@example.org", "registered_at": "2021-01-01T00:00:00Z", "admin": false}),
    ));
    let file = file.to_str().unwrap();
    let answer = place.answer(&["account", "import", file]);
    assert!(answer.starts_with("Imported 3, skipped 0 (already exist), "), "{answer}");
    let server = Server::start(&place.data(), &[]);
    let ann = place.shown("ann@example.org");
    let expected = json!({
        "id": ann["id"], "email": "Ann@example.org", "registered_at": "2020-02-03T04:05:06.000Z",
        "confirmed_at": "2020-02-04T04:05:06.500Z", "admin": true, "has_password": true,
        "pending_email": null, "new_device_emails": true, "disabled": true,
    });
    assert_eq!(ann, expected);
    let bob = place.json(&["account", "show", "bob@example.org"]);
    assert_eq!(bob["registered_at"], bob["confirmed_at"]);
    assert_eq!(
        (&bob["admin"], &bob["disabled"], &bob["has_password"]),
        (&json!(false), &json!(false), &json!(false))
    );
    let carl = place.json(&["account", "show", "carl@example.org"]);
    assert_eq!(carl["registered_at"], "2021-01-01T00:00:00.000Z");
    assert!(carl["confirmed_at"].as_str().unwrap() > "2026");
    let line = place.refused(&["account", "link", "ann@example.org"]);
    assert!(line.ends_with("the account ann@example.org is disabled; enable it first"), "{line}");
    // Importing the same file again, with a running server, changes nothing.
    let again = place.json(&["account", "import", file]);
    assert_eq!(again, counts(0, 3));
    assert_eq!(place.shown("ann@example.org"), expected);
    drop(server);
}

#[test]
fn every_error_in_a_file_is_reported_with_its_line_and_nothing_is_written() {
    let future = "2999-01-01T00:00:00Z";
    let long = "x".repeat(4096);
    let rows = [
        (json!({"email": "ann@example.org"}).to_string(), ""),
        ("ann@example.org".into(), "not a JSON object"),
        ("{\"email\": \"ann@example.org\"".into(), "EOF while parsing an object (column 27)"),
        (r#"["ann@example.org", null, null, true, false, null]"#.into(), "not a JSON object"),
        (json!({"admin": true}).to_string(), "missing field `email`"),
        (json!({"email": "a@example.org", "admim": true}).to_string(), "unknown field `admim`"),
        (r#"{"email": "a@example.org", "email": "b@example.org"}"#.into(), "duplicate field `email`"),
        (json!({"email": "a@example.org", "admin": "yes"}).to_string(), "expected a boolean"),
        (json!({"email": "a@b@example.org"}).to_string(), "email: Enter an email address such as name@example.org"),
        (json!({"email": "ANN@example.org"}).to_string(), "email: same as on line 1"),
        (json!({"email": "a@example.org", "registered_at": future}).to_string(), "registered_at: is in the future"),
        (json!({"email": "a@example.org", "confirmed_at": "1.1.2020"}).to_string(), "confirmed_at: must be a time such as"),
        (json!({"email": "a@example.org", "confirmed_at": "1969-12-31T23:59:59Z"}).to_string(), "not before 1970"),
        (
            json!({"email": "a@example.org", "registered_at": "2021-01-01T00:00:01Z", "confirmed_at": "2021-01-01T00:00:00Z"})
                .to_string(),
            "confirmed_at: is before registered_at",
        ),
        (json!({"email": "a@example.org", "password_hash": "$2b$12$x"}).to_string(), "only Argon2id can be imported"),
        (json!({"email": "a@example.org", "password_hash": HASH.replace("8192", "999999")}).to_string(), "costs too much"),
        (json!({"email": long}).to_string(), "longer than 4096 bytes"),
        ("{\"email\": \"\u{1b}]0;x\"}".into(), "control character"),
    ];
    let place = Place::new();
    let text: Vec<&str> = rows.iter().map(|(row, _)| row.as_str()).collect();
    let file = place.file(&text.join("\n"));
    let output = place.command(&["account", "import", file.to_str().unwrap()]);
    let shown = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{shown}");
    let shown: Vec<&str> = shown.lines().collect();
    assert!(shown[0].ends_with("nothing was imported because of 17 errors:"), "{}", shown[0]);
    for (number, (row, reason)) in rows.iter().enumerate().skip(1) {
        let line = shown[number];
        assert!(
            line.starts_with(&format!("  line {}: ", number + 1)) && line.contains(reason),
            "{line}\n{row}"
        );
    }
    assert!(!place.data().exists(), "nothing is created");
}

#[test]
fn of_many_errors_only_the_first_are_shown() {
    let place = Place::with_store();
    let file = place.file(&"{\"email\":\"ann\",\"confirmed_at\":\"x\"}\n".repeat(15));
    let output = place.command(&["account", "import", file.to_str().unwrap()]);
    let shown = String::from_utf8(output.stderr).unwrap();
    assert!(shown.contains("30 errors:") && shown.ends_with("\n  and 10 more\n"), "{shown}");
    assert_eq!(shown.lines().count(), 22);
}

#[test]
fn only_a_regular_file_can_be_imported() {
    let place = Place::with_store();
    assert!(place.refused(&["account", "import", "/dev/stdin"]).contains("must be a regular file"));
    assert!(place.refused(&["account", "import", "/nowhere.jsonl"]).contains("/nowhere.jsonl: No such file"));
    let empty = place.file("\n");
    assert_eq!(place.json(&["account", "import", empty.to_str().unwrap()]), counts(0, 0));
}

async fn an_imported_password_signs_in_and_is_then_stored_like_all_others(door: Door) {
    let app = App::start().await;
    let address = EmailAddress::parse("ann@example.org").unwrap();
    let hash = ForeignHash::parse(HASH).unwrap();
    let now = gatepost::domain::record::time::Timestamp(1_600_000_000_000);
    let row = NewAccount {
        address: address.clone(),
        registered_at: now,
        confirmed_at: now,
        role: Role::Member,
        disabled: false,
        password: Some(hash.clone()),
    };
    let imported =
        app.house.gatepost.import_accounts(&[row.clone(), row], ImportStep::Last, &Client::server()).await;
    let imported = imported.unwrap();
    assert_eq!((imported.added, imported.known), (1, 1), "the same row twice creates one account");
    let sign_in = async |password: &str| {
        let fields = [("email", "ann@example.org".to_owned()), ("password", password.to_owned())];
        let mut caller = app.caller(door);
        (caller.act("/sign-in/password", &fields).await, caller.attempts())
    };
    let kept = async || app.house.gatepost.account_at(&address).await.unwrap();
    assert_eq!(sign_in("Correct horse battery staple").await.0, Answer::refused(401, "invalid_credentials"));
    let imported = kept().await.password.unwrap();
    assert_eq!((imported.recipe.method, imported.recipe.cost), (password::Method::Wrapped, hash.cost()));
    assert_eq!(sign_in(PASSWORD).await.0, Answer::Done);
    let account = kept().await;
    let recipe = account.password.unwrap().recipe;
    assert_eq!((recipe.cost, recipe.length_bytes), (Cost::default(), 32));
    assert_eq!(recipe.method, password::Method::Peppered);
    assert_eq!((&recipe.salt, &account.salt), (hash.salt(), hash.salt()));
    let before = app.house.gatepost.passwords_hashed();
    let (right, wrong) = (sign_in(PASSWORD).await, sign_in("wrong").await);
    assert_eq!((right.0, wrong.0), (Answer::Done, Answer::refused(401, "invalid_credentials")));
    assert_eq!(app.house.gatepost.passwords_hashed(), before + right.1 + wrong.1);
}

both_doors!(an_imported_password_signs_in_and_is_then_stored_like_all_others);

/// An import in a separate process, after its first progress line.
fn begun(place: &Place) -> (Child, BufReader<std::process::ChildStderr>) {
    let mut command = gatepost(&["account", "import"]);
    command.arg(place.many()).arg("--data").arg(place.data());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    log.read_line(&mut line).unwrap();
    assert_eq!(line, "5,000 of 11,000\n");
    (child, log)
}

/// How many rows an interrupted import reports as done.
fn interrupted_after((mut child, mut log): (Child, BufReader<std::process::ChildStderr>)) -> usize {
    let mut rest = String::new();
    log.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{rest}");
    let line = rest.lines().last().unwrap();
    assert!(line.starts_with("gatepost: stopped after ") && line.contains(" of 11000 accounts ("), "{rest}");
    assert!(line.ends_with("run the same command again to continue"), "{rest}");
    let done: usize = line.split(' ').nth(3).unwrap().parse().unwrap();
    assert!((5_000..MANY).contains(&done), "{line}");
    done
}

fn continues_after(place: &Place, done: usize) {
    let file = place.0.path().join("accounts.jsonl");
    let output = place.command(&["account", "import", file.to_str().unwrap(), "--json"]);
    let again: Value = serde_json::from_slice(&output.stdout).unwrap();
    let there = usize::try_from(again["already_there"].as_u64().unwrap()).unwrap();
    assert!(there >= done, "acknowledged rows are missing: {there} of {done}");
    assert_eq!(again["imported"], MANY - there);
    let emails: Vec<String> =
        place.listed().iter().map(|account| account["email"].as_str().unwrap().to_owned()).collect();
    assert_eq!(emails.len(), MANY);
    assert_eq!(emails.into_iter().collect::<BTreeSet<_>>().len(), MANY, "every account exists once");
}

#[test]
fn an_import_interrupted_by_a_kill_continues_where_it_stopped() {
    let place = Place::with_store();
    let mut server = Server::start(&place.data(), &[]);
    let import = begun(&place);
    server.signal(Signal::KILL);
    server.exit_code();
    continues_after(&place, interrupted_after(import));
}

#[test]
fn an_import_interrupted_by_shutting_down_continues_with_the_next_server() {
    let place = Place::with_store();
    let mut server = Server::start(&place.data(), &[]);
    let import = begun(&place);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    let done = interrupted_after(import);
    let mut next = Server::start(&place.data(), &[]);
    continues_after(&place, done);
    // It has one event all the same, and importing the file again writes no other.
    let file = place.0.path().join("accounts.jsonl");
    let again = place.command(&["account", "import", file.to_str().unwrap(), "--json"]);
    assert_eq!(serde_json::from_slice::<Value>(&again.stdout).unwrap(), counts(0, MANY));
    next.signal(Signal::TERM);
    let mut log = String::new();
    next.log.read_to_string(&mut log).unwrap();
    let created: Vec<&str> = log.lines().filter(|line| line.contains("user_created")).collect();
    assert!(created.len() == 1 && created[0].contains("\"accounts\":11000,\"admins\":0"), "{created:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_can_sign_in_during_an_import() {
    let place = Place::with_store();
    // One client asks for all of them.
    let unlimited = [("GATEPOST_LIMITS__MAILS_PER_CLIENT_HOUR", "0")];
    let server = Process::start(&place.data(), free_address(), &unlimited);
    let (mut child, mut log) = begun(&place);
    let host = format!("localhost:{}", server.address.port());
    let mut asked = 0;
    while child.try_wait().unwrap().is_none() {
        let page = http::send(server.address, Method::GET, "/sign-in", &[("host", &host)], "").await;
        assert_eq!(page.status, 200);
        let mut caller = Caller::new(Door::Json, server.address);
        assert_eq!(caller.ask(&format!("new{asked}@example.com")).await, Answer::Done);
        asked += 1;
    }
    assert!(child.wait().unwrap().success());
    assert!(asked > 10, "{asked} requests were answered meanwhile");
    let mut rest = String::new();
    log.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "10,000 of 11,000\n");
    assert_eq!(place.listed().len(), MANY);
}
