//! Everything that reads what strangers send, over a kept corpus (`tests/corpora/fuzz`) and over mutations of it: nothing
//! panics, hangs or answers with a server error. `just fuzz` goes on for longer, with other seeds.
//!
//! An input that fails is printed as a line for the corpus, so that it is tried forever after.

mod mutation;
mod targets;

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use self::mutation::Mutations;
use self::targets::{ALL, Start};
use crate::corpora::cases;
use crate::corpora::text::escaped;

/// How many mutations `cargo test` tries of each target.
const MUTATIONS: u64 = 1_500;
/// Says how many instead, as a number.
const COUNT: &str = "FUZZ_MUTATIONS";
/// Says with which seed, as a number.
const SEED: &str = "FUZZ_SEED";
/// No input takes this long, on a busy machine either.
const PATIENCE: Duration = Duration::from_mins(1);

#[expect(clippy::disallowed_methods, reason = "the environment says how long this run may take")]
fn number(name: &str, usual: u64) -> u64 {
    let text = std::env::var(name);
    text.map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// The kept inputs of a target.
fn kept(name: &str) -> Vec<Vec<u8>> {
    let cases = cases(&format!("fuzz/{name}.txt"));
    assert!(cases.len() >= 10, "{name} has inputs");
    cases.iter().map(|case| case.bytes(0).to_vec()).collect()
}

/// Tries inputs on a thread of their own, which says each before it tries it. So the one that does not end is known.
fn run(name: &'static str, start: Start, seed: u64, count: u64) {
    let (saying, said) = mpsc::channel();
    let work = thread::spawn(move || {
        let kept = kept(name);
        let mut mutations = Mutations::new(seed);
        let mut target = start();
        let mutated = (0..count).map(|_| mutations.of(&kept));
        for input in kept.iter().cloned().chain(mutated) {
            saying.send(input.clone()).unwrap();
            target.take(&input);
        }
        target.end();
    });
    let mut last = Vec::new();
    loop {
        match said.recv_timeout(PATIENCE) {
            Ok(input) => last = input,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => panic!("{name} does not end with {}", escaped(&last)),
        }
    }
    assert!(
        work.join().is_ok(),
        "add this line to tests/corpora/fuzz/{name}.txt (seed {seed}):\n{}",
        escaped(&last)
    );
}

macro_rules! targets {
    ($($name:ident: $sentence:ident),+ $(,)?) => {
        $(#[test]
        fn $sentence() {
            let name = stringify!($name);
            let (_, start) = ALL.into_iter().find(|(of, _)| *of == name).unwrap();
            run(name, start, number(SEED, 1), number(COUNT, MUTATIONS));
        })+

        #[test]
        fn every_target_has_a_test() {
            assert_eq!(ALL.map(|(name, _)| name), [$(stringify!($name)),+]);
        }
    };
}

targets! {
    tokens: no_token_breaks_anything,
    addresses: no_address_breaks_anything,
    cookies: no_cookie_header_breaks_anything,
    forms: no_form_breaks_anything,
    json: no_json_body_breaks_anything,
    next: no_next_breaks_anything,
    config: no_configuration_breaks_anything,
    orders: no_order_breaks_anything,
}

#[test]
fn the_same_seed_makes_the_same_mutations() {
    let kept = [b"ann@example.org".to_vec(), b"x".to_vec()];
    let some = |seed| {
        let mut mutations = Mutations::new(seed);
        (0..200).map(|_| mutations.of(&kept)).collect::<Vec<_>>()
    };
    assert_eq!(some(7), some(7));
    assert_ne!(some(7), some(8));
    assert!(some(7).iter().filter(|input| !kept.contains(input)).count() > 150);
}
