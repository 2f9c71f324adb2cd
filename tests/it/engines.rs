//! Every scenario also holds on the engine that is shipped, and on one that behaves as badly as a store
//! may. This binary runs itself again for each of them.

use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::harness::engine::{Engine, SEED, VARIABLE, seed};
use crate::house::root;

/// Everything whose tests start the product on an engine of their choice.
const SCENARIOS: [&str; 29] = [
    "bad_input::",
    "clock::",
    "code::",
    "disabled::",
    "doors::",
    "equality::",
    "forward_auth::",
    "holder::",
    "imported::",
    "link::",
    "next::",
    "outage::",
    "pages::",
    "password::",
    "pending::",
    "prehijack::",
    "profile::",
    "races::",
    "reauthentication::",
    "refusals::",
    "registration::",
    "repeats::",
    "restored::",
    "session::",
    "sign_in::",
    "unreadable::",
    "flood::",
    "jumps::",
    "mail::delivery::",
];
/// Parts whose tests have engines of their own, or would only take time.
const OTHERS: [&str; 10] = [
    "doubt::",
    "browser::",
    "cli::",
    "config::",
    "edge::",
    "house::",
    "proxy::",
    "store::",
    "words::",
    "engines::",
];
/// Tests that run on sled anyway, or that no engine changes.
const SETTLED: [&str; 2] = ["races::", "jumps::"];
/// Tests of how often something is hashed, of codes that are the same in every run, and of the sentence on a
/// page that a form sent again no longer gets. All are exact only where nothing is done twice.
const EXACT: [&str; 7] = [
    "a_code_entered_too_late_is_refused_as_expired",
    "responses_do_not_reveal_who_an_address_belongs_to",
    "a_password_with_a_control_character_cannot_be_set_and_signs_no_one_in",
    "a_password_is_rehashed_at_sign_in_when_the_cost_has_changed",
    "too_many_passwords_at_once_are_refused_with_retry_after",
    "profile::emails::",
    "imported::",
];

#[test]
fn every_scenario_holds_on_sled() {
    run_on(Engine::Sled, &SETTLED);
}

#[test]
#[ignore = "takes minutes, and leaves everything to chance: run it by its name, with --ignored"]
fn every_scenario_holds_on_an_engine_that_leaves_everything_to_chance() {
    run_on(Engine::Chaotic, &EXACT);
}

fn run_on(engine: Engine, without: &[&str]) {
    // One after the other, so that tests about time have a processor.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let seed = seed().to_string();
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(SCENARIOS).args(OTHERS.iter().chain(without).flat_map(|part| ["--skip", part]));
    let ended = again.env(VARIABLE, engine.to_string()).env(SEED, &seed).output().unwrap();
    let told = String::from_utf8_lossy(&ended.stdout);
    let failures = told.split_once("\nfailures:\n").map_or(&*told, |(_, failures)| failures);
    assert!(
        ended.status.success(),
        "to repeat this: {VARIABLE}={engine} {SEED}={seed} cargo test --test it NAME\n{failures}\n{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    assert!(told.lines().filter(|line| line.ends_with("... ok")).count() > 100, "too few tests: {told}");
}

#[test]
fn every_file_that_starts_the_product_is_in_the_list() {
    for entry in std::fs::read_dir(root().join("tests/it")).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{}::", path.file_stem().unwrap().to_str().unwrap());
        if path.is_dir() || OTHERS.contains(&name.as_str()) {
            continue;
        }
        if std::fs::read_to_string(&path).unwrap().contains("App::start") {
            assert!(SCENARIOS.contains(&name.as_str()), "{name} starts the product");
        }
    }
}
