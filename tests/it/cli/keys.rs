//! Listing, rotating and retiring keys, with a running server and without one.

use std::fs;
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::accounts::both_ways;
use super::serving::Server;
use super::{KEY, Place, gatepost, refusal};
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::installed::is_installed;

pub(super) const PASSWORD: &str = "three quiet otters";

/// A server whose limits are off, since these scenarios sign in often.
pub(super) const UNLIMITED: [(&str, &str); 5] = [
    ("GATEPOST_LIMITS__MAILS_PER_ADDRESS_15M", "0"),
    ("GATEPOST_LIMITS__MAILS_PER_ADDRESS_DAY", "0"),
    ("GATEPOST_LIMITS__MAILS_PER_CLIENT_HOUR", "0"),
    ("GATEPOST_LIMITS__TRIES_PER_CLIENT_5M", "0"),
    ("GATEPOST_LIMITS__TRIES_PER_ADDRESS_15M", "0"),
];

impl Place {
    /// The keys, as `key list` shows them.
    pub(super) fn keys(&self) -> Vec<Value> {
        let answer = self.answer(&["key", "list", "--json"]);
        answer.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(super) fn key_file(&self) -> String {
        fs::read_to_string(self.data().join("key")).unwrap()
    }
}

pub(super) fn uses(key: u8, seals: bool, counts: [u64; 3]) -> Value {
    let [passwords, sessions, links] = counts;
    json!({"key": key, "seals": seals, "passwords": passwords, "sessions": sessions, "links": links})
}

/// Someone who has registered with a password, and is signed in.
pub(super) async fn member(server: &Server, email: &str) -> Caller {
    let mut caller = Caller::new(Door::Json, server.address);
    assert_eq!(caller.register(email, PASSWORD).await, Answer::Done);
    let link = newest_link(&mut caller, email).await;
    assert_eq!(caller.follow(&link).await, Answer::Done);
    caller
}

/// The link of the newest email to an address.
pub(super) async fn newest_link(caller: &mut Caller, email: &str) -> String {
    let letters = caller.get(&format!("/api/mailbox?to={email}&wait=30")).await.json();
    letters["letters"][0]["link"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_takes_up_a_new_key_at_once_and_retires_an_old_one_once_nothing_depends_on_it() {
    let place = Place::with_store();
    let server = Server::start(&place.data(), &UNLIMITED);
    let mut ann = member(&server, "ann@example.org").await;
    assert_eq!(place.keys(), [uses(1, true, [1, 1, 0])]);
    let said = place.answer(&["key", "rotate"]);
    assert!(said.starts_with("Key 2 is used for everything new from now on."), "{said}");
    assert!(said.contains("/data/key"), "{said}");
    assert_eq!(place.keys(), [uses(2, true, [0, 0, 0]), uses(1, false, [1, 1, 0])]);
    let text = place.key_file();
    assert!(text.starts_with("gatepost-key-1 2 ") && text.ends_with(KEY), "the new key comes first");

    // Sessions, passwords and links of the old key still work.
    assert_eq!(ann.who().await.as_deref(), Some("ann@example.org"));
    let old = "key 1 is still in use: 1 password, 1 session, 0 links.";
    assert!(place.refused(&["key", "retire", "1"]).contains(old));
    let mut again = Caller::new(Door::Pages, server.address);
    assert_eq!(again.sign_in_with_password("ann@example.org", PASSWORD).await, Answer::Done);
    assert_eq!(place.keys(), [uses(2, true, [1, 1, 1]), uses(1, false, [0, 1, 0])], "the password has moved");
    let session = ann.session();
    assert_eq!(ann.sign_out().await, Answer::Done);
    let said = place.answer(&["key", "retire", "1"]);
    assert!(said.starts_with("Key 1 is retired, and its line was removed from "), "{said}");
    assert!(!place.key_file().contains("-1 1 "), "{}", place.key_file());
    assert_eq!(again.who().await.as_deref(), Some("ann@example.org"));
    let mut stale = Caller::new(Door::Json, server.address);
    stale.bearer = Some(session);
    assert_eq!(stale.who().await, None);

    // All of it is the same after a restart.
    server.stop();
    let server = Server::start(&place.data(), &UNLIMITED);
    let mut again = again.at(server.address);
    assert_eq!(again.who().await.as_deref(), Some("ann@example.org"));
    let table = place.answer(&["key", "list"]);
    assert_eq!(table.lines().next(), Some("KEY  SEALS  PASSWORDS   SESSIONS      LINKS   APP KEYS"));
    assert_eq!(table.lines().nth(1), Some("2    yes            1          1          1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_of_a_key_that_was_retired_by_force_counts_as_none() {
    let place = Place::with_store();
    let server = Server::start(&place.data(), &UNLIMITED);
    let mut ann = member(&server, "ann@example.org").await;
    let mut link = Caller::new(Door::Json, server.address);
    assert_eq!(link.ask("ann@example.org").await, Answer::Done);
    let old_link = newest_link(&mut link, "ann@example.org").await;
    place.answer(&["key", "rotate"]);
    assert!(place.refused(&["key", "retire", "1"]).contains("1 password, 1 session, 1 link. With --force"));
    let done = place.json(&["key", "retire", "1", "--force"]);
    assert_eq!((&done["key"], &done["beginning"]), (&1.into(), &Value::Null));
    assert_eq!(ann.who().await, None, "the session ended");
    assert_eq!(link.follow(&old_link).await, Answer::refused(410, "invalid_link"));
    let mut ann = Caller::new(Door::Json, server.address);
    let refused = ann.sign_in_with_password("ann@example.org", PASSWORD).await;
    assert_eq!(refused, Answer::refused(401, "invalid_credentials"));
    assert_eq!(place.json(&["account", "show", "ann@example.org"])["has_password"], false);
    assert_eq!(ann.ask("ann@example.org").await, Answer::Done);
    let link = newest_link(&mut ann, "ann@example.org").await;
    assert_eq!(ann.follow(&link).await, Answer::Done);
    assert!(!ann.has_password().await);
    assert_eq!(
        ann.change_password("four quiet otters", None).await,
        Answer::Done,
        "no current one is needed"
    );
    let mut again = Caller::new(Door::Json, server.address);
    assert_eq!(again.sign_in_with_password("ann@example.org", "four quiet otters").await, Answer::Done);
}

#[test]
fn keys_are_refused_alike_with_a_server_and_without_one() {
    both_ways(|place| {
        assert!(
            place
                .refused(&["key", "retire", "1"])
                .ends_with("key 1 is used for everything new; run `gatepost key rotate` first")
        );
        assert!(
            place
                .refused(&["key", "retire", "7", "--force"])
                .ends_with("there is no key 7; see `gatepost key list`")
        );
        place.answer(&["key", "rotate"]);
        place.answer(&["key", "rotate"]);
        place.answer(&["key", "retire", "2"]);
        assert_eq!(place.keys(), [uses(3, true, [0; 3]), uses(1, false, [0; 3])]);
        assert_eq!(place.json(&["key", "rotate"])["key"], 4);
        assert!(place.refused(&["key", "retire", "2"]).contains("there is no key 2"));
    });
}

/// Runs a command with these variables.
fn with(place: &Place, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = gatepost(arguments);
    command.envs(environment.iter().copied()).arg("--data").arg(place.data()).current_dir("/");
    command.output().unwrap()
}

fn json_of(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_key_in_the_environment_is_rotated_and_retired_by_the_operator() {
    let place = Place::new();
    let old = KEY.trim();
    assert_eq!(with(&place, &["store", "create"], &[("GATEPOST_KEY", old)]).status.code(), Some(0));
    let server = Server::start(&place.data(), &[("GATEPOST_KEY", old)]);
    let said = place.json(&["key", "rotate"]);
    assert_eq!((&said["key"], &said["place"]), (&2.into(), &"GATEPOST_KEY".into()));
    let both = format!("{},{old}", said["line"].as_str().unwrap());
    assert_eq!(place.keys(), [uses(1, true, [0; 3])], "nothing has changed");
    assert!(
        place
            .answer(&["key", "rotate"])
            .contains("with a comma in between, then restart the server:\ngatepost-key-1 2 ")
    );
    server.stop();
    let server = Server::start(&place.data(), &[("GATEPOST_KEY", &both)]);
    assert_eq!(place.keys(), [uses(2, true, [0; 3]), uses(1, false, [0; 3])]);
    let said = place.answer(&["key", "retire", "1"]);
    assert!(said.starts_with("Key 1 is retired and no longer used. It is still in GATEPOST_KEY"), "{said}");
    assert!(said.ends_with("remove what begins with `gatepost-key-1 1 `.\n"), "{said}");
    assert_eq!(place.keys(), [uses(2, true, [0; 3])]);
    server.stop();
    // The old key does not come back while it is still there.
    let output = with(&place, &["key", "list", "--json"], &[("GATEPOST_KEY", &both)]);
    assert_eq!(json_of(&output), uses(2, true, [0; 3]));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("key 1 was retired and is not used"),
        "{output:?}"
    );
    let new = both.split(',').next().unwrap();
    assert!(with(&place, &["key", "list"], &[("GATEPOST_KEY", new)]).stderr.is_empty());
    let line = refusal(&with(&place, &["key", "list"], &[("GATEPOST_KEY", old)]));
    assert!(line.contains("this database belongs to a different key (2)"), "{line}");
}

#[test]
fn a_key_file_elsewhere_is_rewritten_and_one_that_cannot_be_is_left_to_the_operator() {
    let place = Place::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys");
    crate::harness::write_secret(&file, KEY);
    let environment = [("GATEPOST_KEY_FILE", file.to_str().unwrap())];
    assert_eq!(with(&place, &["store", "create"], &environment).status.code(), Some(0));
    let said = json_of(&with(&place, &["key", "rotate", "--json"], &environment));
    assert_eq!((&said["place"], &said["line"]), (&file.to_str().unwrap().into(), &Value::Null));
    assert!(fs::read_to_string(&file).unwrap().starts_with("gatepost-key-1 2 "));
    assert!(!place.data().join("key").exists());

    // Nothing can take the place of the file.
    let server = Server::start(&place.data(), &environment);
    fs::create_dir_all(folder.path().join("keys.next/taken")).unwrap();
    let output = place.command(&["key", "rotate", "--json"]);
    assert!(refusal(&output).ends_with("; no key was rotated"), "{output:?}");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(place.keys().len(), 2, "nothing has changed");
    // The operator puts the line there, and the server takes it up.
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{}\n{text}", said["line"].as_str().unwrap())).unwrap();
    assert_eq!(place.json(&["key", "rotate"])["line"], Value::Null);
    assert_eq!(place.keys()[0], uses(3, true, [0; 3]));
    let said = place.answer(&["key", "retire", "1"]);
    assert!(
        said.contains("still in ") && said.ends_with("remove what begins with `gatepost-key-1 1 `.\n"),
        "{said}"
    );
    // Once it can be written, the same command removes the line.
    fs::remove_dir_all(folder.path().join("keys.next")).unwrap();
    assert!(place.answer(&["key", "retire", "1"]).contains("its line was removed"));
    assert!(place.refused(&["key", "retire", "1"]).contains("there is no key 1"));
    server.stop();
}

/// Runs a command and kills it at the `step`th of these system calls. Returns whether it got that far.
fn is_killed_at(call: &str, step: usize, place: &Place, arguments: &[&str]) -> bool {
    let inject = format!("inject={call}:signal=KILL:when={step}");
    let mut command = Command::new("/usr/bin/strace");
    command.args(["-f", "-q", "-o", "/dev/null", "-e", &inject, env!("CARGO_BIN_EXE_gatepost")]);
    let output =
        command.args(arguments).arg("--data").arg(place.data()).env_clear().current_dir("/").output();
    !output.unwrap().status.success()
}

/// REL-06, for keys.
#[test]
fn a_rotation_that_was_killed_at_any_step_is_completed_by_the_next() {
    if !is_installed("/usr/bin/strace") {
        return;
    }
    for call in ["fsync", "fdatasync", "rename", "openat"] {
        // Opening happens too often to be killed at each; the last ones are those that write.
        let steps: Vec<usize> =
            if call == "openat" { (30..90).step_by(4).collect() } else { (1..40).collect() };
        let mut kills = 0;
        for step in steps {
            let place = Place::with_store();
            place.answer(&["account", "add", "ann@example.org"]);
            if !is_killed_at(call, step, &place, &["key", "rotate"]) {
                break;
            }
            kills += 1;
            place.answer(&["key", "rotate"]);
            let keys = place.keys();
            assert!(keys[0]["seals"] == true && keys[0]["key"] != 1, "{call} {step}: {keys:?}");
            assert_eq!(keys.last().unwrap()["links"], 1, "the link of the old key still works");
            place.answer(&["key", "retire", "1", "--force"]);
            assert!(place.keys().iter().all(|key| key["key"] != 1), "{call} {step}");
            let mut names: Vec<_> =
                fs::read_dir(place.data()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            assert_eq!(names, ["key", "lock", "store", "store.mark"], "{call} {step}");
        }
        assert!(kills > 0, "{call} was never called");
    }
}

#[test]
fn retiring_a_key_that_was_killed_at_any_step_is_completed_by_the_next() {
    if !is_installed("/usr/bin/strace") {
        return;
    }
    for call in ["fsync", "fdatasync", "rename"] {
        let mut kills = 0;
        for step in 1..40 {
            let place = Place::with_store();
            place.answer(&["key", "rotate"]);
            if !is_killed_at(call, step, &place, &["key", "retire", "1"]) {
                break;
            }
            kills += 1;
            let output = place.command(&["key", "retire", "1"]);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success() || said.contains("there is no key 1"), "{call} {step}: {said}");
            assert_eq!(place.keys(), [uses(2, true, [0; 3])], "{call} {step}");
            assert!(!place.key_file().contains("gatepost-key-1 1 "), "{call} {step}");
        }
        assert!(kills > 0, "{call} was never called");
    }
}
