//! Values that env files, editors and shells have changed on their way into the environment.

use std::fs;

use super::access::text;
use super::check::KEY;
use super::mistakes::assert_reported;
use super::{Bench, errors};

/// A variable with a value that is refused, and the beginning of the error.
const REFUSED: &[(&str, &str, &str)] = &[
    // Quotation marks that `docker --env-file` keeps.
    ("GATEPOST_NAME", "\"Example\"", "is in quotation marks"),
    ("GATEPOST_NAME", "'Example'", "is in quotation marks"),
    ("GATEPOST_DATA_DIR", "\"data\"", "is in quotation marks"),
    ("GATEPOST_PUBLIC_URL", "\"http://localhost:8080\"", "is in quotation marks"),
    ("GATEPOST_REGISTRATION", "'true'", "is in quotation marks"),
    ("GATEPOST_HOSTS", "\"a.example,b.example\"", "is in quotation marks"),
    ("GATEPOST_KEY_FILE", "\"\"", "is in quotation marks"),
    ("GATEPOST_KEY", "\"gatepost-key-1 1 hunter2\"", "is in quotation marks"),
    ("GATEPOST_MAIL__SMTP_PASSWORD", "\"hunter2\"\r", "is in quotation marks"),
    // Variables that nothing has replaced.
    ("GATEPOST_PUBLIC_URL", "https://${DOMAIN}", "contains a variable"),
    ("GATEPOST_PUBLIC_URL", "https://id.$DOMAIN", "contains a variable"),
    ("GATEPOST_PUBLIC_URL", "https://$(DOMAIN)", "contains a variable"),
    ("GATEPOST_PUBLIC_URL", "https://${DOMAIN:-id.example.org}", "contains a variable"),
    ("GATEPOST_NAME", "${NAME}", "contains a variable"),
    ("GATEPOST_DATA_DIR", "$HOME/data", "contains a variable"),
    ("GATEPOST_MAIL__FROM", "Example <id@${DOMAIN}>", "contains a variable"),
    ("GATEPOST_MAIL__SMTP_URL", "smtps://ann:${PASSWORD}@mail.example.org", "contains a variable"),
    ("GATEPOST_MAIL__SMTP_PASSWORD", "${HUNTER2}", "contains a variable"),
    // What only a shell expands.
    ("GATEPOST_DATA_DIR", "~/data", "~ is not expanded"),
    ("GATEPOST_KEY_FILE", "~ann/ring", "~ is not expanded"),
    ("GATEPOST_MAIL__SMTP_PASSWORD_FILE", "~/pw", "~ is not expanded"),
    // A space could belong to a password, or not.
    ("GATEPOST_MAIL__SMTP_PASSWORD", "hunter2 ", "begins or ends with a space"),
    ("GATEPOST_TRUSTED_PROXIES", "[\"127.0.0.1\"]", "must be written without brackets"),
];

#[test]
fn a_value_that_an_env_file_has_mangled_is_refused_and_nothing_is_written() {
    for (variable, value, sentence) in REFUSED {
        let bench = Bench::new();
        let output = bench.check(&[(variable, value)], &[]);
        let found = errors(&output);
        assert_reported(&found, &[&format!("{variable}: {sentence}")], value);
        assert!(!found.concat().to_lowercase().contains("hunter2"), "a secret is not repeated: {found:?}");
        assert!(bench.files().is_empty(), "{variable}={value}");
    }
}

