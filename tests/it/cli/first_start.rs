//! The first start: what creates a database and a key, and what never does.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::serving::Server;
use super::{KEY, Place, gatepost, refusal};
use crate::harness::installed::is_installed;

const STRACE: &str = "/usr/bin/strace";

/// The names in a data folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn stop(mut server: Server) {
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn a_key_without_its_database_is_refused_until_a_new_one_is_created() {
    let place = Place::new();
    stop(Server::start(&place.data(), &[]));
    fs::remove_dir_all(place.data().join("store")).unwrap();
    fs::remove_file(place.data().join("store.mark")).unwrap();
    let data = place.data().display().to_string();
    let list = place.refused(&["account", "list"]);
    for line in [refusal(&place.serve()), list, place.refused(&["store", "verify"])] {
        assert!(
            line.contains(&format!("{data}/store: there is a key for this data folder, but no database")),
            "{line}"
        );
        assert!(line.ends_with(&format!("`gatepost store create --data {data}`")), "{line}");
        assert_eq!(names(&place.data()), ["key", "lock"]);
    }
    assert_eq!(place.answer(&["store", "create"]), format!("Created an empty database in {data}.\n"));
    stop(Server::start(&place.data(), &[]));
    let line = place.refused(&["store", "create"]);
    assert!(line.contains("/store: there is a database already"), "{line}");
}

#[test]
fn with_a_key_from_elsewhere_the_database_is_created_by_a_command_once() {
    let place = Place::new();
    let environment = [("GATEPOST_KEY", KEY)];
    let mut serve = gatepost(&["--listen", "127.0.0.1:0", "--data"]);
    let line = refusal(&serve.arg(place.data()).envs(environment).output().unwrap());
    assert!(line.contains("there is a key for this data folder, but no database"), "{line}");
    let mut create = gatepost(&["store", "create", "--data"]);
    assert!(create.arg(place.data()).envs(environment).status().unwrap().success());
    stop(Server::start(&place.data(), &environment));
    // From now on the database belongs to that key.
    place.put_key(&KEY.replace("AAEC", "BBEC"), 0o600);
    assert!(refusal(&place.serve()).contains("belongs to a different key"));
}

#[test]
fn a_database_is_not_created_without_a_key() {
    let place = Place::new();
    let line = place.refused(&["store", "create"]);
    assert!(
        line.contains("/key: there is no key to create a database for; `gatepost serve` creates both"),
        "{line}"
    );
    assert!(!place.data().exists());
}

#[test]
fn adding_or_importing_accounts_in_the_wrong_folder_is_refused_and_creates_nothing() {
    let place = Place::new();
    let file = place.0.path().join("accounts");
    fs::write(&file, "{\"email\":\"ann@example.org\"}\n").unwrap();
    for arguments in
        [&["account", "add", "ann@example.org"][..], &["account", "import", file.to_str().unwrap()]]
    {
        let line = place.refused(arguments);
        assert!(line.contains("no database found; check data_dir or --data"), "{line}");
        assert!(!place.data().exists());
    }
}

/// Starts the server and kills it at the `step`th of these system calls. Returns whether it got that far.
fn is_killed_at(call: &str, step: usize, data: &Path) -> bool {
    let mut command = Command::new(STRACE);
    let inject = format!("inject={call}:signal=KILL:when={step}");
    command.args(["-f", "-q", "-o", "/dev/null", "-e", &inject, env!("CARGO_BIN_EXE_gatepost")]);
    command.args(["--listen", "127.0.0.1:0", "--data"]).arg(data).env_clear().current_dir("/");
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let is_serving = log.any(|line| line.unwrap().contains("serving"));
    if is_serving {
        // Only the process that has the lock: strace does not pass every signal on.
        let id = fs::read_to_string(data.join("lock")).unwrap().trim().parse().unwrap();
        kill_process(Pid::from_raw(id).unwrap(), Signal::KILL).unwrap();
    }
    child.wait().unwrap();
    !is_serving
}

#[test]
fn a_first_start_that_was_killed_at_any_step_is_continued_by_the_next() {
    if !is_installed(STRACE) {
        return;
    }
    for call in ["fsync", "mkdir", "rename", "renameat2", "unlink"] {
        let mut kills = 0;
        for step in 1.. {
            let place = Place::new();
            if !is_killed_at(call, step, &place.data()) {
                break;
            }
            kills += 1;
            stop(Server::start(&place.data(), &[]));
            assert_eq!(names(&place.data()), ["key", "lock", "store", "store.mark"], "{call} {step}");
        }
        assert!(kills > 0, "{call} was never called");
    }
}
