//! The command line: usage, help, exit codes, the data folder and its key.

mod accounts;
mod import;
mod import_counts;
mod serving;
mod socket;
mod stopping;
mod treat;

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, chown};
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

    /// A place whose data folder has this key.
    fn with_key(text: &str, mode: u32) -> Self {
        let place = Self::new();
        fs::create_dir(place.data()).unwrap();
        fs::set_permissions(place.data(), Permissions::from_mode(0o700)).unwrap();
        let key = place.data().join("key");
        fs::write(&key, text).unwrap();
        fs::set_permissions(&key, Permissions::from_mode(mode)).unwrap();
        place
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
        "store",
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
        &["store", "verify"],
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
fn a_key_that_others_can_access_is_refused_with_the_command_that_helps() {
    for mode in [0o640, 0o604, 0o620, 0o602, 0o666] {
        let place = Place::with_key(KEY, mode);
        let line = refusal(&place.serve());
        let key = place.data().join("key").display().to_string();
        assert!(line.contains(&format!("(mode {mode:04o})")), "{line}");
        assert!(line.ends_with(&format!("chmod 600 {key}")), "{line}");
    }
}

#[test]
fn an_invalid_key_is_refused_and_not_repeated() {
    let short = "gatepost-key-1 1 AAECAwQFBgcICQoLDA0ODw==\n";
    let not_base64 = "gatepost-key-1 1 hunter2hunter2hunter2hunter2hunter2hunter2!\n";
    let twice = format!("{KEY}{KEY}");
    for (text, reason) in [
        ("", "has no key"),
        ("\n\n", "has no key"),
        (short, "line 1 is not"),
        (not_base64, "line 1 is not"),
        ("gatepost-key-2 1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "line 1 is not"),
        (twice.as_str(), "has the key id 1 twice"),
    ] {
        let place = Place::with_key(text, 0o600);
        let line = refusal(&place.serve());
        assert!(line.contains(reason) && line.contains("/data/key: "), "{line}");
        assert!(!line.contains("hunter2"), "{line}");
        assert_eq!(fs::read_to_string(place.data().join("key")).unwrap(), text, "never overwritten");
    }
}

#[test]
fn a_key_that_is_not_a_regular_file_is_refused_without_waiting_for_it() {
    for make in [&["mkfifo", "-m", "600"][..], &["mkdir", "-m", "700"]] {
        let place = Place::with_key(KEY, 0o600);
        let key = place.data().join("key");
        fs::remove_file(&key).unwrap();
        assert!(Command::new(make[0]).args(&make[1..]).arg(&key).status().unwrap().success());
        assert!(refusal(&place.serve()).ends_with("/data/key: the key file must be a regular file"));
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the environment decides whether a skipped test is an error")]
fn a_key_that_belongs_to_another_user_is_refused() {
    let place = Place::with_key(KEY, 0o600);
    let key = place.data().join("key");
    // Only root can give a file to another user, and no one else could read it then.
    if chown(&key, Some(12_345), None).is_err() {
        assert!(std::env::var_os("CI").is_none(), "CI must run this as root");
        println!("skipped: needs root");
        return;
    }
    assert!(refusal(&place.serve()).contains("belongs to user 12345"));
    // Root may check the configuration of another user, since that creates no files.
    let folder = tempfile::tempdir().unwrap();
    let mut check = gatepost(&["config", "check", "--listen", "127.0.0.1:0"]);
    let check = check.env("GATEPOST_KEY_FILE", &key).current_dir(folder.path()).output();
    assert_eq!(check.unwrap().status.code(), Some(0));
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

#[test]
fn an_unusable_data_folder_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "not a folder").unwrap();
    for data in [file.as_path(), &file.join("below"), Path::new("/proc/gatepost")] {
        let line = refusal(&serve_from(data));
        assert!(line.contains("cannot use this data folder"), "{line}");
        assert!(line.contains(data.to_str().unwrap()), "{line}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "not a folder");
}
