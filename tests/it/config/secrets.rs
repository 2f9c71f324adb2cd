//! Secrets in the configuration: kept private, and never repeated in an error.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::mistakes::assert_reported;
use super::{Bench, errors};

#[test]
fn a_secret_set_twice_is_refused_and_never_repeated() {
    let bench = Bench::with_file("[mail]\nsmtp_user = \"ann\"\nsmtp_password_file = \"pw\"");
    fs::write(bench.path().join("pw"), "hunter2-in-file\n").unwrap();
    let output = bench.check(&[("GATEPOST_MAIL__SMTP_PASSWORD", "hunter2-in-environment")], &[]);
    let found = errors(&output);
    assert_reported(&found, &["mail.smtp_password, mail.smtp_password_file: is set twice"], "a secret");
    assert!(!found.concat().contains("hunter2"));
}

#[test]
fn a_garbled_secret_is_not_repeated() {
    let bench = Bench::new();
    let variables = [
        ("GATEPOST_KEY", "gatepost-key-1 1 hunter2"),
        ("GATEPOST_MAIL__SMTP_URL", "smtps//ann:hunter2@mail.example.org"),
    ];
    let found = errors(&bench.check(&variables, &[]));
    assert_eq!(found.len(), 2);
    assert!(!found.concat().contains("hunter2"), "{found:?}");
}

#[test]
fn a_key_file_that_others_can_read_is_an_error() {
    let bench = Bench::with_file("key_file = \"ring\"");
    let path = bench.path().join("ring");
    fs::write(&path, "gatepost-key-1 1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n").unwrap();
    for mode in [0o604, 0o644, 0o602, 0o777] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let found = errors(&bench.check(&[], &[]));
        assert_reported(
            &found,
            &["config.toml: key_file: ring: the key file is accessible to everyone (mode"],
            "mode",
        );
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(bench.check(&[], &[]).status.code(), Some(0));
}

#[test]
fn a_metrics_token_that_does_not_fit_into_a_header_is_refused_and_not_repeated() {
    for token in ["with spaces in between", "umlauts-are-not-\u{fc}-for-headers"] {
        let bench = Bench::new();
        let output = bench.check(&[("GATEPOST_METRICS_TOKEN", token)], &[]);
        let expected = "metrics_token, metrics_token_file: must have at least 16 characters, without spaces";
        assert_reported(&errors(&output), &[expected], "a token");
        assert!(!String::from_utf8_lossy(&output.stderr).contains(token));
    }
}
