//! The code of an email: who can enter it, how often, and the response to a wrong one.

use std::time::Duration;

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    five_wrong_codes_end_the_code_but_not_the_link,
    wrong_codes_are_counted_across_all_emails_of_a_request,
    a_code_can_be_entered_with_anything_between_its_digits,
    a_code_can_be_entered_with_the_digits_of_any_script,
    a_code_can_be_entered_as_part_of_the_email,
    input_that_cannot_be_a_code_is_refused_and_not_counted,
    resending_a_spent_code_starts_a_new_request,
    a_code_works_only_with_its_request,
    a_request_looks_the_same_to_its_holder_whatever_became_of_it,
}

const WAIT: Duration = Duration::from_secs(30);

async fn five_wrong_codes_end_the_code_but_not_the_link(door: Door) {
    let app = App::start().await;
    let mut ann = app.caller(door);
    ann.ask("ann@example.org").await;
    let letter = app.letter_to("ann@example.org").await;
    for _ in 0..5 {
        let answer = ann.type_code(&letter.wrong_code()).await;
        assert_eq!(answer, Answer::refused_field(422, "wrong_code", "code"));
    }
    let over = Answer::refused(410, "invalid_request");
    assert_eq!(ann.type_code(&letter.wrong_code()).await, over);
    assert_eq!(ann.type_code(&letter.code).await, over);
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    assert_eq!(ann.who().await.as_deref(), Some("ann@example.org"));
}

async fn wrong_codes_are_counted_across_all_emails_of_a_request(door: Door) {
    let app = App::start_unlimited().await;
    let mut ann = app.caller(door);
    ann.ask("ann@example.org").await;
    let mut letter = app.letter_to("ann@example.org").await;
    for _ in 0..5 {
        app.clock.advance(WAIT);
        ann.resend().await;
        letter = app.letter_to("ann@example.org").await;
        ann.type_code(&letter.wrong_code()).await;
    }
    assert_eq!(ann.type_code(&letter.code).await, Answer::refused(410, "invalid_request"));
}

async fn a_code_can_be_entered_with_anything_between_its_digits(door: Door) {
    for [before, between, after] in
        [[" ", " - ", "\u{a0}"], ["\u{feff}", "\u{2009}", "\u{200b}"], ["Code: ", "\u{2013}", "."]]
    {
        is_accepted(door, |code| format!("{before}{}{between}{}{after}", &code[..3], &code[3..])).await;
    }
}

async fn a_code_can_be_entered_with_the_digits_of_any_script(door: Door) {
    for zero in ['\u{ff10}', '\u{660}', '\u{6f0}', '\u{966}', '\u{1d7ce}'] {
        is_accepted(door, |code| code.chars().map(|digit| in_script(zero, digit)).collect()).await;
    }
}

async fn a_code_can_be_entered_as_part_of_the_email(door: Door) {
    for [before, after] in [["", " is your Gatepost code (10 minutes)"], ["@localhost:8080 #", ""]] {
        is_accepted(door, |code| format!("{before}{code}{after}")).await;
    }
}

fn in_script(zero: char, digit: char) -> char {
    char::from_u32(u32::from(zero) + digit.to_digit(10).unwrap()).unwrap()
}

/// Signs in with the code of an email in another spelling.
async fn is_accepted(door: Door, spelled: impl Fn(&str) -> String) {
    let app = App::start().await;
    let mut ann = app.caller(door);
    ann.ask("ann@example.org").await;
    let text = spelled(&app.letter_to("ann@example.org").await.code);
    assert_eq!(ann.type_code(&text).await, Answer::Done, "{text:?}");
}

