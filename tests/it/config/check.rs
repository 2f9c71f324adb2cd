//! `config check` on this machine: data folder, listen address, key, certificates, sendmail.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixListener;

use super::{Bench, FREE, errors};
use crate::harness::process::{Process, free_address};
use crate::mail::sendmail::write_program;

pub(super) const KEY: &str = "gatepost-key-1 1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";
const SMTP: [(&str, &str); 2] =
    [("GATEPOST_MAIL__TRANSPORT", "smtp"), ("GATEPOST_MAIL__SMTP_URL", "smtps://mail.example.org")];

impl Bench {
    /// The lines after "Configuration OK", which the check must print.
    #[track_caller]
    fn found(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Vec<String> {
        let output = self.check(environment, arguments);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.starts_with("Configuration OK: "), "{text}");
        text.lines().skip(1).map(str::to_owned).collect()
    }

    /// The only error of the check.
    #[track_caller]
    fn error(&self, environment: &[(&str, &str)], arguments: &[&str]) -> String {
        let mut found = errors(&self.check(environment, arguments));
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    /// A data folder with this file in it.
    pub(super) fn with_data(name: &str, content: &str, mode: u32) -> Self {
        let bench = Self::new();
        let data = bench.path().join("data");
        fs::create_dir(&data).unwrap();
        fs::set_permissions(&data, Permissions::from_mode(0o700)).unwrap();
        fs::write(data.join(name), content).unwrap();
        fs::set_permissions(data.join(name), Permissions::from_mode(mode)).unwrap();
        bench
    }
}

#[test]
fn a_new_installation_is_checked_and_nothing_is_written() {
    let bench = Bench::new();
    let found = bench.found(&[], &[]);
    let expected = [
        "Data folder: data will be created.",
        "Key: data/key will be created.",
        "Listen address: 127.0.0.1:0 is free.",
        "Email: only shown, not sent.",
    ];
    assert_eq!(found, expected);
    assert!(bench.files().is_empty());
}

#[test]
fn the_check_lists_what_it_did_not_check() {
    let bench = Bench::with_data("key", KEY, 0o600);
    fs::create_dir(bench.path().join("data/store")).unwrap();
    let proxy =
        [("GATEPOST_PUBLIC_URL", "https://id.example.org"), ("GATEPOST_TRUSTED_PROXIES", "127.0.0.1")];
    let from = [("GATEPOST_MAIL__FROM", "id@example.org")];
    let found = bench.found(&[&SMTP[..], &proxy, &from].concat(), &[]);
    assert_eq!(found[0], "Data folder: data exists, with a database.");
    let expected = "Not checked: DNS and reverse proxy of https://id.example.org, sending email (run \
                    `gatepost mail test ADDRESS`), the database (run `gatepost store verify`).";
    assert_eq!(found.last().map(String::as_str), Some(expected));
}

#[test]
fn a_file_in_place_of_the_data_folder_is_an_error() {
    let bench = Bench::new();
    fs::write(bench.path().join("data"), "a file").unwrap();
    assert_eq!(bench.error(&[], &[]), "data_dir: data: must be a folder");
    let below = ["--listen", FREE, "--data", "data/below/it"];
    assert!(bench.error(&[], &below).starts_with("data_dir: data/below/it: "));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the environment decides whether a skipped test is an error")]
fn root_is_warned_that_the_data_folder_belongs_to_another_user() {
    let bench = Bench::with_data("key", KEY, 0o600);
    // Only root can give a folder to another user.
    if chown(bench.path().join("data"), Some(12_345), None).is_err() {
        assert!(std::env::var_os("CI").is_none(), "CI must run this as root");
        println!("skipped: needs root");
        return;
    }
    let output = bench.check(&[], &[]);
    assert_eq!(output.status.code(), Some(0));
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(log.contains("belongs to user 12345; run this check as that user"), "{log}");
}

#[test]
fn a_key_that_others_can_read_and_an_invalid_key_are_errors() {
    let bench = Bench::with_data("key", KEY, 0o644);
    let error = bench.error(&[], &[]);
    assert_eq!(
        error,
        "data/key: the key file is accessible to everyone (mode 0644); run: chmod 600 data/key"
    );
    let bench = Bench::with_data("key", "hunter2", 0o600);
    let error = bench.error(&[], &[]);
    assert!(error.starts_with("data/key: line 1 is not") && !error.contains("hunter2"), "{error}");
}

#[test]
fn a_database_without_its_key_is_an_error_unless_the_key_is_elsewhere() {
    let bench = Bench::with_data("store.mark", "", 0o600);
    assert!(bench.error(&[], &[]).starts_with("data/key: the key for this database is missing"));
    let found = bench.found(&[("GATEPOST_KEY", KEY)], &[]);
    assert_eq!(found[1], "Key: set by key_file or GATEPOST_KEY.");
    let found = Bench::new().found(&[("GATEPOST_KEY", KEY)], &[]);
    let expected = "Key: set by key_file or GATEPOST_KEY. If there never was a database for it, run `gatepost store create`.";
    assert_eq!(found[1], expected);
}

#[test]
fn an_address_in_use_is_an_error_unless_the_server_of_this_data_folder_runs() {
    let bench = Bench::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = bench.error(&[], &["--listen", &address]);
    assert!(error.starts_with(&format!("listen: {address}")) && error.contains("in use"), "{error}");
    let server = Process::start(&bench.path().join("data"), free_address(), &[]);
    let address = server.address.to_string();
    let found = bench.found(&[], &["--listen", &address]);
    let line = format!("Listen address: {address} is in use, and a server runs with this data folder.");
    assert!(found.contains(&line), "{found:?}");
    let other = bench.error(&[], &["--listen", &address, "--data", "other"]);
    assert!(other.starts_with(&format!("listen: {address}")), "{other}");
}

#[test]
fn an_address_of_another_machine_is_an_error() {
    let variables = [("GATEPOST_LISTEN", "192.0.2.7:8080"), ("GATEPOST_MAIL__TRANSPORT", "sendmail")];
    let output = Bench::new().check_with_sendmail(&variables, &[]);
    let found = errors(&output);
    assert!(found[0].starts_with("listen: cannot listen on 192.0.2.7:8080: "), "{found:?}");
}

#[test]
fn a_socket_file_can_be_new_or_left_over_but_not_in_use_or_something_else() {
    let bench = Bench::new();
    let path = bench.path().join("gatepost.sock");
    let listen = format!("unix:{}", path.display());
    let check =
        || bench.check_with_sendmail(&[("GATEPOST_MAIL__TRANSPORT", "sendmail")], &["--listen", &listen]);
    let found = || String::from_utf8(check().stdout).unwrap();
    assert!(found().contains(&format!("Listen address: {listen} can be created.\n")), "{}", found());
    assert!(bench.files().is_empty());
    let other = UnixListener::bind(&path).unwrap();
    assert!(errors(&check())[0].contains("is in use"));
    drop(other);
    assert!(
        found().contains("is left over from a server that has ended, and will be replaced"),
        "{}",
        found()
    );
    fs::remove_file(&path).unwrap();
    fs::write(&path, "a file").unwrap();
    assert!(errors(&check())[0].starts_with(&format!("listen: {listen}")));
    assert_eq!(fs::read_to_string(&path).unwrap(), "a file");
}

#[test]
fn a_socket_in_a_folder_that_the_service_manager_creates_is_no_error() {
    let bench = Bench::new();
    let check = |path: &str| {
        let listen = format!("unix:{}/{path}", bench.path().display());
        let variables = [("GATEPOST_MAIL__TRANSPORT", "sendmail"), ("GATEPOST_LISTEN", &listen)];
        bench.check_with_sendmail(&variables, &[])
    };
    let output = check("run/gatepost.sock");
    let found = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(found.contains("/run/gatepost.sock can be created once its folder exists"), "{found}");
    assert!(bench.files().is_empty());
    // Nothing creates two folders, so this path is probably misspelled.
    assert!(errors(&check("run/gatepost/gatepost.sock"))[0].contains("No such file"));
}

#[test]
fn a_mail_server_with_tls_needs_certificate_authorities() {
    let bench = Bench::new();
    let file = bench.path().join("ca.pem");
    fs::write(&file, "").unwrap();
    let authorities = [("SSL_CERT_FILE", file.to_str().unwrap())];
    let environment = [&SMTP[..], &authorities].concat();
    let error = bench.error(&environment, &[]);
    let reason = "mail.smtp_url: this machine has no certificate authorities, or SSL_CERT_FILE names a file";
    assert!(error.starts_with(reason), "{error}");
    let missing = [("SSL_CERT_FILE", "/nowhere/ca.pem")];
    let error = bench.error(&[&SMTP[..], &missing].concat(), &[]);
    let reason =
        "mail.smtp_url: cannot read /nowhere/ca.pem, which SSL_CERT_FILE or SSL_CERT_DIR names: no such file";
    assert!(error.starts_with(reason), "{error}");
    let plain = [("GATEPOST_MAIL__SMTP_URL", "smtp://localhost:25?tls=none")];
    let found = bench.found(&[&environment[..], &plain].concat(), &[]);
    let greeted = "It is greeted with the address of this machine, because localhost has no dot.";
    assert!(
        found.contains(&format!("Email: smtp://localhost:25 needs no certificate. {greeted}")),
        "{found:?}"
    );
    let certificate = rcgen::generate_simple_self_signed(["ca.example.org".to_owned()]).unwrap().cert;
    fs::write(&file, certificate.pem()).unwrap();
    let found = bench.found(&environment, &[]);
    let line = "Email: certificate authorities found for verifying smtps://mail.example.org:465.";
    assert!(found.contains(&format!("{line} {greeted}")), "{found:?}");
}

#[test]
fn the_sendmail_program_must_be_there_and_executable() {
    let bench = Bench::new();
    let program = bench.path().join("sendmail");
    let path = [("PATH", bench.path().to_str().unwrap()), ("GATEPOST_MAIL__TRANSPORT", "sendmail")];
    // The usual places are looked at too, and this machine may have one there.
    let is_installed =
        ["/usr/sbin/sendmail", "/usr/lib/sendmail"].iter().any(|path| fs::exists(path).unwrap());
    if !is_installed {
        assert!(bench.error(&path, &[]).starts_with("mail.transport: no sendmail program"));
        fs::write(&program, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o644)).unwrap();
        assert!(bench.error(&path, &[]).starts_with("mail.transport: no sendmail program"));
    }
    write_program(&program, "#!/bin/sh\n");
    let found = bench.found(&path, &[]);
    assert!(found.contains(&format!("Email: {} can be run.", program.display())), "{found:?}");
}

#[test]
fn all_problems_are_in_one_list() {
    let bench = Bench::with_data("key", "", 0o600);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let found = errors(&bench.check(&[], &["--listen", &taken.local_addr().unwrap().to_string()]));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("data/key: ") && found[1].starts_with("listen: "), "{found:?}");
}
