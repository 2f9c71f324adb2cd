//! Folders and keys that other users could read or write. What counts is who else could, not who owns them:
//! container platforms mount volumes and secrets that belong to root.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::{Command, Output};

use super::check::KEY;
use super::{Bench, FREE, errors};

/// A user and a group that no file of the system names.
pub(super) const USER: u32 = 54_321;
pub(super) const GROUP: u32 = 54_322;
/// A group that another user is in: the user `mail`.
const MAIL: u32 = 8;

/// Runs the program as a user that only root can become. CI runs as root; elsewhere the test ends here.
pub(super) struct Someone<'a> {
    bench: &'a Bench,
    groups: &'a [u32],
}

impl<'a> Someone<'a> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the environment decides whether a skipped test is an error"
    )]
    pub(super) fn new(bench: &'a Bench, groups: &'a [u32]) -> Option<Self> {
        fs::set_permissions(bench.path(), Permissions::from_mode(0o755)).unwrap();
        // The user must be able to reach the program. Copied by another process: a child forked meanwhile by
        // another test would keep our file open for writing, and such a program cannot be run.
        let program = bench.path().join("gatepost");
        let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_gatepost")).arg(&program).status().unwrap();
        assert!(copied.success());
        let someone = Self { bench, groups };
        if someone.run(&["config", "example"]).is_some_and(|output| output.status.success()) {
            return Some(someone);
        }
        assert!(std::env::var_os("CI").is_none(), "CI must run this as root, with setpriv");
        println!("skipped: needs root and setpriv");
        None
    }

    fn run(&self, arguments: &[&str]) -> Option<Output> {
        let groups: Vec<String> = self.groups.iter().map(u32::to_string).collect();
        let groups = if groups.is_empty() {
            "--clear-groups".into()
        } else {
            format!("--groups={}", groups.join(","))
        };
        let mut command = Command::new("setpriv");
        command.args([&format!("--reuid={USER}"), &format!("--regid={USER}"), &groups]);
        command.arg(self.bench.path().join("gatepost")).args(arguments).args(["--listen", FREE]);
        command.current_dir(self.bench.path()).env_clear().env("PATH", "/usr/bin").output().ok()
    }

    fn check(&self, arguments: &[&str]) -> Output {
        self.run(&[&["config", "check"], arguments].concat()).unwrap()
    }
}