#[test]
fn the_variable_of_every_key_is_checked_for_what_env_files_leave_in_it() {
    for variable in gatepost::config::variables() {
        let is_path = variable.ends_with("_DIR") || variable.ends_with("_FILE");
        let paths = [("~/hunter2", "~ is not expanded")];
        let all = [
            ("\"hunter2\"", "is in quotation marks"),
            ("'hunter2'\r", "is in quotation marks"),
            ("\u{feff}\"\"", "is in quotation marks"),
            ("hunter2-${HUNTER2}", "contains a variable"),
            ("$(HUNTER2)\r\n", "contains a variable"),
        ];
        for (value, sentence) in all.iter().chain(if is_path { &paths[..] } else { &[] }) {
            let bench = Bench::new();
            let found = errors(&bench.check(&[(&variable, value)], &[]));
            assert_reported(&found, &[&format!("{variable}: {sentence}")], value);
            assert!(!found.concat().to_lowercase().contains("hunter2"), "{found:?}");
            assert!(bench.files().is_empty(), "{variable}={value}");
        }
        // Nothing remains of these, so they set nothing.
        for value in ["", "\r", " ", "\u{feff}", "\u{feff} \r\n"] {
            let output = Bench::new().check(&[(&variable, value)], &[]);
            let log = text(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{variable}={value:?}: {log}");
            let is_warned = log.lines().all(|line| line.contains(&format!("{variable}: ")));
            assert!(is_warned && log.is_empty() == value.is_empty(), "{variable}={value:?}: {log}");
        }
    }
}

#[test]
fn a_key_may_have_the_line_ends_of_windows_wherever_it_comes_from() {
    let ring = KEY.replace('\n', "\r\n");
    let bench = Bench::with_data("key", &format!("\u{feff}{ring}"), 0o600);
    let output = bench.check(&[], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let output = Bench::new().check(&[("GATEPOST_KEY", &ring)], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn options_are_taken_as_written_but_a_shell_that_expands_nothing_is_noticed() {
    for (option, value, sentence) in [
        ("--data", "~/data", "~ is not expanded"),
        ("--data", "${HOME}/data", "contains a variable"),
        ("--listen", "127.0.0.1:$PORT", "contains a variable"),
        ("--listen", "", "must be an IP address and a port"),
    ] {
        let found = errors(&Bench::new().check(&[], &[option, value]));
        assert_reported(&found, &[&format!("{option}: {sentence}")], value);
    }
}

/// A variable with a value that needs a correction, and the beginning of the warning.
const CORRECTED: &[(&str, &str, &str)] = &[
    ("GATEPOST_DATA_DIR", "kept\r", "ends with a line end"),
    ("GATEPOST_DATA_DIR", "kept\r\n", "ends with a line end"),
    ("GATEPOST_DATA_DIR", " kept ", "has spaces around the value"),
    ("GATEPOST_NAME", "Example\r", "ends with a line end"),
    ("GATEPOST_REGISTRATION", " true", "has spaces around the value"),
    ("GATEPOST_MAIL__CONNECTIONS", "4\t", "has spaces around the value"),
    ("GATEPOST_PUBLIC_URL", "http://localhost:8080\r", "ends with a line end"),
    ("GATEPOST_TRUSTED_PROXIES", "127.0.0.1,::1\r", "ends with a line end"),
];

#[test]
fn line_ends_and_spaces_around_a_value_are_removed_with_a_warning() {
    for (variable, value, sentence) in CORRECTED {
        let output = Bench::new().check(&[(variable, value)], &[]);
        let log = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{variable}={value:?}: {log}");
        assert!(log.lines().count() == 1 && log.contains(&format!("{variable}: {sentence}")), "{log}");
        let shown = String::from_utf8(output.stdout).unwrap();
        assert_eq!(shown.contains("data in kept,"), *variable == "GATEPOST_DATA_DIR", "{shown}");
    }
}

#[test]
fn an_empty_variable_counts_as_not_set_for_every_key() {
    let bench = Bench::with_file("data_dir = \"from file\"");
    let keys = gatepost::config::variables();
    let environment: Vec<(&str, &str)> = keys.iter().map(|name| (name.as_str(), "")).collect();
    let output = bench.check(&environment, &[]);
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), log.as_str()), (Some(0), ""));
    assert!(String::from_utf8(output.stdout).unwrap().contains("data in from file,"));
}

#[test]
fn values_that_only_look_like_mangled_ones_are_kept() {
    let variables = [
        ("GATEPOST_NAME", "Cash$Desk \"A\" & 'B'"),
        ("GATEPOST_HOME", "/app?$top=5"),
        ("GATEPOST_MAIL__SMTP_URL", "smtps://ann:pa$Word@mail.example.org"),
        ("GATEPOST_MAIL__FROM", "\"Example\" <id@example.org>"),
        ("GATEPOST_DATA_DIR", "a~b"),
    ];
    let log = String::from_utf8(Bench::new().check(&variables, &[]).stderr).unwrap();
    assert!(log.lines().count() == 1 && log.contains("mail.smtp_url has no effect"), "{log}");
}

#[test]
fn a_byte_order_mark_is_ignored_with_a_warning_wherever_an_editor_may_have_left_it() {
    let bench = Bench::with_file("\u{feff}data_dir = \"kept\"\r\n[mail]\r\nsmtp_password_file = \"pw\"\r\n");
    fs::write(bench.path().join("pw"), "\u{feff}hunter2\r\n").unwrap();
    let variables = [("\u{feff}GATEPOST_NAME", "Example"), ("GATEPOST_MAIL__SMTP_USER", "ann")];
    let output = bench.check(&variables, &[]);
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{log}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("data in kept,"));
    for place in ["config.toml: ", "pw: ", "GATEPOST_NAME: "] {
        let line = format!("{place}begins with a byte order mark, which was ignored");
        assert_eq!(log.matches(&line).count(), 1, "{log}");
    }
}

#[test]
fn a_secret_file_has_one_line() {
    for (content, sentence) in [
        ("hunter2\nhunter3\n", "must have one line"),
        ("\n", "is empty"),
        (&"x".repeat(20_000), "is too long for a secret"),
    ] {
        let bench = Bench::with_file("[mail]\nsmtp_user = \"ann\"\nsmtp_password_file = \"pw\"");
        fs::write(bench.path().join("pw"), content).unwrap();
        let found = errors(&bench.check(&[], &[]));
        let expected = format!("config.toml: mail.smtp_password_file: pw: {sentence}");
        assert_reported(&found, &[&expected], sentence);
    }
}
