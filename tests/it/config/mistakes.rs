//! The table of invalid configurations.

use super::{Bench, errors};

/// A file and the beginnings of the errors it must cause.
type InFile = (&'static str, &'static [&'static str]);
/// Variables and the beginnings of the errors they must cause.
type InEnvironment = (&'static [(&'static str, &'static str)], &'static [&'static str]);

const FILES: &[InFile] = &[
    // Invalid TOML, reported with its line.
    ("name = ", &["config.toml, line 1: "]),
    ("name = \"A\"\nlisten = 127.0.0.1:80\n", &["config.toml, line 2: "]),
    ("name = \"A\"\nname = \"B\"\n", &["config.toml, line 2: duplicate key"]),
    ("[mail\n", &["config.toml, line 1: "]),
    // Unknown keys and sections, including those of features that do not exist yet.
    ("listne = \"127.0.0.1:80\"", &["config.toml: listne: unknown key"]),
    ("metrics = true", &["config.toml: metrics: unknown key"]),
    ("metrics_token = \"fifteen-letters\"", &["metrics_token, metrics_token_file: must have at least 16"]),
    ("Name = \"A\"", &["config.toml: Name: unknown key"]),
    ("key = \"gatepost-key-1 1 AAAA\"", &["config.toml: key: the key must not be in the file; use key_file"]),
    (
        "[password]\nmin_length = 7",
        &["config.toml: password.min_length: must be a whole number from 8 to 64"],
    ),
    ("[passwords]\nmin_length = 12", &["config.toml: [passwords]: unknown section"]),
    ("[limit]", &["config.toml: [limit]: unknown section"]),
    ("[mail]\nform = \"a@example.org\"", &["config.toml: mail.form: unknown key"]),
    ("[session]\nidle.days = 7", &["config.toml: session.idle: must be a quoted string"]),
    ("mail = \"smtp\"", &["config.toml: mail: is a section, write [mail]"]),
    ("transport = \"smtp\"", &["config.toml: transport: unknown key"]),
    // Wrong types.
    ("name = 7", &["config.toml: name: must be a quoted string"]),
    ("listen = 8080", &["config.toml: listen: must be a quoted string"]),
    ("registration = \"false\"", &["config.toml: registration: must be true or false, without quotes"]),
    ("registration = 0", &["config.toml: registration: must be true or false"]),
    ("trusted_proxies = \"127.0.0.1\"", &["config.toml: trusted_proxies: must be a list"]),
    ("trusted_proxies = [1]", &["config.toml: trusted_proxies: must be a list of quoted strings"]),
    ("[mail]\nconnections = \"4\"", &["config.toml: mail.connections: must be a whole number from 1 to 64"]),
    ("[mail]\nconnections = 4.5", &["config.toml: mail.connections: must be a whole number"]),
    ("[sign_in]\nlink_lifetime = 600", &["config.toml: sign_in.link_lifetime: must be a quoted string"]),
    // Wrong values.
    ("public_url = \"id.example.org\"", &["config.toml: public_url: must be an origin"]),
    ("public_url = \"https://id.example.org/app\"", &["config.toml: public_url: must be an origin"]),
    ("public_url = \"https://ann@id.example.org\"", &["config.toml: public_url: must be an origin"]),
    ("public_url = \"ftp://localhost\"", &["config.toml: public_url: must be an origin"]),
    ("listen = \"8080\"", &["config.toml: listen: must be an IP address and a port"]),
    ("listen = \"127.0.0.1\"", &["config.toml: listen: must be an IP address and a port"]),
    ("listen = \"127.0.0.1:99999\"", &["config.toml: listen: must be an IP address and a port"]),
    ("listen = \"id.example.org:80\"", &["config.toml: listen: must be an IP address and a port"]),
    ("listen = \"unix:\"", &["config.toml: listen: must be an IP address and a port"]),
    ("listen = \"unix:gatepost.sock\"", &["config.toml: listen: must be an IP address and a port"]),
    ("data_dir = \"\"", &["config.toml: data_dir: must be a path"]),
    ("data_dir = \"~/gatepost\"", &["config.toml: data_dir: ~ is not expanded here"]),
    ("data_dir = \"$HOME/gatepost\"", &["config.toml: data_dir: contains a variable"]),
    ("key_file = \"~/ring\"", &["config.toml: key_file: ~ is not expanded here"]),
    ("public_url = \"https://${DOMAIN}\"", &["config.toml: public_url: contains a variable"]),
    ("hosts = [\"a.example\", \"$(HOST)\"]", &["config.toml: hosts: contains a variable"]),
    ("name = \"\"", &["config.toml: name: must be a name"]),
    ("name = \"A\\r\\nBcc: x@example.org\"", &["config.toml: name: must be a name"]),
    ("name = \"A\\tB\"", &["config.toml: name: must be a name"]),
    ("name = \"A\\u007fB\"", &["config.toml: name: must be a name"]),
    ("name = \"A\\u0085B\"", &["config.toml: name: must be a name"]),
    ("home = \"https://app.example.org\"", &["config.toml: home: must be a path on this server"]),
    ("home = \"//app.example.org\"", &["config.toml: home: must be a path on this server"]),
    ("home = \"/sign-in\"", &["config.toml: home: must be a path on this server"]),
    ("home = \"/x/../sign-out\"", &["config.toml: home: must be a path on this server"]),
    ("trusted_proxies = [\"proxy\"]", &["config.toml: trusted_proxies: \"proxy\" is neither"]),
    ("trusted_proxies = [\"10.0.0.0/33\"]", &["config.toml: trusted_proxies: \"10.0.0.0/33\" is neither"]),
    (
        "trusted_proxies = [\"0.0.0.0/0\"]",
        &["config.toml: trusted_proxies: \"0.0.0.0/0\" would trust everyone"],
    ),
    (
        "trusted_proxies = [\"::/0\", \"x\"]",
        &["config.toml: trusted_proxies: \"::/0\" would trust everyone; \"x\" is"],
    ),
    ("hosts = [\"https://a.example\"]", &["config.toml: hosts: \"https://a.example\" is not a host name"]),
    ("hosts = [\"a.example/x\"]", &["config.toml: hosts: \"a.example/x\" is not a host name"]),
    ("key_file = \"none\"", &["config.toml: key_file: none: No such file"]),
    (
        "[mail]\ntransport = \"mail\"",
        &["config.toml: mail.transport: must be \"mailbox\", \"smtp\" or \"sendmail\""],
    ),
    ("[mail]\nfrom = \"Gatepost\"", &["config.toml: mail.from: must be an email address such as"]),
    (
        "[mail]\nfrom = \"A\\nB <a@example.org>\"",
        &["config.toml: mail.from: must be an email address such as"],
    ),
    (
        "[mail]\nfrom = \"a@example.org, b@example.org\"",
        &["config.toml: mail.from: must be an email address such as"],
    ),
    ("[mail]\nsmtp_url = \"mail.example.org\"", &["config.toml: mail.smtp_url: must be a URL such as"]),
    (
        "[mail]\nsmtp_url = \"https://mail.example.org\"",
        &["config.toml: mail.smtp_url: must be a URL such as"],
    ),
    (
        "[mail]\nsmtp_url = \"smtps://mail.example.org/x\"",
        &["config.toml: mail.smtp_url: must end after the host and port"],
    ),
    (
        "[mail]\nsmtp_url = \"smtp://mail.example.org:25?tls=none\"",
        &["config.toml: mail.smtp_url: can use tls=none only for a mail server on this machine"],
    ),
    (
        "[mail]\nsmtp_url = \"smtps://localhost?tls=none\"",
        &["config.toml: mail.smtp_url: must end after the host and port"],
    ),
    (
        "[mail]\nsmtp_url = \"smtps://ann:hun/ter@m.example\"",
        &["config.toml: mail.smtp_url: has a /, ? or #"],
    ),
    ("[mail]\nsmtp_url = \"smtps://ann:2/ter@m.example\"", &["config.toml: mail.smtp_url: has a /, ? or #"]),
    (
        "[mail]\nsmtp_url = \"smtps://ann:hun?ter@m.example\"",
        &["config.toml: mail.smtp_url: has a /, ? or #"],
    ),
    ("[mail]\nsmtp_url = \"smtps://a#n:hunter@m.example\"", &["config.toml: mail.smtp_url: has a /, ? or #"]),
    (
        "[mail]\nsmtp_url = \"smtps://ann:50%off@m.example\"",
        &["config.toml: mail.smtp_url: has a % in its user"],
    ),
    ("[mail]\nsmtp_url = \"smtps://ann@m.example\"", &["config.toml: mail.smtp_url: needs both a user"]),
    ("[mail]\nsmtp_password_file = \"none\"", &["config.toml: mail.smtp_password_file: none: No such file"]),
    ("[mail]\nconnections = 0", &["config.toml: mail.connections: must be a whole number from 1 to 64"]),
    ("[mail]\nconnections = -1", &["config.toml: mail.connections: must be a whole number from 1 to 64"]),
    ("[sign_in]\nlink_lifetime = \"10\"", &["config.toml: sign_in.link_lifetime: must be a duration"]),
    ("[sign_in]\nlink_lifetime = \"+5m\"", &["config.toml: sign_in.link_lifetime: must be a duration"]),
    ("[sign_in]\nlink_lifetime = \"0m\"", &["config.toml: sign_in.link_lifetime: must be a duration"]),
    ("[sign_in]\nlink_lifetime = \"61m\"", &["config.toml: sign_in.link_lifetime: must be a duration"]),
    ("[session]\nidle = \"a week\"", &["config.toml: session.idle: must be a duration"]),
    ("[session]\nidle = \"é\"", &["config.toml: session.idle: must be a duration"]),
    (
        "[session]\nabsolute = \"99999999999999999999d\"",
        &["config.toml: session.absolute: must be a duration"],
    ),
    ("[session]\nabsolute = \"213503982334602d\"", &["config.toml: session.absolute: must be a duration"]),
    // Settings that contradict each other.
    ("[session]\nidle = \"31d\"", &["session.idle, session.absolute: session.idle must not be longer"]),
    (
        "[mail]\ntransport = \"smtp\"",
        &["mail.transport, mail.smtp_url: transport \"smtp\" needs mail.smtp_url"],
    ),
    (
        "[mail]\nsmtp_user = \"ann\"",
        &["mail.smtp_user, mail.smtp_password, mail.smtp_password_file: set both"],
    ),
    (
        "[mail]\nsmtp_password = \"x\"",
        &["mail.smtp_user, mail.smtp_password, mail.smtp_password_file: set both"],
    ),
    (
        "[mail]\nsmtp_url = \"smtps://u:p@mail.example.org\"\nsmtp_user = \"u\"\nsmtp_password = \"p\"",
        &[
            "mail.smtp_url, mail.smtp_user, mail.smtp_password: contains a user, and mail.smtp_user is set too",
        ],
    ),
    ("listen = \"0.0.0.0:8080\"", &["mail.transport, public_url, listen: the mailbox shows"]),
    ("listen = \"[::]:8080\"", &["mail.transport, public_url, listen: the mailbox shows"]),
    (
        "public_url = \"http://id.example.org\"\n[mail]\ntransport = \"smtp\"\nsmtp_url = \"smtps://m.example\"",
        &["public_url: http is allowed only for localhost"],
    ),
    (
        "public_url = \"https://id.example.org\"\n[mail]\ntransport = \"smtp\"\nsmtp_url = \"smtps://m.example\"",
        &["public_url, trusted_proxies, listen: https needs a reverse proxy"],
    ),
    (
        "public_url = \"https://id.example.org\"\nlisten = \"unix:/run/gatepost.sock\"",
        &["mail.transport, public_url, listen: the mailbox shows"],
    ),
    (
        "listen = \"unix:/run/gatepost.sock\"",
        &["mail.transport, listen: the mailbox is not available through"],
    ),
    (
        "public_url = \"https://id.example.org\"\n[mail]\ntransport = \"sendmail\"",
        &["public_url, trusted_proxies, listen: https needs a reverse proxy"],
    ),
    // Many errors at once, each reported.
    (
        "nmae = \"A\"\nlisten = 1\nhome = \"x\"\n[mail]\nconnections = 0\n[session]\nidle = \"1\"\n[x]\n",
        &[
            "config.toml: nmae: unknown key",
            "config.toml: [x]: unknown section",
            "config.toml: listen: must be a quoted string",
            "config.toml: home: must be a path",
            "config.toml: mail.connections: must be",
            "config.toml: session.idle: must be",
        ],
    ),
    (
        "public_url = \"https://id.example.org\"\n[mail]\nconnections = 0",
        &[
            "config.toml: mail.connections: must be",
            "public_url, trusted_proxies, listen: https needs a reverse proxy",
            "mail.transport, public_url, listen: the mailbox shows",
        ],
    ),
    // One error does not cause others: a misspelled mail server is not reported as the mailbox, nor a
    // misspelled proxy as missing.
    (
        "listen = \"0.0.0.0:8080\"\n[mail]\ntransport = \"smtp\"\nsmtp_url = \"mail.example.org\"",
        &["config.toml: mail.smtp_url: must be a URL such as"],
    ),
    (
        "listen = \"0.0.0.0:8080\"\n[mail]\ntransport = \"smtp\"",
        &["mail.transport, mail.smtp_url: transport \"smtp\" needs mail.smtp_url"],
    ),
    (
        "[mail]\ntransport = \"smtp\"\nsmtp_url = \"mail.example.org\"\nsmtp_user = \"u\"\nsmtp_password = \"p\"",
        &["config.toml: mail.smtp_url: must be a URL such as"],
    ),
    (
        "[mail]\ntransport = \"smtp\"\nsmtp_url = \"smtps://m.example\"\nsmtp_user = \"u\"\nsmtp_password_file = \"no\"",
        &["config.toml: mail.smtp_password_file: no: No such file"],
    ),
    (
        "public_url = \"https://id.example.org\"\ntrusted_proxies = [\"x\"]\n[mail]\ntransport = \"smpt\"",
        &["config.toml: trusted_proxies: \"x\"", "config.toml: mail.transport: must be"],
    ),
];

const ENVIRONMENTS: &[InEnvironment] = &[
    (&[("GATEPOST_LISTEN", "here")], &["GATEPOST_LISTEN: must be an IP address and a port"]),
    (&[("GATEPOST_REGISTRATION", "no")], &["GATEPOST_REGISTRATION: must be true or false"]),
    (&[("GATEPOST_TRUSTED_PROXIES", "127.0.0.1,x")], &["GATEPOST_TRUSTED_PROXIES: \"x\" is neither"]),
    (&[("GATEPOST_MAIL__CONNECTIONS", "many")], &["GATEPOST_MAIL__CONNECTIONS: must be a whole number"]),
    (&[("GATEPOST_SESSION__IDLE", "1w")], &["GATEPOST_SESSION__IDLE: must be a duration"]),
    (&[("GATEPOST_KEY", "secret")], &["GATEPOST_KEY: line 1 is not \"gatepost-key-1"]),
    (&[("GATEPOST_KEY", "gatepost-key-1 1 AAAA")], &["GATEPOST_KEY: line 1 is not \"gatepost-key-1"]),
    (&[("GATEPOST_KEY_FILE", "none")], &["GATEPOST_KEY_FILE: none: No such file"]),
    (&[("GATEPOST_MAIL__TRANSPORT", "SMTP")], &["GATEPOST_MAIL__TRANSPORT: must be"]),
    (
        &[("GATEPOST_HOME", "x"), ("GATEPOST_HOSTS", "a b")],
        &["GATEPOST_HOME: must", "GATEPOST_HOSTS: \"a b\" is not a host name"],
    ),
];

#[track_caller]
pub(super) fn assert_reported(found: &[String], expected: &[&str], input: &str) {
    let is_reported = found.len() == expected.len()
        && found.iter().zip(expected).all(|(error, beginning)| error.starts_with(beginning));
    assert!(is_reported, "{input}\nfound {found:#?}\nexpected {expected:#?}");
}

#[test]
fn every_error_in_a_file_is_reported_and_nothing_is_written() {
    for (text, expected) in FILES {
        let bench = Bench::with_file(text);
        assert_reported(&errors(&bench.check(&[], &[])), expected, text);
        assert_eq!(bench.files(), ["config.toml"], "{text}");
    }
}

#[test]
fn every_error_in_the_environment_is_reported_and_nothing_is_written() {
    for (variables, expected) in ENVIRONMENTS {
        let bench = Bench::new();
        assert_reported(&errors(&bench.check(variables, &[])), expected, &format!("{variables:?}"));
        assert!(bench.files().is_empty(), "{variables:?}");
    }
}

#[test]
fn errors_of_file_environment_and_options_are_in_one_list() {
    let bench = Bench::with_file("nmae = \"A\"\nhome = \"x\"");
    let output = bench.check(&[("GATEPOST_REGISTRATION", "maybe")], &["--listen", "here"]);
    let expected = [
        "config.toml: nmae: unknown key",
        "--listen: must be an IP address",
        "config.toml: home: must be a path",
        "GATEPOST_REGISTRATION: must be true or false",
    ];
    assert_reported(&errors(&output), &expected, "file, environment and options");
}

#[test]
fn an_unknown_variable_is_reported_after_the_errors_it_may_explain() {
    let unreadable = Bench::with_file("name = ");
    let incomplete = Bench::with_file("[mail]\ntransport = \"smtp\"");
    for (bench, error) in
        [(unreadable, "config.toml, line 1: "), (incomplete, "mail.transport, mail.smtp_url: ")]
    {
        let output = bench.check(&[("GATEPOST_MAIL_SMTP_URL", "smtps://mail.example.org")], &[]);
        assert_reported(&errors(&output), &[error], error);
        let text = String::from_utf8(output.stderr).unwrap();
        let warning = "warning: unknown environment variable GATEPOST_MAIL_SMTP_URL";
        assert_eq!(text.lines().last(), Some(warning), "{text}");
    }
}

#[test]
fn a_named_file_must_exist() {
    let bench = Bench::new();
    let output = bench.check(&[], &["--config", "other.toml"]);
    assert_reported(&errors(&output), &["other.toml: No such file"], "--config");
}
