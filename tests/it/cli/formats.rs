//! Databases that earlier versions wrote. Each is kept as a fixture, so an upgrade is always tested (REL-27): the
//! data folder of a server on which people registered, signed in, changed their addresses and waited for email.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use super::serving::{Server, line_with};
use crate::harness::caller::{Answer, Caller, Door};
use crate::store::opening::open_beneath;

/// The formats there have been.
const FORMATS: [u32; 2] = [1, 2];
/// What the log says once the list of administrators is made.
const MADE: &str = "made the list of administrators";
const PASSWORD: &str = "a horse with a staple";

/// The data folder of a server that wrote this format.
fn written_in(format: u32) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/formats/{format}.tar.gz"));
    let done = Command::new("tar").arg("xzf").arg(archive).arg("-C").arg(folder.path()).status().unwrap();
    assert!(done.success());
    let data = folder.path().join("data");
    (folder, data)
}

fn gatepost(data: &Path, arguments: &[&str]) -> Output {
    super::gatepost(arguments).arg("--data").arg(data).output().unwrap()
}

fn said(data: &Path, arguments: &[&str]) -> String {
    let output = gatepost(data, arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What everyone can see of the accounts.
fn accounts(data: &Path) -> String {
    said(data, &["account", "list", "--json"])
}

async fn expect_ada_and_her_password(data: &Path) {
    let server = Server::start(data, &[]);
    let mut ada = Caller::new(Door::Json, server.address);
    assert_eq!(ada.sign_in_with_password("ada@example.org", PASSWORD).await, Answer::Done);
    assert_eq!(ada.who().await.as_deref(), Some("ada@example.org"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_every_earlier_version_is_upgraded_and_serves_its_people() {
    for format in FORMATS {
        let (_folder, data) = written_in(format);
        said(&data, &["store", "verify"]);
        let before = accounts(&data);
        assert!(before.lines().count() >= 64 && before.contains("robert@example.org"), "{before}");
        expect_ada_and_her_password(&data).await;
        assert_eq!(accounts(&data), before, "format {format}");
        said(&data, &["store", "verify"]);
    }
}

#[test]
fn a_database_of_every_earlier_version_gets_its_list_of_administrators() {
    for format in FORMATS {
        // With a server, and by the first command without one.
        for is_served in [true, false] {
            let (_folder, data) = written_in(format);
            if is_served {
                let mut server = Server::start(&data, &[]);
                if !server.started_with(MADE) {
                    line_with(&mut server.log, MADE);
                }
                server.stop();
            }
            let listed = said(&data, &["account", "list", "--state", "admin", "--json"]);
            for admin in listed.lines().filter(|line| line.contains("\"disabled\":false")) {
                let admin: serde_json::Value = serde_json::from_str(admin).unwrap();
                let refused = gatepost(&data, &["admin", "revoke", admin["email"].as_str().unwrap()]);
                assert!(refused.status.success() || listed.lines().count() == 1, "{refused:?}");
            }
            for new in ["new-one@example.org", "new-other@example.org"] {
                said(&data, &["account", "add", new, "--admin"]);
            }
            said(&data, &["account", "delete", "new-one@example.org"]);
            said(&data, &["store", "verify"]);
            let server = Server::start(&data, &[]);
            assert!(!server.started_with(MADE), "it is made once");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_backup_that_an_upgrade_makes_first_can_be_restored() {
    let (_folder, data) = written_in(1);
    let before = accounts(&data);
    let is_backup = |path: &PathBuf| path.extension().is_some_and(|end| end == "backup");
    let backup = fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().path()).find(is_backup).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let restored = elsewhere.path().join("data");
    fs::create_dir(&restored).unwrap();
    fs::copy(data.join("key"), restored.join("key")).unwrap();
    said(&restored, &["store", "restore", backup.to_str().unwrap()]);
    assert_eq!(accounts(&restored), before);
    expect_ada_and_her_password(&restored).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_every_earlier_version_is_restored() {
    for format in FORMATS {
        let (folder, data) = written_in(format);
        let backup = folder.path().join("one.backup");
        said(&data, &["store", "backup", backup.to_str().unwrap()]);
        let before = accounts(&data);
        let restored = folder.path().join("restored");
        fs::create_dir(&restored).unwrap();
        fs::copy(data.join("key"), restored.join("key")).unwrap();
        said(&restored, &["store", "restore", backup.to_str().unwrap()]);
        assert_eq!(accounts(&restored), before);
        expect_ada_and_her_password(&restored).await;
    }
}

#[test]
fn a_database_of_a_newer_version_is_refused_and_stays_as_it_is() {
    let (_folder, data) = written_in(2);
    let db = open_beneath(&data);
    let mut tally = db.get("\0tally").unwrap().unwrap().to_vec();
    tally[11] = 3;
    let (summed, _) = tally.split_at(tally.len() - 8);
    let sum = xxhash_rust::xxh3::xxh3_64(summed).to_be_bytes();
    let newer = [summed, &sum].concat();
    db.insert("\0tally", newer).unwrap();
    db.flush().unwrap();
    drop(db);
    let before = fs::read(data.join("store/db")).unwrap();
    for command in [["store", "verify"], ["account", "list"]] {
        let output = gatepost(&data, &command);
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(line.contains("format 3") && line.lines().count() == 1, "{line}");
    }
    assert!(fs::read(data.join("store/db")).unwrap() == before);
}
