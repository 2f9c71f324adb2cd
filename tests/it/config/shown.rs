//! The settings as administrators see them.

use gatepost::config::{Config, Options};
use gatepost::web::Source;

#[test]
fn every_setting_is_shown_with_its_value_and_source_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("any.toml");
    let text = "name = \"Example\"\ntrusted_proxies = [\"127.0.0.1\", \"::1\"]\nmetrics_token = \"0123456789hunter2\"\n\
                [mail]\ntransport = \"smtp\"\nsmtp_url = \"smtps://ann:hunter2@mail.example.org:465\"\n\
                connections = 7\n[store]\nurl = \"postgres://gatepost:hunter2@localhost/gatepost\"\n";
    std::fs::write(&path, text).unwrap();
    let listen = Some("127.0.0.1:9090".to_owned());
    let options = Options { file: Some(path), listen, ignores_environment: true, ..Options::default() };
    let loaded = Config::load(&options).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let settings = loaded.reader.settings();
    let of = |key: &str| {
        let setting = settings.iter().find(|setting| setting.key == key).unwrap();
        (setting.value.as_deref(), setting.source, setting.is_secret)
    };
    assert_eq!(of("name"), (Some("Example"), Source::File, false));
    assert_eq!(of("listen"), (Some("127.0.0.1:9090"), Source::Option, false));
    assert_eq!(of("trusted_proxies"), (Some("127.0.0.1, ::1"), Source::File, false));
    assert_eq!(of("mail.connections"), (Some("7"), Source::File, false));
    assert_eq!(of("mail.smtp_url"), (Some("smtps://mail.example.org:465"), Source::File, false));
    assert_eq!(of("store.url"), (Some("postgres://localhost/gatepost"), Source::File, false));
    assert_eq!(of("metrics_token"), (None, Source::File, true));
    assert_eq!(of("mail.smtp_password"), (None, Source::Default, true));
    // Those that are not set have their default.
    assert_eq!(of("home"), (Some("/"), Source::Default, false));
    assert_eq!(of("session.idle"), (Some("7d"), Source::Default, false));
    let without_default = settings.iter().filter(|setting| setting.value.is_none() && !setting.is_secret);
    assert_eq!(without_default.count(), 0);
    assert_eq!(of("registration.mode"), (Some("open"), Source::Default, false));
    assert!(settings.iter().all(|setting| setting.key != "registration"));
    assert!(!format!("{settings:?}").contains("hunter2"), "{settings:?}");
}

#[test]
fn of_the_two_forms_of_registration_the_one_that_counts_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("any.toml");
    std::fs::write(&path, "registration = false\n").unwrap();
    let options = Options { file: Some(path), ignores_environment: true, ..Options::default() };
    let loaded = Config::load(&options).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let settings = loaded.reader.settings();
    let shown = settings.iter().filter(|setting| setting.key.starts_with("registration"));
    let shown: Vec<_> =
        shown.map(|setting| (setting.key, setting.value.as_deref(), setting.source)).collect();
    assert_eq!(shown, [("registration", Some("false"), Source::File)]);
}
