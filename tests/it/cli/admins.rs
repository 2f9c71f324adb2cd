//! The last administrator, lists of accounts by their state, and why someone can't get in, by command.

use std::fs;

use serde_json::{Value, json};

use super::Place;
use super::accounts::{both_ways, link_in};
use super::serving::Server;
use crate::harness::caller::{Answer, Caller, Door};

const NEXT: &str =
    "No enabled administrator is left. This command creates one: gatepost account add ADDRESS --admin\n";

impl Place {
    /// An account as a list shows it, without what `account show` adds to it.
    #[track_caller]
    pub(super) fn shown(&self, address: &str) -> Value {
        let mut shown = self.json(&["account", "show", address]);
        for name in ["last_signed_in_at", "reasons"] {
            assert!(shown.as_object_mut().unwrap().remove(name).is_some(), "{name}");
        }
        shown
    }
}

#[test]
fn the_last_administrator_is_taken_away_only_by_force() {
    both_ways(|place| {
        place.answer(&["account", "add", "ann@example.org", "--admin"]);
        for command in [["account", "disable"], ["account", "delete"], ["admin", "revoke"]] {
            let arguments = |more: &[&'static str]| [&command[..], &["ann@example.org"], more].concat();
            let line = place.refused(&arguments(&[]));
            assert!(line.contains("last_admin") && line.ends_with("or add --force"), "{line}");
            assert_eq!(place.refused(&arguments(&["--json"])), line);
            place.answer(&["account", "add", "bob@example.org", "--admin"]);
            // Another one remains.
            assert!(!place.answer(&arguments(&["--force"])).contains("administrator"), "{command:?}");
            let refused = place.refused(&["account", "delete", "bob@example.org"]);
            assert!(refused.contains("last_admin"), "{refused}");
            assert!(place.answer(&["account", "delete", "bob@example.org", "--force"]).ends_with(NEXT));
            if command[1] == "delete" {
                place.answer(&["account", "add", "ann@example.org", "--admin"]);
            } else {
                place.answer(&["account", "enable", "ann@example.org"]);
                place.answer(&["admin", "grant", "ann@example.org"]);
            }
        }
        let revoked = place.json(&["admin", "revoke", "ann@example.org", "--force"]);
        assert_eq!((&revoked["email"], &revoked["admin"]), (&json!("ann@example.org"), &json!(false)));
        place.answer(&["admin", "grant", "ann@example.org"]);
        let revoked = place.answer(&["admin", "revoke", "ann@example.org", "--force"]);
        assert!(revoked.contains("role        member\n") && revoked.ends_with(NEXT), "{revoked}");
    });
}

#[test]
fn accounts_are_listed_by_their_state() {
    both_ways(|place| {
        let listed = |state: &str| -> Vec<String> {
            let answer = place.answer(&["account", "list", "--state", state, "--json"]);
            let rows = answer.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
            rows.map(|row| row["email"].as_str().unwrap().split('@').next().unwrap().to_owned()).collect()
        };
        assert_eq!(place.answer(&["account", "list", "--state", "disabled"]), "No account is disabled.\n");
        assert_eq!(place.answer(&["account", "list", "--state", "admin"]), "No account has admin rights.\n");
        for name in ["ann", "bob"] {
            place.answer(&["account", "add", &format!("{name}@example.org"), "--admin"]);
        }
        for name in ["carl", "dora"] {
            place.answer(&["account", "add", &format!("{name}@example.org")]);
        }
        place.answer(&["account", "disable", "bob@example.org"]);
        place.answer(&["account", "disable", "dora@example.org"]);
        assert_eq!(listed("all"), ["ann", "bob", "carl", "dora"]);
        assert_eq!(listed("admin"), ["ann", "bob"]);
        assert_eq!(listed("disabled"), ["bob", "dora"]);
        let table = place.answer(&["account", "list", "--state", "admin"]);
        assert_eq!(table.lines().count(), 3, "{table}");
        assert_eq!(place.command(&["account", "list", "--state", "gone"]).status.code(), Some(2));
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_shown_with_why_its_owner_cannot_get_in() {
    let place = Place::with_store();
    let server = Server::start(&place.data(), &[]);
    let link = link_in(&place.answer(&["account", "add", "ann@example.org"]));
    let mut ann = Caller::new(Door::Json, server.address);
    assert_eq!(ann.follow_deliberately(&link).await, Answer::Done);
    let shown = place.answer(&["account", "show", "ann@example.org"]);
    let said = shown.lines().last().unwrap();
    assert!(said.starts_with("Nothing is in the way. Last signed in on "), "{shown}");
    assert!(said.ends_with(" with a link."), "{shown}");
    let alone = place.json(&["account", "show", "ann@example.org"]);
    assert_eq!(alone["reasons"], json!([]));
    assert!(alone["last_signed_in_at"].as_str().unwrap() >= alone["confirmed_at"].as_str().unwrap());
    place.answer(&["account", "disable", "ann@example.org"]);
    let shown = place.answer(&["account", "show", "ann@example.org"]);
    assert!(shown.ends_with("\n\nThis account is disabled.\n"), "{shown}");
    let reasons = json!([{"code": "account_disabled", "text": "This account is disabled."}]);
    assert_eq!(place.json(&["account", "show", "ann@example.org"])["reasons"], reasons);
}

#[test]
fn a_file_with_more_administrators_than_there_can_be_is_refused_as_a_whole() {
    let place = Place::with_store();
    let rows = |from: usize, count: usize| {
        let row = |number: usize| json!({"email": format!("a{number}@example.org"), "admin": true, "disabled": number == 0});
        (from..from + count).map(|number| row(number).to_string() + "\n").collect::<String>()
    };
    let file = place.file(&rows(0, 28));
    let output = place.command(&["account", "import", file.to_str().unwrap()]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    for line in [27, 28] {
        assert!(told.contains(&format!("line {line}: admin: there can be at most 25 enabled")), "{told}");
    }
    assert!(told.contains("2 errors:") && place.listed().is_empty(), "{told}");
    let file = place.file(&rows(0, 26));
    place.answer(&["account", "import", file.to_str().unwrap()]);
    // The file alone cannot tell that the others are there already.
    let file = place.file(&rows(30, 1));
    let line = place.refused(&["account", "import", file.to_str().unwrap()]);
    assert!(line.contains("too_many_admins"), "{line}");
    assert_eq!(place.listed().len(), 26);
}

#[test]
fn a_backup_that_is_restored_knows_its_administrators_at_once() {
    let place = Place::with_store();
    place.answer(&["account", "add", "ann@example.org", "--admin"]);
    let backup = place.0.path().join("one.backup");
    place.answer(&["store", "backup", backup.to_str().unwrap()]);
    let other = Place::new();
    fs::create_dir(other.data()).unwrap();
    fs::copy(place.data().join("key"), other.data().join("key")).unwrap();
    other.command(&["store", "restore", backup.to_str().unwrap()]);
    let server = Server::start(&other.data(), &[]);
    assert!(!server.started_with("list of administrators"));
    let line = other.refused(&["admin", "revoke", "ann@example.org"]);
    assert!(line.contains("last_admin"), "{line}");
    assert!(other.answer(&["store", "verify"]).starts_with("The database is intact: "));
}
