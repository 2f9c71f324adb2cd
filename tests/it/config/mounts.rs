//! Who could read or write a file, on machines whose mounts, groups and directories are different.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use super::access::{GROUP, Someone, USER, set, text};
use super::check::KEY;
use super::{Bench, FREE, errors};

/// Runs a script of mounts as root, and then the program with these arguments.
#[expect(clippy::disallowed_methods, reason = "the environment decides whether a skipped test is an error")]
fn run_mounted(bench: &Bench, mounts: &str, arguments: &[&str]) -> Option<Output> {
    let script = format!("{mounts} && exec \"$0\" \"$@\"");
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", &script]).args(arguments).current_dir(bench.path());
    let output = command.env_clear().env("PATH", "/usr/bin:/bin").output().unwrap();
    let log = text(&output.stderr);
    if log.contains("Operation not permitted") || log.contains("permission denied") {
        assert!(std::env::var_os("CI").is_none(), "CI must be able to mount: {log}");
        println!("skipped: needs to mount");
        return None;
    }
    Some(output)
}

#[test]
fn a_secret_of_a_container_on_a_read_only_mount_is_used_with_a_warning() {
    let bench = Bench::with_file("key_file = \"secret\"");
    fs::write(bench.path().join("secret"), KEY).unwrap();
    fs::set_permissions(bench.path().join("secret"), Permissions::from_mode(0o444)).unwrap();
    let mounts = "mount --bind secret secret && mount -o remount,bind,ro secret";
    let arguments = [env!("CARGO_BIN_EXE_gatepost"), "config", "check", "--listen", FREE];
    let Some(output) = run_mounted(&bench, mounts, &arguments) else { return };
    let log = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{log}");
    assert!(log.contains("accessible to everyone (mode 0444) on a read-only mount"), "{log}");
}

#[test]
fn for_root_a_group_of_two_is_not_private_whoever_the_server_is() {
    let bench = Bench::with_data("key", KEY, 0o600);
    set(&bench.path().join("data/key"), 0, GROUP, 0o440);
    fs::write(bench.path().join("group"), format!("root:x:0:\npair:x:{GROUP}:ann,bob\n")).unwrap();
    let arguments = [env!("CARGO_BIN_EXE_gatepost"), "config", "check", "--listen", FREE];
    let Some(output) = run_mounted(&bench, "mount --bind group /etc/group", &arguments) else { return };
    let expected = "data/key: the key file is accessible to group pair (mode 0440); run: chown USER data/key; \
                    chmod 600 data/key";
    assert_eq!(errors(&output), [expected]);
}

#[test]
fn a_group_whose_members_may_be_in_a_directory_causes_a_warning() {
    let bench = Bench::with_data("key", KEY, 0o600);
    let Some(_) = Someone::new(&bench, &[GROUP]) else { return };
    set(&bench.path().join("data"), USER, USER, 0o700);
    set(&bench.path().join("data/key"), 0, GROUP, 0o440);
    for (sources, named) in [
        ("passwd: files systemd\ngroup: files [SUCCESS=merge] systemd # ldap\nhosts: files dns\n", None),
        ("passwd:\tfiles sss\ngroup: files ldap [NOTFOUND=return] systemd\n", Some("ldap and sss")),
    ] {
        fs::write(bench.path().join("sources"), sources).unwrap();
        let groups = format!("--groups={GROUP}");
        let (user, group) = (format!("--reuid={USER}"), format!("--regid={USER}"));
        let program = bench.path().join("gatepost");
        let check = ["setpriv", &user, &group, &groups, program.to_str().unwrap(), "config", "check"];
        let arguments = [&check[..], &["--listen", FREE]].concat();
        let mounted = run_mounted(&bench, "mount --bind sources /etc/nsswitch.conf", &arguments);
        let Some(output) = mounted else { return };
        let log = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{log}");
        let warning = named.map(|named| {
            format!(
                "group {GROUP} has access, and its members cannot all be known here, because users also come \
                 from {named}"
            )
        });
        assert_eq!(log.lines().count(), usize::from(named.is_some()), "{log}");
        assert!(warning.is_none_or(|warning| log.contains(&warning)), "{log}");
    }
}
