//! Every scenario also holds on the engine that is shipped, and on one that behaves as badly as a store
//! may. This binary runs itself again for each of them.

use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

use crate::harness::engine::{Engine, SEED, VARIABLE, seed};
use crate::harness::postgres;
use crate::house::{root, rust_files};

/// Everything whose tests start the product on the engine of the run.
const SCENARIOS: [&str; 52] = [
    "admin::",
    "admins::",
    "aging::",
    "at_rest::",
    "bad_input::",
    "cli::accounts::every_change_of_an_account_writes_an_event",
    "cli::import::through_",
    "cli::import_counts::an_import_writes_one_event",
    "cli::treat::every_action_on_an_account_writes_an_event",
    "clock::",
    "code::",
    "devices::",
    "disabled::",
    "doors::",
    "equality::",
    "forward_auth::",
    "holder::",
    "hostile::",
    "imported::",
    "jumps::",
    "limits::",
    "link::",
    "mail::clock::",
    "mail::delivery::",
    "mail::ended::",
    "mail::kept::",
    "mail::meanwhile::",
    "mail::outage::",
    "mail::unanswered::",
    "mail::worker::",
    "modes::",
    "monitoring::",
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
    "routes::",
    "session::",
    "sign_in::",
    "signing_out::",
    "unreadable::",
    "way_in::",
    "words::pages::",
];
/// Not where everything is left to chance. There, what came of a form whose browser disconnected is not known, so
/// the browser may have to do it again; the mailbox lists two emails if one was requested again; and what is done
/// again is counted again, so no one can say which attempt is the last one allowed.
const UNKNOWN: [&str; 6] = [
    "admin::retry::",
    "admin::stop::",
    "limits::",
    "pages::mailbox::",
    "repeats::a_form_that_breaks_off_is_not_done_again",
    "way_in::",
];
/// Parts that start the product on an engine of their own, or that no engine matters to.
const OTHERS: [&str; 7] =
    ["corpora::", "doubt::", "full_size::", "fuzz::", "harness::", "low_disk::", "neighbours::"];
/// Tests that run on sled anyway, or that no engine changes.
const SETTLED: [&str; 5] = ["admins::races::", "jumps::", "profile::races::", "races::", "signing_out::"];
/// Not on PostgreSQL: each makes a new store for every line of a long table, which takes a minute there, and what it shows is
/// about web addresses, or about which response an address gets.
const MANY_STORES: [&str; 3] = ["modes::equality::", "next::", "routes::"];

#[test]
fn every_scenario_holds_on_sled() {
    run_on(Engine::Sled, &SETTLED);
}

#[test]
fn every_scenario_holds_on_postgresql() {
    if postgres::is_available() {
        run_on(Engine::Postgres, &[&SETTLED[..], &MANY_STORES].concat());
    }
}

#[test]
#[ignore = "takes minutes, and leaves everything to chance: run it by its name, with --ignored"]
fn every_scenario_holds_on_an_engine_that_leaves_everything_to_chance() {
    run_on(Engine::Chaotic, &UNKNOWN);
}

fn run_on(engine: Engine, without: &[&str]) {
    // One after the other, so that tests about time have a processor.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let is_in = |parts: &[&str], name: &str| parts.iter().any(|part| name.starts_with(part));
    let listed = again(&["--list", "--format=terse"], engine);
    let listed = String::from_utf8_lossy(&listed.stdout);
    let names = listed.lines().filter_map(|line| line.strip_suffix(": test"));
    let names: Vec<&str> = names.filter(|name| is_in(&SCENARIOS, name) && !is_in(without, name)).collect();
    assert!(names.len() > 100, "too few tests: {names:?}");
    let ended = again(&[&["--exact"], &names[..]].concat(), engine);
    let told = String::from_utf8_lossy(&ended.stdout);
    let failures = told.split_once("\nfailures:\n").map_or(&*told, |(_, failures)| failures);
    assert!(
        ended.status.success(),
        "to repeat this: {VARIABLE}={engine} {SEED}={} cargo test --test it -- --exact NAME\n{failures}\n{}",
        seed(),
        String::from_utf8_lossy(&ended.stderr)
    );
    assert_eq!(told.lines().filter(|line| line.ends_with("... ok")).count(), names.len(), "{told}");
}

/// This binary, with an engine.
fn again(arguments: &[&str], engine: Engine) -> Output {
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(arguments).env(VARIABLE, engine.to_string()).env(SEED, seed().to_string());
    again.output().unwrap()
}

#[test]
fn every_file_that_starts_the_product_is_in_the_list() {
    let tests = root().join("tests/it");
    let modules: Vec<(String, String)> = rust_files("tests/it")
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&tests).unwrap().with_extension("");
            let name = name.to_str().unwrap().replace('/', "::") + "::";
            (name.replace("::mod::", "::"), std::fs::read_to_string(path).unwrap())
        })
        .collect();
    let belongs = |module: &str, part: &str| module.starts_with(part) || part.starts_with(module);
    let is_in = |parts: &[&str], module: &str| parts.iter().any(|part| belongs(module, part));
    for (module, text) in &modules {
        let starts = text.contains(concat!("harness::app", "::"));
        assert!(
            !starts || is_in(&SCENARIOS, module) || is_in(&OTHERS, module),
            "{module} starts the product"
        );
    }
    for part in [&SCENARIOS[..], &OTHERS, &SETTLED, &MANY_STORES, &UNKNOWN].concat() {
        assert!(modules.iter().any(|(module, _)| belongs(module, part)), "{part} is nowhere");
    }
}