async fn input_that_cannot_be_a_code_is_refused_and_not_counted(door: Door) {
    let app = App::start().await;
    let mut ann = app.caller(door);
    ann.ask("ann@example.org").await;
    let letter = app.letter_to("ann@example.org").await;
    for text in [
        "",
        "12345",
        "1234567",
        "12345a",
        "١٢٣٤٥",
        "Ⅰ②³456",
        "123456 or 654321",
        "123 456 (10 minutes)",
        "null",
        "<script>",
    ] {
        let answer = ann.type_code(text).await;
        assert_eq!(answer, Answer::refused_field(422, "wrong_code", "code"), "{text:?}");
    }
    assert_eq!(ann.type_code(&letter.code).await, Answer::Done);
}

async fn resending_a_spent_code_starts_a_new_request(door: Door) {
    let app = App::start().await;
    let mut ann = app.caller(door);
    ann.ask("ann@example.org").await;
    let first = app.letter_to("ann@example.org").await;
    for _ in 0..5 {
        ann.type_code(&first.wrong_code()).await;
    }
    // Input that cannot be a code gets the same response as a wrong code.
    assert_eq!(ann.type_code("12").await, Answer::refused(410, "invalid_request"));
    app.clock.advance(WAIT);
    let mut kept = ann.clone();
    assert_eq!(ann.resend().await, Answer::Done);
    let second = app.letter_to("ann@example.org").await;
    assert_ne!(second.link, first.link);
    // A copy of the old request has to wait like any other.
    assert_eq!(kept.resend().await, Answer::refused(429, "too_many_mails"));
    assert_eq!(ann.type_code(&second.code).await, Answer::Done);
}

async fn a_code_works_only_with_its_request(door: Door) {
    let app = App::start().await;
    let (mut ann, mut bob) = (app.caller(door), app.caller(door));
    ann.ask("ann@example.org").await;
    let letter = app.letter_to("ann@example.org").await;
    bob.ask("bob@example.org").await;
    app.letter_to("bob@example.org").await;
    assert_eq!(bob.type_code(&letter.code).await, Answer::refused_field(422, "wrong_code", "code"));
    let nobody = match door {
        Door::Pages => Answer::refused(410, "invalid_request"),
        Door::Json => Answer::refused_field(422, "missing_field", "request"),
    };
    assert_eq!(app.caller(door).type_code(&letter.code).await, nobody);
    assert_eq!(app.caller(door).resend().await, nobody);
}

async fn a_request_looks_the_same_to_its_holder_whatever_became_of_it(door: Door) {
    let mut seen = Vec::new();
    for fate in [
        "unknown",
        "known",
        "used elsewhere",
        "another used",
        "account made since",
        "disabled",
        "deleted",
        "deleted and swept",
    ] {
        let app = App::start().await;
        let mut ann = app.caller(door);
        if matches!(fate, "known" | "disabled" | "deleted" | "deleted and swept") {
            ann = app.signed_in(door, "ann@example.org").await;
        }
        app.clock.advance(WAIT);
        let mut stranger = app.caller(door);
        stranger.ask("ann@example.org").await;
        let letter = app.letter_to("ann@example.org").await;
        app.clock.advance(Duration::from_mins(1));
        match fate {
            "disabled" => app.disable("ann@example.org").await,
            "deleted" | "deleted and swept" => {
                assert_eq!(ann.delete_account("delete").await, Answer::Done);
                app.read_all().await;
            }
            "used elsewhere" => _ = app.caller(door).follow_deliberately(&letter.link).await,
            "another used" | "account made since" => _ = app.signed_in(door, "ann@example.org").await,
            _ => {}
        }
        if fate == "deleted and swept" {
            app.sweep_after(Duration::ZERO).await;
        }
        let mut answers = vec![stranger.type_code(&letter.wrong_code()).await];
        answers.push(stranger.resend().await);
        // A disabled account gets no code.
        app.read_all().await;
        for _ in 0..5 {
            answers.push(stranger.type_code(&letter.wrong_code()).await);
        }
        app.clock.advance(Duration::from_hours(1));
        answers.push(stranger.type_code(&letter.wrong_code()).await);
        seen.push((fate, answers));
    }
    for (fate, answers) in &seen {
        assert_eq!(*answers, seen[0].1, "{fate}");
    }
}