pub(super) fn set(path: &Path, owner: u32, group: u32, mode: u32) {
    chown(path, Some(owner), Some(group)).unwrap();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_data_folder_that_others_can_read_causes_a_warning() {
    let bench = Bench::with_data("key", KEY, 0o600);
    fs::set_permissions(bench.path().join("data"), Permissions::from_mode(0o755)).unwrap();
    let output = bench.check(&[], &[]);
    assert_eq!(output.status.code(), Some(0));
    let log = text(&output.stderr);
    let line = "the data folder data is accessible to everyone (mode 0755); run: chmod 700 data";
    assert!(log.contains(line), "{log}");
}

#[test]
fn a_data_folder_that_everyone_can_write_to_is_refused_and_nothing_is_written() {
    for mode in [0o777, 0o1777, 0o722] {
        let bench = Bench::new();
        let data = bench.path().join("data");
        fs::create_dir(&data).unwrap();
        fs::set_permissions(&data, Permissions::from_mode(mode)).unwrap();
        let found = errors(&bench.check(&[], &[]));
        let expected = format!("data_dir: data: everyone can write to this data folder (mode {mode:04o})");
        assert!(found.len() == 1 && found[0].starts_with(&expected), "{found:?}");
        for command in [&["serve"][..], &["account", "add", "ann@example.org"]] {
            let mut program = Command::new(env!("CARGO_BIN_EXE_gatepost"));
            let output =
                program.args(command).args(["--listen", FREE]).current_dir(bench.path()).output().unwrap();
            assert_eq!(output.status.code(), Some(1), "{command:?}");
            let line = text(&output.stderr);
            assert!(line.contains("everyone can write to this data folder"), "{line}");
        }
        assert_eq!(fs::read_dir(&data).unwrap().count(), 0, "nothing is written");
    }
}

#[test]
fn a_volume_of_root_that_our_group_can_write_to_is_used_without_a_warning() {
    let bench = Bench::new();
    let Some(someone) = Someone::new(&bench, &[GROUP]) else { return };
    let volume = bench.path().join("data");
    fs::create_dir(&volume).unwrap();
    for mode in [0o770, 0o2770] {
        set(&volume, 0, GROUP, mode);
        let output = someone.check(&[]);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{mode:o}");
    }
    // The platform gives the group what it gave the owner, in every file, each time it mounts the volume.
    fs::write(volume.join("key"), KEY).unwrap();
    set(&volume.join("key"), USER, GROUP, 0o600);
    let created = someone.run(&["store", "create"]).unwrap();
    assert_eq!(created.status.code(), Some(0), "{}", text(&created.stderr));
    let added = someone.run(&["account", "add", "ann@example.org"]).unwrap();
    assert_eq!(added.status.code(), Some(0), "{}", text(&added.stderr));
    set(&volume.join("key"), USER, GROUP, 0o660);
    let listed = someone.run(&["account", "list"]).unwrap();
    assert_eq!((listed.status.code(), text(&listed.stderr)), (Some(0), String::new()));
    assert!(text(&listed.stdout).contains("ann@example.org"));
}

#[test]
fn a_group_with_other_members_is_named_in_the_refusal() {
    let bench = Bench::with_data("key", KEY, 0o600);
    let Some(someone) = Someone::new(&bench, &[MAIL]) else { return };
    let data = bench.path().join("data");
    set(&data, USER, MAIL, 0o770);
    let found = errors(&someone.check(&[]));
    assert!(found[0].starts_with("data_dir: data: group mail can write to this data folder"), "{found:?}");
    set(&data, USER, MAIL, 0o700);
    for mode in [0o640, 0o620] {
        set(&data.join("key"), USER, MAIL, mode);
        let expected = format!(
            "data/key: the key file is accessible to group mail (mode {mode:04o}); run: chmod 600 data/key"
        );
        assert_eq!(errors(&someone.check(&[])), [expected]);
    }
}

#[test]
fn a_key_of_root_that_only_our_group_can_read_is_used() {
    let bench = Bench::with_data("key", KEY, 0o600);
    let Some(someone) = Someone::new(&bench, &[GROUP]) else { return };
    set(&bench.path().join("data"), USER, USER, 0o700);
    let key = bench.path().join("data/key");
    set(&key, 0, GROUP, 0o440);
    let output = someone.check(&[]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    // Only root can change that, and this user must still be able to read it afterwards.
    for (group, fix) in [(GROUP, "chmod o= data/key"), (USER + 9, "chown 54321 data/key; chmod 600 data/key")]
    {
        set(&key, 0, group, 0o444);
        let expected =
            format!("data/key: the key file is accessible to everyone (mode 0444); as root, run: {fix}");
        assert_eq!(errors(&someone.check(&[])), [expected]);
    }
}

#[test]
fn root_who_checks_the_files_of_another_user_is_warned_of_what_root_cannot_see() {
    let bench = Bench::with_data("key", KEY, 0o600);
    let (data, key) = (bench.path().join("data"), bench.path().join("data/key"));
    let doubt = "group 54322 has access; run this check as the user the server runs as";
    // Either belongs to root, and only the group of the server may use it.
    set(&data, 0, GROUP, 0o770);
    set(&key, 0, GROUP, 0o440);
    let output = bench.check(&[], &[]);
    let log = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{log}");
    assert!(log.lines().count() == 2 && log.matches(doubt).count() == 2, "{log}");
    // The server itself is not in that group if it runs as root.
    set(&data, 0, 0, 0o700);
    let served = Command::new(env!("CARGO_BIN_EXE_gatepost"))
        .args(["--listen", FREE, "store", "create"])
        .current_dir(bench.path())
        .output()
        .unwrap();
    assert!(text(&served.stderr).contains("accessible to group 54322 (mode 0440)"), "{served:?}");
    // What others can do is an error for every user.
    set(&key, 0, GROUP, 0o444);
    let expected =
        "data/key: the key file is accessible to everyone (mode 0444); run: chmod o= data/key".to_owned();
    assert_eq!(errors(&bench.check(&[], &[])), [expected]);
}

#[test]
fn only_root_is_advised_to_do_what_only_root_can_do() {
    let bench = Bench::with_data("key", KEY, 0o600);
    let Some(someone) = Someone::new(&bench, &[GROUP]) else { return };
    let data = bench.path().join("data");
    set(&data.join("key"), USER, USER, 0o600);
    for (owner, group, mode, fix) in [
        (USER, USER, 0o777, "run: chmod 700 data"),
        (0, GROUP, 0o777, "as root, run: chmod o= data"),
        (0, 0, 0o777, "as root, run: chown 54321 data; chmod 700 data"),
    ] {
        set(&data, owner, group, mode);
        let found = errors(&someone.check(&[]));
        let expected = format!("its key; {fix}; or set data_dir to a new folder inside it");
        assert!(found.len() == 1 && found[0].ends_with(&expected), "{found:?}");
    }
    set(&data, USER, USER, 0o500);
    assert!(errors(&someone.check(&[]))[0].ends_with("Permission denied (os error 13); run: chmod 700 data"));
}

#[test]
fn a_folder_that_this_user_cannot_use_is_an_error() {
    let bench = Bench::with_data("key", KEY, 0o600);
    let Some(someone) = Someone::new(&bench, &[]) else { return };
    let found = errors(&someone.check(&["--data", "data"]));
    assert!(found[0].starts_with("data_dir: data: this data folder belongs to user root"), "{found:?}");
    let found = errors(&someone.check(&["--data", "new"]));
    assert!(found[0].starts_with("data_dir: new: cannot be created in .: Permission denied"), "{found:?}");
    set(&bench.path().join("data"), USER, USER, 0o500);
    let found = errors(&someone.check(&["--data", "data"]));
    let expected = "data_dir: data: this user cannot read and write it: Permission denied";
    assert!(found[0].starts_with(expected), "{found:?}");
}

#[test]
fn a_command_of_another_user_says_that_it_may_not_look_and_not_that_there_is_no_database() {
    let bench = Bench::with_data("key", KEY, 0o600);
    let Some(someone) = Someone::new(&bench, &[]) else { return };
    let hidden = bench.path().join("hidden");
    fs::create_dir(&hidden).unwrap();
    fs::set_permissions(&hidden, Permissions::from_mode(0o700)).unwrap();
    for command in [&["account", "list"][..], &["store", "verify"], &["account", "link", "ann@example.org"]] {
        let output = someone.run(command).unwrap();
        let line = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{command:?}: {line}");
        assert!(line.contains("belongs to user root; run the command as that user: sudo -u root"), "{line}");
        let output = someone.run(&[command, &["--data", "hidden/data"]].concat()).unwrap();
        let line = text(&output.stderr);
        assert!(line.contains("hidden/data: Permission denied"), "{command:?}: {line}");
    }
}

#[test]
fn a_password_that_others_can_read_is_warned_of() {
    let bench = Bench::with_file("[mail]\nsmtp_user = \"ann\"\nsmtp_password_file = \"pw\"");
    crate::harness::write_secret(&bench.path().join("pw"), "hunter2");
    let said = |bench: &Bench| String::from_utf8(bench.check(&[], &[]).stderr).unwrap();
    assert!(!said(&bench).contains("can read this secret"), "{}", said(&bench));
    fs::set_permissions(bench.path().join("pw"), Permissions::from_mode(0o644)).unwrap();
    let said = said(&bench);
    assert!(said.contains("pw: everyone can read this secret (mode 0644); run: chmod 600 pw"), "{said}");
}
