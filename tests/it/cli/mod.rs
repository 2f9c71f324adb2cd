//! The command line: usage, help, exit codes, the data folder and its key.

mod accounts;
mod admins;
mod backup;
mod by_email;
mod checkup;
mod damaged;
mod disk;
mod doctor;
mod failing_disk;
mod first_start;
mod formats;
mod import;
mod import_counts;
mod key;
mod key_counts;
mod key_lines;
mod keys;
mod keys_load;
mod log;
mod mail_test;
mod manual;
mod moving;
mod nodes;
mod open_files;
mod postgres;
mod reload;
mod sender_domain;
mod serving;
mod socket;
mod stopping;
mod treat;
mod unread_log;
mod verify;

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const KEY: &str = "gatepost-key-1 1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";

fn gatepost(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost"));
    command.env_clear().args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    gatepost(arguments).current_dir(folder.path()).output().unwrap()
}

/// The error on standard error, which must be a single sentence of the program.
#[track_caller]
fn refusal(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    let lines: Vec<_> = text.lines().filter(|line| line.starts_with("gatepost: ")).collect();
    assert_eq!(lines.len(), 1, "{text}");
    lines[0].to_owned()
}

/// A temporary folder, and the path of the data folder in it.
struct Place(TempDir, PathBuf);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap(), "data".into())
    }

    fn data(&self) -> PathBuf {
        self.0.path().join(&self.1)
    }

    /// A place with an empty database, and the key it belongs to.
    fn with_store() -> Self {
        Self::new().created()
    }

    /// The same place with an empty database.
    fn created(self) -> Self {
        self.put_key(KEY, 0o600);
        self.answer(&["store", "create"]);
        self
    }

    /// A place whose data folder has this key.
    fn with_key(text: &str, mode: u32) -> Self {
        let place = Self::new();
        place.put_key(text, mode);
        place
    }

    fn put_key(&self, text: &str, mode: u32) {
        fs::create_dir_all(self.data()).unwrap();
        fs::set_permissions(self.data(), Permissions::from_mode(0o700)).unwrap();
        let key = self.data().join("key");
        fs::write(&key, text).unwrap();
        fs::set_permissions(&key, Permissions::from_mode(mode)).unwrap();
    }

    fn serve(&self) -> Output {
        serve_from(&self.data())
    }
}

fn serve_from(data: &Path) -> Output {
    gatepost(&["--listen", "127.0.0.1:0", "--data"]).arg(data).current_dir("/").output().unwrap()
}

#[test]
fn invalid_usage_exits_with_2_and_points_to_the_help() {
    for arguments in [
        &["sevre"][..],
        &["serve", "now"],
        &["config"],
        &["config", "chekc"],
        &["--listne", "127.0.0.1:1"],
        &["--listen"],
        &["--log-format", "xml"],
        &["--data", "a", "--data", "b"],
        &["mail", "test"],
        &["mail", "test", "ann"],
        &["store", "verify", "--acept"],
        &["store", "move"],
        &["doctor", "--quickly"],
        &["doctor", "--quick", "scanner", "ann@example.org"],
        &["doctor", "scanner"],
        &["doctor", "scanner", "ann"],
        &["doctor", "enumeration", "--pairs", "1"],
        &["key"],
        &["key", "retire"],
        &["key", "retire", "first"],
        &["completions"],
        &["completions", "ksh"],
        &["man"],
    ] {
        let output = run(arguments);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(text.contains("--help") || text.contains("Usage:"), "{arguments:?}: {text}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn help_lists_every_command_and_option() {
    let output = run(&["--help"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    for word in [
        "serve",
        "config",
        "openapi",
        "mail",
        "account",
        "admin",
        "key",
        "store",
        "doctor",
        "completions",
        "man",
        "--config",
        "--data",
        "--listen",
        "--log-format",
        "Exit codes: 0 success, 1 failure, 2 usage or configuration error.",
    ] {
        assert!(text.contains(word), "{word} is not in:\n{text}");
    }
    assert!(text.lines().all(|line| line.len() <= 100), "{text}");
}

#[test]
fn the_help_of_a_command_points_to_the_global_options_instead_of_repeating_them() {
    for arguments in [
        &["serve"][..],
        &["config"],
        &["config", "check"],
        &["openapi"],
        &["mail", "test"],
        &["account"],
        &["account", "add"],
        &["account", "import"],
        &["admin", "grant"],
        &["key", "list"],
        &["key", "rotate"],
        &["key", "retire"],
        &["store", "create"],
        &["store", "init"],
        &["store", "verify"],
        &["store", "move"],
        &["doctor", "scanner"],
        &["doctor", "enumeration"],
        &["completions"],
        &["man"],
    ] {
        let output = run(&[arguments, &["--help"]].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(text.ends_with("\nGlobal options: see gatepost --help\n"), "{text}");
        for option in ["--config", "--data", "--listen", "--log-format"] {
            assert!(!text.contains(option), "{option} is in:\n{text}");
        }
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    let output = run(&["--version"]);
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        concat!("gatepost ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn options_may_appear_anywhere() {
    for arguments in [
        &["--listen", "127.77.0.1:8099", "config", "check"][..],
        &["config", "--listen", "127.77.0.1:8099", "check"],
        &["config", "check", "--listen", "127.77.0.1:8099"],
    ] {
        let output = run(arguments);
        assert!(String::from_utf8(output.stdout).unwrap().contains("127.77.0.1:8099"), "{arguments:?}");
    }
}

#[test]
fn a_path_that_is_not_utf8_is_refused_and_no_default_is_used_instead() {
    for option in ["--data", "--config"] {
        let folder = tempfile::tempdir().unwrap();
        let path = OsStr::from_bytes(b"d\xff");
        let output = gatepost(&["serve", "--listen", "127.0.0.1:0", option])
            .arg(path)
            .current_dir(folder.path())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(&format!("{option}: must be UTF-8")), "{text}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

#[test]
fn the_server_does_not_start_with_an_invalid_configuration() {
    let output = run(&["serve", "--listen", "here"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn the_log_can_be_json() {
    let folder = tempfile::tempdir().unwrap();
    let output = gatepost(&["config", "check", "--listen", "127.0.0.1:0", "--log-format", "json"])
        .current_dir(folder.path())
        .env("GATEPOST_LISTNE", "x")
        .output()
        .unwrap();
    let line: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["message"], "unknown environment variable GATEPOST_LISTNE");
}

#[test]
fn text_log_lines_have_no_module_names() {
    let folder = tempfile::tempdir().unwrap();
    let output = gatepost(&["config", "check", "--listen", "127.0.0.1:0"])
        .current_dir(folder.path())
        .env("GATEPOST_LISTNE", "x")
        .output()
        .unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(log.ends_with(" WARN unknown environment variable GATEPOST_LISTNE\n"), "{log}");
}

#[test]
fn a_store_without_its_key_is_refused_and_gets_no_new_one() {
    for trace in ["store", "store.mark"] {
        let place = Place::new();
        fs::create_dir(place.data()).unwrap();
        fs::create_dir(place.data().join(trace)).unwrap();
        let line = refusal(&place.serve());
        assert!(line.contains("/data/key: the key for this database is missing"), "{line}");
        assert!(!place.data().join("key").exists());
    }
}
