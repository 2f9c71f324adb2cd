//! Wrong codes for one address.

use gatepost::domain::record::limits::Limits;

use super::{ANN, BOB, DAY, HOUR, SECOND, assert_refused, left, limited_to, only};
use crate::harness::app::{App, SignInLetter};
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::limits::NO_LIMITS;

both_doors! {
    after_twenty_wrong_codes_in_a_day_only_links_work,
    five_wrong_codes_still_end_one_request,
    wrong_codes_survive_a_restart_and_are_the_same_for_every_address,
}

/// Only wrong codes are limited.
fn codes(most: usize) -> Limits {
    Limits { codes_per_address_day: most, ..NO_LIMITS }
}

fn wrong() -> Answer {
    Answer::refused_field(422, "wrong_code", "code")
}

/// Someone who has requested an email, and the email.
async fn asked(app: &App, door: Door, email: &str) -> (Caller, SignInLetter) {
    let mut caller = app.caller(door);
    assert_eq!(caller.ask(email).await, Answer::Done);
    (caller, app.letter_to(email).await)
}

/// Enters so many wrong codes for one request. Each is another one: a browser that sends the same form twice
/// has sent it once.
async fn guess(caller: &mut Caller, letter: &SignInLetter, count: u32) {
    let right: u32 = letter.code.parse().unwrap();
    for number in 1..=count {
        let code = format!("{:06}", (right + number) % 1_000_000);
        assert_eq!(caller.type_code(&code).await, wrong(), "{number}");
    }
}

/// SEC-35.
async fn after_twenty_wrong_codes_in_a_day_only_links_work(door: Door) {
    let app = limited_to(codes(20)).await;
    for _ in 0..4 {
        let (mut caller, letter) = asked(&app, door, ANN).await;
        guess(&mut caller, &letter, 5).await;
        app.clock.advance(HOUR);
    }
    let (mut ann, letter) = asked(&app, door, ANN).await;
    // Right and wrong ones are refused alike, and a refused one does not count.
    for code in [&letter.wrong_code(), &letter.code, "no code"] {
        let answer = ann.type_code(code).await;
        assert_refused(&ann, &answer, "too_many_tries", left(DAY, 4 * HOUR));
    }
    let (mut bob, other) = asked(&app, door, BOB).await;
    assert_eq!(bob.type_code(&other.code).await, Answer::Done, "another address has its own");
    assert_eq!(ann.follow(&letter.link).await, Answer::Done, "the link works");
    app.clock.advance(left(DAY, 4 * HOUR));
    let (mut ann, letter) = asked(&app, door, ANN).await;
    guess(&mut ann, &letter, 4).await;
    assert_eq!(ann.type_code(&letter.code).await, Answer::Done);
}

/// SEC-34.
async fn five_wrong_codes_still_end_one_request(door: Door) {
    let app = App::start().await;
    let (mut ann, letter) = asked(&app, door, ANN).await;
    guess(&mut ann, &letter, 5).await;
    assert_eq!(ann.type_code(&letter.code).await, Answer::refused(410, "invalid_request"));
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
}

/// SEC-35, SEC-39.
async fn wrong_codes_survive_a_restart_and_are_the_same_for_every_address(door: Door) {
    let app = limited_to(codes(3)).await;
    app.signed_in(door, ANN).await;
    let mut callers = Vec::new();
    for email in [ANN, BOB] {
        let (mut caller, letter) = asked(&app, door, email).await;
        guess(&mut caller, &letter, 3).await;
        callers.push((caller, letter));
    }
    let app = app.restarted_as(only(codes(3))).await;
    app.clock.advance(SECOND);
    for (caller, letter) in callers {
        let mut caller = caller.at(app.server);
        let answer = caller.type_code(&letter.code).await;
        assert_refused(&caller, &answer, "too_many_tries", left(DAY, SECOND));
    }
}

/// SEC-34.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_wrong_codes_at_once_five_are_evaluated() {
    for door in [Door::Pages, Door::Json] {
        let app = App::start().await;
        let (mut ann, letter) = asked(&app, door, ANN).await;
        let right: u32 = letter.code.parse().unwrap();
        let guessing = (1..=1000).map(|number| {
            let (mut caller, code) = (ann.clone(), format!("{:06}", (right + number) % 1_000_000));
            tokio::spawn(async move { caller.type_code(&code).await })
        });
        let mut evaluated = 0;
        for answer in guessing.collect::<Vec<_>>() {
            match answer.await.unwrap() {
                answer if answer == wrong() => evaluated += 1,
                answer => assert_eq!(answer, Answer::refused(410, "invalid_request")),
            }
        }
        assert_eq!(evaluated, 5, "{door:?}");
        assert_eq!(ann.type_code(&letter.code).await, Answer::refused(410, "invalid_request"));
    }
}

/// SEC-35.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_codes_for_many_requests_at_once_twenty_wrong_ones_are_evaluated() {
    let app = limited_to(codes(20)).await;
    let mut guessing = Vec::new();
    for _ in 0..40 {
        let (mut caller, letter) = asked(&app, Door::Json, ANN).await;
        guessing.push(tokio::spawn(async move {
            let mut evaluated = 0;
            for _ in 0..5 {
                evaluated += usize::from(caller.type_code(&letter.wrong_code()).await == wrong());
            }
            evaluated
        }));
    }
    let mut evaluated = 0;
    for one in guessing {
        evaluated += one.await.unwrap();
    }
    assert_eq!(evaluated, 20);
}
