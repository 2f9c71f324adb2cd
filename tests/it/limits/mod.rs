//! How often things may be done, and what anyone who does them too often is told.

mod changes;
mod clients;
mod codes;
mod known;
mod mails;
mod ordinary;
mod others;
mod passwords;

use std::net::Ipv4Addr;
use std::time::Duration;

use gatepost::domain::Settings;
use gatepost::domain::record::limits::Limits;

use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::limits::NO_LIMITS;

const ANN: &str = "ann@example.org";
const BOB: &str = "bob@example.org";
const PASSWORD: &str = "three quiet otters";
const WRONG: &str = "three noisy otters";
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// A product in which only these limits refuse anything.
async fn limited_to(limits: Limits) -> App {
    App::start_as(only(limits)).await
}

fn only(limits: Limits) -> Settings {
    Settings { limits, ..Settings::default() }
}

/// No limits except these.
fn mails(quarter: usize, day: usize) -> Limits {
    Limits { mails_per_address_15m: quarter, mails_per_address_day: day, ..NO_LIMITS }
}

/// A browser or program on another machine.
fn caller_at(app: &App, door: Door, number: u32) -> Caller {
    let source = Ipv4Addr::from_bits(Ipv4Addr::new(127, 1, 0, 0).to_bits() + number);
    app.caller(door).coming_from(source)
}

/// What is left of a wait when a part of it has passed.
fn left(wait: Duration, passed: Duration) -> Duration {
    wait.checked_sub(passed).unwrap()
}

/// It was refused with this code, and told to try again after `wait`.
#[track_caller]
fn assert_refused(caller: &Caller, answer: &Answer, code: &str, wait: Duration) {
    assert_eq!(*answer, Answer::refused(429, code));
    let reply = caller.last.as_ref().unwrap();
    let secs = wait.as_millis().div_ceil(1000).to_string();
    assert_eq!(reply.header("retry-after"), Some(secs.as_str()), "{}", reply.body);
    if caller.door == Door::Json {
        assert_eq!(reply.json()["retry_after"].to_string(), secs);
    }
}
