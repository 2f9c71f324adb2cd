//! The limits, and their bounds.

use gatepost::config::{Config, Options};

use super::mistakes::assert_reported;
use super::{Bench, errors};
use crate::harness::limits::NO_LIMITS;

/// Every limit and the highest number it can have.
const HIGHEST: [(&str, usize); 8] = [
    ("mails_per_address_15m", 100),
    ("mails_per_address_day", 100),
    ("mails_per_client_hour", 50_000),
    ("mails_per_hour", 50_000),
    ("tries_per_client_5m", 50_000),
    ("tries_per_address_15m", 100),
    ("codes_per_address_day", 100),
    ("changes_per_account_hour", 1_000),
];

#[test]
fn every_limit_can_be_changed_and_switched_off() {
    let bench = Bench::with_file(&file(|_| 0));
    let options = Options { file: Some(bench.path().join("config.toml")), ..Options::default() };
    let limits = Config::load(&options).unwrap().config.limits;
    assert_eq!(limits, NO_LIMITS);
    let bench = Bench::with_file(&file(|highest| highest));
    assert_eq!(bench.check(&[], &[]).status.code(), Some(0));
}

#[test]
fn a_limit_that_is_too_high_or_no_number_is_reported() {
    let expected: Vec<String> = HIGHEST
        .iter()
        .map(|(name, highest)| {
            format!("config.toml: limits.{name}: must be a whole number from 0 to {highest}")
        })
        .collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    let bench = Bench::with_file(&file(|highest| highest + 1));
    assert_reported(&errors(&bench.check(&[], &[])), &expected, "too high");
    for value in ["-1", "1.5", "\"3\"", "true"] {
        let text = format!("[limits]\nmails_per_hour = {value}");
        let bench = Bench::with_file(&text);
        assert_reported(
            &errors(&bench.check(&[], &[])),
            &["config.toml: limits.mails_per_hour: must be a whole number"],
            &text,
        );
    }
    let bench = Bench::with_file("[limits]\nmails_per_day = 3");
    assert_reported(
        &errors(&bench.check(&[], &[])),
        &["config.toml: limits.mails_per_day: unknown key"],
        "unknown",
    );
}

fn file(value: impl Fn(usize) -> usize) -> String {
    let lines = HIGHEST.iter().map(|(name, highest)| format!("{name} = {}\n", value(*highest)));
    format!("[limits]\n{}", lines.collect::<String>())
}
