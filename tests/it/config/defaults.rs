//! Valid configurations: defaults, precedence, warnings.

use std::fs;

use gatepost::config::{Config, Options};

use super::{Bench, FREE};

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
fn config_toml_lists_every_key_with_its_default() {
    let mut spelled_out_config = load(&spelled_out());
    let origin = spelled_out_config.public_url.take();
    let silent = load("");
    assert_eq!(origin, Some(silent.origin(None)), "public_url is localhost at the port of listen");
    assert_eq!(format!("{spelled_out_config:#?}"), format!("{silent:#?}"));
    let keys = spelled_out().lines().filter(|line| !line.starts_with('#') && line.contains(" = ")).count();
    // Every key but the short form of [registration]: a file has either it or the section.
    assert_eq!(keys, 48, "a key without its line, or a line that is not a key");
}

#[test]
fn config_toml_changes_nothing_as_shipped() {
    let shipped = load(include_str!("../../../config.toml"));
    assert_eq!(format!("{shipped:#?}"), format!("{:#?}", load("")));
}

#[test]
fn options_override_the_environment_which_overrides_the_file() {
    let bench = Bench::with_file("listen = \"127.77.0.1:8081\"\ndata_dir = \"file\"");
    let variables = [("GATEPOST_LISTEN", "127.77.0.1:8082"), ("GATEPOST_DATA_DIR", "environment")];
    let shown = |environment: &[(&str, &str)], arguments: &[&str]| {
        let output = bench.check(environment, arguments);
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(shown(&[], &[]).contains("http://localhost:8081 on 127.77.0.1:8081, data in file,"));
    assert!(
        shown(&variables, &[]).contains("http://localhost:8082 on 127.77.0.1:8082, data in environment,")
    );
    let arguments = ["--listen", "127.77.0.1:8083", "--data", "option"];
    assert!(
        shown(&variables, &arguments).contains("http://localhost:8083 on 127.77.0.1:8083, data in option,")
    );
    assert_eq!(bench.files(), ["config.toml"], "a check writes nothing");
}

#[test]
fn a_server_behind_a_proxy_with_a_mail_server_can_be_configured_in_the_environment_only() {
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
        &["--listen", FREE],
    );
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(shown.contains("email sent through smtps://mail.example.org:465."), "{shown}");
    assert!(!shown.contains("hunter2"));
}

#[test]
fn an_unknown_variable_only_causes_a_warning() {
    let bench = Bench::new();
    let output = bench.check(&[("GATEPOST_LISTNE", "127.0.0.1:80"), ("OTHER", "x")], &[]);
    assert_eq!(output.status.code(), Some(0));
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains("unknown environment variable GATEPOST_LISTNE"), "{log}");
}

#[test]
fn an_unused_mail_server_causes_a_warning() {
    for transport in ["mailbox", "sendmail"] {
        let bench = Bench::with_file("[mail]\nsmtp_url = \"smtps://mail.example.org\"");
        let output = bench.check_with_sendmail(&[("GATEPOST_MAIL__TRANSPORT", transport)], &[]);
        assert_eq!(output.status.code(), Some(0));
        let log = String::from_utf8(output.stderr).unwrap();
        assert!(log.contains("mail.smtp_url has no effect"), "{transport}: {log}");
    }
}

#[test]
fn a_port_of_the_other_kind_of_tls_causes_a_warning() {
    for (url, scheme) in [
        ("smtps://mail.example.org:587", "smtp:// instead of smtps://"),
        ("smtp://mail.example.org:465", "smtps:// instead of smtp://"),
    ] {
        let bench = Bench::with_file(&format!("[mail]\ntransport = \"smtp\"\nsmtp_url = \"{url}\""));
        let output = bench.check(&[], &[]);
        let log = String::from_utf8(output.stderr).unwrap();
        assert!(log.contains("mail.smtp_url: ") && log.contains(scheme), "{url}: {log}");
    }
}

#[test]
fn a_too_long_public_url_and_a_default_sender_cause_a_warning() {
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
    // Together with https://, /link/ and the token, a host of 22 characters fills a line.
    assert_eq!(warnings("id23456789.example.org", from).0, 0);
    let (count, log) = warnings("id234567890.example.org", from);
    assert!(count == 1 && log.contains("public_url is too long: links would be 77 characters"), "{log}");
    let (count, log) = warnings("id.example.org", "");
    assert!(count == 1 && log.contains("mail.from is not set"), "{log}");
}

#[test]
fn sendmail_needs_only_a_sender() {
    let bench = Bench::with_file("public_url = \"https://id.example.org\"\n[mail]\ntransport = \"sendmail\"");
    let listen = format!("unix:{}", bench.path().join("gatepost.sock").display());
    let check = |environment: &[(&str, &str)]| bench.check_with_sendmail(environment, &["--listen", &listen]);
    let output = check(&[("GATEPOST_MAIL__FROM", "id@example.org")]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8(output.stdout).unwrap().contains("email sent with sendmail."));
    assert!(output.stderr.is_empty());
    let log = String::from_utf8(check(&[]).stderr).unwrap();
    assert!(log.lines().count() == 1 && log.contains("mail.from is not set"), "{log}");
}

#[test]
fn debug_output_of_a_configuration_has_no_secret() {
    let config = load("[mail]\ntransport = \"smtp\"\nsmtp_url = \"smtps://ann:hunter2@mail.example.org\"\n");
    assert!(!format!("{config:?}").contains("hunter2"));
    let config = load(
        "[mail]\ntransport = \"smtp\"\nsmtp_url = \"smtps://m.example\"\nsmtp_user = \"ann\"\n\
         smtp_password = \"hunter2\"",
    );
    assert!(!format!("{config:?}").contains("hunter2"));
    let config = load("[store]\nurl = \"postgres://gatepost:hunter2@localhost/gatepost\"");
    assert!(!format!("{config:?}").contains("hunter2"));
}
