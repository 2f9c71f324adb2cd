//! Who can register: `registration`, in both of its forms.

use super::mistakes::assert_reported;
use super::{Bench, errors};

/// A file and the beginnings of the errors it must cause.
const FILES: &[(&str, &[&str])] = &[
    (
        "[registration]\nmode = \"public\"",
        &["config.toml: registration.mode: must be \"open\", \"domains\", \"invite\" or \"closed\""],
    ),
    ("[registration]\nmode = \"Open\"", &["config.toml: registration.mode: must be \"open\","]),
    ("[registration]\nmode = true", &["config.toml: registration.mode: must be a quoted string"]),
    ("registration = \"domains\"", &["config.toml: registration: must be true or false"]),
    ("registration = [\"example.org\"]", &["config.toml: registration: must be true or false"]),
    ("[registration]\nopen = true", &["config.toml: registration.open: unknown key"]),
    (
        "[registration]\nmode = \"domains\"",
        &["registration.mode, registration.domains: mode \"domains\" needs at least one domain"],
    ),
    (
        "[registration]\nmode = \"domains\"\ndomains = []",
        &["registration.mode, registration.domains: mode \"domains\" needs at least one domain"],
    ),
    (
        "[registration]\ndomains = [\"example.org\"]",
        &["registration.mode, registration.domains: domains is only for mode \"domains\""],
    ),
    (
        "[registration]\nmode = \"invite\"\ndomains = [\"example.org\"]",
        &["registration.mode, registration.domains: domains is only for mode \"domains\""],
    ),
    (
        "[registration]\nmode = \"domains\"\ndomains = \"example.org\"",
        &["config.toml: registration.domains: must be a list"],
    ),
    (
        "[registration]\nmode = \"domains\"\ndomains = [\"example\", \"@example.org\", \"a.example\"]",
        &[
            "config.toml: registration.domains: \"example\" is not a domain such as example.org, or *.example.org \
           for its subdomains; \"@example.org\" is not a domain",
        ],
    ),
    (
        "[registration]\nmode = \"domains\"\ndomains = [\"mail.*.example.org\"]",
        &["config.toml: registration.domains: \"mail.*.example.org\" can have a * only at its beginning"],
    ),
    // A mode that is not known says nothing about the domains.
    (
        "[registration]\nmode = \"domain\"\ndomains = [\"example.org\"]",
        &["config.toml: registration.mode: must be \"open\","],
    ),
    ("registration = true\n[registration]\nmode = \"open\"", &["config.toml, line 2: "]),
];

const MODE: &str = "GATEPOST_REGISTRATION__MODE";
const DOMAINS: &str = "GATEPOST_REGISTRATION__DOMAINS";
const SWITCH: &str = "GATEPOST_REGISTRATION";
const BOTH: &str = "registration, registration.mode, registration.domains: is set in both forms";

/// A file, variables, and the beginnings of the errors they must cause.
type Beside = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

const ENVIRONMENTS: &[Beside] = &[
    ("", &[(MODE, "all")], &["GATEPOST_REGISTRATION__MODE: must be \"open\","]),
    ("", &[(MODE, "domains")], &["registration.mode, registration.domains: mode \"domains\" needs"]),
    ("", &[(DOMAINS, "example.org")], &["registration.mode, registration.domains: domains is only for"]),
    (
        "",
        &[(MODE, "domains"), (DOMAINS, "example.org,*")],
        &["GATEPOST_REGISTRATION__DOMAINS: \"*\" can have a * only at its beginning"],
    ),
    (
        "",
        &[(MODE, "domains"), (DOMAINS, "[\"example.org\"]")],
        &["GATEPOST_REGISTRATION__DOMAINS: must be written"],
    ),
    ("", &[(SWITCH, "open")], &["GATEPOST_REGISTRATION: must be true or false"]),
    ("", &[(SWITCH, "true"), (MODE, "open")], &[BOTH]),
    ("", &[(SWITCH, "false"), (DOMAINS, "example.org")], &[BOTH]),
    ("[registration]\nmode = \"closed\"", &[(SWITCH, "true"), (MODE, "open")], &[BOTH]),
    // The domains of the file do not count with the mode of the environment, nor the other way round.
    (
        "[registration]\nmode = \"domains\"\ndomains = [\"example.org\"]",
        &[(MODE, "domains")],
        &["registration.mode, registration.domains: mode \"domains\" needs"],
    ),
    (
        "[registration]\nmode = \"domains\"\ndomains = [\"example.org\"]",
        &[(DOMAINS, "example.net")],
        &["registration.mode, registration.domains: domains is only for"],
    ),
];

/// Files and variables that are right.
const RIGHT: &[(&str, &[(&str, &str)])] = &[
    ("registration = true", &[]),
    ("registration = false", &[]),
    ("[registration]", &[]),
    ("[registration]\nmode = \"open\"\ndomains = []", &[]),
    ("registration = { mode = \"invite\" }", &[]),
    ("registration.mode = \"closed\"", &[]),
    ("[registration]\nmode = \"domains\"\ndomains = [\"example.org\", \"*.example.net\"]", &[]),
    ("", &[(MODE, "domains"), (DOMAINS, "example.org, *.example.net,")]),
    // Either form in the environment replaces either form in the file.
    ("registration = false", &[(MODE, "invite")]),
    ("registration = false", &[(SWITCH, "true")]),
    ("[registration]\nmode = \"domains\"\ndomains = [\"example.org\"]", &[(SWITCH, "false")]),
    ("[registration]\nmode = \"domains\"\ndomains = [\"example.org\"]", &[(MODE, "open")]),
    // An empty variable counts as not set.
    ("[registration]\nmode = \"domains\"\ndomains = [\"example.org\"]", &[(MODE, ""), (SWITCH, "")]),
    ("registration = false", &[(SWITCH, "true"), (MODE, "")]),
];

#[test]
fn every_mistake_about_registration_is_reported_and_nothing_is_written() {
    for (text, expected) in FILES {
        let bench = Bench::with_file(text);
        assert_reported(&errors(&bench.check(&[], &[])), expected, text);
        assert_eq!(bench.files(), ["config.toml"], "{text}");
    }
    for (text, variables, expected) in ENVIRONMENTS {
        let bench = Bench::with_file(text);
        assert_reported(&errors(&bench.check(variables, &[])), expected, &format!("{text} {variables:?}"));
        assert_eq!(bench.files(), ["config.toml"], "{variables:?}");
    }
}

#[test]
fn mistakes_about_registration_are_in_the_list_with_all_others() {
    let bench =
        Bench::with_file("home = 5\n[registration]\nmode = \"some\"\ndomains = [\"org\"]\n[limits]\nfew = 1");
    let expected = [
        "config.toml: limits.few: unknown key",
        "config.toml: home: must be a quoted string",
        "config.toml: registration.mode: must be \"open\",",
        "config.toml: registration.domains: \"org\" is not a domain",
    ];
    assert_reported(&errors(&bench.check(&[], &[])), &expected, "all");
}

#[test]
fn both_forms_are_accepted_in_the_file_and_in_the_environment() {
    for (text, variables) in RIGHT {
        let output = Bench::with_file(text).check(variables, &[]);
        let log = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), log.as_str()), (Some(0), ""), "{text} {variables:?}");
    }
}
