//! What a good configuration comes to.

use std::fs;

use gatepost::config::{Config, Options};

use super::Bench;

/// The file at the top of the repository, every key uncommented.
fn spelled_out() -> String {
    let is_key = |line: &&str| line.starts_with('#') && !line.starts_with("# ") && line.contains(" = ");
    include_str!("../../../config.toml")
        .lines()
        .map(|line| if is_key(&line) { &line[1..] } else { line })
        .collect::<Vec<_>>()
        .join("\n")
}

fn load(file: &str) -> Config {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("any.toml");
    fs::write(&path, file).unwrap();
    let options = Options { file: Some(path), ..Options::default() };
    let loaded = Config::load(&options).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert_eq!(loaded.warnings, Vec::<String>::new());
    loaded.config
}

#[test]
fn the_file_at_the_top_says_every_key_and_its_default() {
    let mut spelled_out_config = load(&spelled_out());
    let origin = spelled_out_config.public_url.take();
    let silent = load("");
    assert_eq!(origin, Some(silent.origin(None)), "public_url is localhost at the port of listen");
    assert_eq!(format!("{spelled_out_config:#?}"), format!("{silent:#?}"));
    let keys = spelled_out().lines().filter(|line| !line.starts_with('#') && line.contains(" = ")).count();
    assert_eq!(keys, 20, "a key without its line, or a line that is no key");
}

#[test]
fn the_file_at_the_top_as_it_stands_changes_nothing() {
    let as_it_stands = load(include_str!("../../../config.toml"));
    assert_eq!(format!("{as_it_stands:#?}"), format!("{:#?}", load("")));
}

#[test]
fn options_go_before_environment_and_environment_before_file() {
    let bench = Bench::with_file("listen = \"127.0.0.1:1\"\ndata_dir = \"file\"");
    let variables = [("GATEPOST_LISTEN", "127.0.0.1:2"), ("GATEPOST_DATA_DIR", "environment")];
    let shown = |environment: &[(&str, &str)], arguments: &[&str]| {
        let output = bench.check(environment, arguments);
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(shown(&[], &[]).contains("http://localhost:1 on 127.0.0.1:1, data in file"));
    assert!(shown(&variables, &[]).contains("http://localhost:2 on 127.0.0.1:2, data in environment"));
    let arguments = ["--listen", "127.0.0.1:3", "--data", "option"];
    assert!(shown(&variables, &arguments).contains("http://localhost:3 on 127.0.0.1:3, data in option"));
    assert_eq!(bench.files(), ["config.toml"], "a check writes nothing");
}

#[test]
fn a_server_behind_a_proxy_with_a_mail_server_is_taken_from_the_environment_alone() {
    let bench = Bench::new();
    fs::write(bench.path().join("pw"), "hunter2\n").unwrap();
    let output = bench.check(
        &[
            ("GATEPOST_PUBLIC_URL", "https://id.example.org"),
            ("GATEPOST_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8,::1"),
            ("GATEPOST_REGISTRATION", "false"),
            ("GATEPOST_MAIL__TRANSPORT", "smtp"),
            ("GATEPOST_MAIL__FROM", "Example sign-in <id@example.org>"),
            ("GATEPOST_MAIL__SMTP_URL", "smtps://mail.example.org"),
            ("GATEPOST_MAIL__SMTP_USER", "id"),
            ("GATEPOST_MAIL__SMTP_PASSWORD_FILE", "pw"),
            ("GATEPOST_SIGN_IN__LINK_LIFETIME", "15m"),
        ],
        &[],
    );
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(shown.contains("mail by smtps://mail.example.org"), "{shown}");
    assert!(!shown.contains("hunter2"));
}

#[test]
fn a_variable_nobody_knows_is_only_warned_of() {
    let bench = Bench::new();
    let output = bench.check(&[("GATEPOST_LISTNE", "127.0.0.1:80"), ("OTHER", "x")], &[]);
    assert_eq!(output.status.code(), Some(0));
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains("GATEPOST_LISTNE is set, but there is no such key"), "{log}");
}

#[test]
fn a_mail_server_that_is_not_used_is_warned_of() {
    for transport in ["mailbox", "sendmail"] {
        let bench = Bench::with_file("[mail]\nsmtp_url = \"smtps://mail.example.org\"");
        let output = bench.check(&[("GATEPOST_MAIL__TRANSPORT", transport)], &[]);
        assert_eq!(output.status.code(), Some(0));
        let log = String::from_utf8(output.stderr).unwrap();
        assert!(log.contains("mail.smtp_url is not used"), "{transport}: {log}");
    }
}

#[test]
fn links_too_long_for_a_line_and_a_sender_nobody_chose_are_warned_of() {
    let warnings = |host: &str, more: &str| {
        let bench = Bench::with_file(&format!(
            "public_url = \"https://{host}\"\ntrusted_proxies = [\"127.0.0.1\"]\n\
             [mail]\ntransport = \"smtp\"\nsmtp_url = \"smtps://mail.example.org\"\n{more}"
        ));
        let output = bench.check(&[], &[]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let log = String::from_utf8(output.stderr).unwrap();
        (log.lines().count(), log)
    };
    let from = "from = \"id@example.org\"";
    // With https://, /link/ and the token, 22 characters of host fill a line.
    assert_eq!(warnings("id23456789.example.org", from).0, 0);
    let (count, log) = warnings("id234567890.example.org", from);
    assert!(count == 1 && log.contains("public_url is so long that links have 77 characters"), "{log}");
    let (count, log) = warnings("id.example.org", "");
    assert!(count == 1 && log.contains("mail.from is not set"), "{log}");
}

#[test]
fn the_sendmail_program_needs_no_other_key_and_a_sender_like_every_server() {
    let bench = Bench::with_file(
        "public_url = \"https://id.example.org\"\nlisten = \"unix:/run/gatepost.sock\"\n\
         [mail]\ntransport = \"sendmail\"",
    );
    let output = bench.check(&[("GATEPOST_MAIL__FROM", "id@example.org")], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8(output.stdout).unwrap().contains("mail by the sendmail program"));
    assert!(output.stderr.is_empty());
    let log = String::from_utf8(bench.check(&[], &[]).stderr).unwrap();
    assert!(log.lines().count() == 1 && log.contains("mail.from is not set"), "{log}");
}

#[test]
fn debug_output_of_a_configuration_holds_no_secret() {
    let config = load("[mail]\ntransport = \"smtp\"\nsmtp_url = \"smtps://ann:hunter2@mail.example.org\"\n");
    assert!(!format!("{config:?}").contains("hunter2"));
    let config = load(
        "[mail]\ntransport = \"smtp\"\nsmtp_url = \"smtps://m.example\"\nsmtp_user = \"ann\"\n\
         smtp_password = \"hunter2\"",
    );
    assert!(!format!("{config:?}").contains("hunter2"));
}
