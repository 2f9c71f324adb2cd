//! What the program gets, and what its exit code means for the email.

use std::fs::{self, File};
use std::io::Write;

use gatepost::domain::record::address::EmailAddress;
use gatepost::mail::{MailRoom, TrialError};

use super::{Program, until};
use crate::mail::sink::Sink;
use crate::mail::{House, through_sink};

#[tokio::test]
async fn the_program_gets_both_addresses_and_the_email_with_bare_line_feeds() {
    let house = House::new().await;
    let program = Program::new("printf '%s\\n' \"$@\" > \"$here/arguments\"; cat > \"$here/letter\"");
    let worker = house.work(program.settings());
    // Full of characters that a shell or an option parser would act on.
    let to = "-f`id`|$HOME&@example.org";
    house.request(to).await;
    house.empties_its_outbox().await;
    worker.stops().await;
    let arguments = fs::read_to_string(program.path("arguments")).unwrap();
    assert_eq!(arguments, format!("-i\n-f\ngatepost@id.example.org\n--\n{to}\n"));

    let sink = Sink::good().await;
    let twin = House::new().await;
    let worker = twin.work(through_sink(&sink));
    twin.request(to).await;
    let wire = String::from_utf8(sink.mails(1).await.remove(0).data).unwrap();
    worker.stops().await;
    let letter = fs::read_to_string(program.path("letter")).unwrap();
    // To a mail server it is sent with one more line break at the end.
    assert_eq!(format!("{letter}\n"), wire.replace("\r\n", "\n"));
}

#[tokio::test]
async fn two_exit_codes_are_final_and_all_others_are_retried() {
    let house = House::new().await;
    // The first time it drops the email and exits with the code in the address.
    let program = Program::new(
        "[ -e \"$here/$to\" ] && { keep; exit; }\n\
         cat > \"$here/$to\"\n\
         code=${to%%@*}\n\
         [ \"$code\" = killed ] && kill -KILL $$\n\
         exit \"$code\"",
    );
    let refused = ["65", "67"];
    let delayed =
        ["1", "64", "66", "68", "69", "70", "71", "73", "74", "75", "76", "77", "78", "127", "killed"];
    let person = |code: &&str| format!("{code}@example.org");
    for code in refused.iter().chain(&delayed) {
        house.request(&person(code)).await;
    }
    let worker = house.work(program.settings());
    let _hurry = house.retries_at_once();
    house.empties_its_outbox().await;
    worker.stops().await;
    let mut taken: Vec<String> = delayed.iter().map(person).collect();
    taken.sort();
    assert_eq!(program.kept(), taken, "each once");
    let mut calls: Vec<String> =
        [&refused[..], &delayed[..], &delayed[..]].concat().iter().map(person).collect();
    calls.sort();
    assert_eq!(program.calls(), calls);
}

#[tokio::test]
async fn a_test_email_reports_how_the_program_ended_and_what_it_said() {
    let house = House::new().await;
    let to = EmailAddress::parse("ann@example.org").unwrap();
    for (script, report) in [
        ("cat > /dev/null; echo queued >&2", Ok("exit status: 0")),
        // It does not read the email.
        ("exit 0", Ok("exit status: 0")),
        (
            "exit 67",
            Err(
                "sendmail failed (exit code 67, no such recipient): no error message. Check the log of the program.",
            ),
        ),
        (
            "printf 'no route \\033[31m\\n\\n  server said: 451\\tlater \\342\\200\\256\\n' >&2; exit 75",
            Err(
                "sendmail failed (exit code 75, temporary failure): no route ?[31m; server said: 451 later ???.",
            ),
        ),
        (
            "echo wrong password >&2; exit 77",
            Err(
                "sendmail failed (exit code 77, permission denied): wrong password. Check the configuration of the \
                 program.",
            ),
        ),
        (
            "exit 1",
            Err("sendmail failed (exit code 1): no error message. Check the configuration of the program."),
        ),
        (
            "kill -TERM $$",
            Err("sendmail failed (signal: 15 (SIGTERM)): no error message. Check the log of the program."),
        ),
    ] {
        let program = Program::new(script);
        let answer = MailRoom::new(program.settings()).send_trial(&to, &house.world).await;
        let report = report.map(str::to_owned).map_err(|why: &str| TrialError::NotSent(why.to_owned()));
        assert_eq!(answer, report, "{script}");
    }
}

#[tokio::test]
async fn a_missing_program_delays_emails_until_it_is_installed() {
    let house = House::new().await;
    let program = Program::missing();
    let to = EmailAddress::parse("ann@example.org").unwrap();
    let answer = MailRoom::new(program.settings()).send_trial(&to, &house.world).await;
    let path = program.path("sendmail");
    let report = format!(
        "Could not start sendmail: {}: no such file or directory. Check mail.transport.",
        path.display()
    );
    assert_eq!(answer, Err(TrialError::NotSent(report)));

    let worker = house.work(program.settings());
    house.request("ann@example.org").await;
    let due = house.delayed_until().await;
    program.write("keep");
    house.clock.advance_to(due);
    house.empties_its_outbox().await;
    worker.stops().await;
    assert_eq!(program.kept(), ["ann@example.org"]);
}

#[tokio::test]
async fn a_misconfigured_program_is_tried_once_for_all_emails() {
    let house = House::new().await;
    // A missing program is started for no email, and a wrong password ends msmtp with 77.
    for code in ["77", "78"] {
        let program = Program::new(&format!("[ -e \"$here/right\" ] && {{ keep; exit; }}\nexit {code}"));
        for number in 0..10 {
            house.request(&format!("p{code}{number}@example.org")).await;
        }
        let worker = house.work(program.settings());
        let due = house.delayed_until().await;
        assert_eq!(program.calls().len(), 1, "one attempt for all");
        fs::write(program.path("right"), "").unwrap();
        house.clock.advance_to(due);
        house.empties_its_outbox().await;
        worker.stops().await;
        assert_eq!(program.kept().len(), 10);
        assert_eq!(program.calls().len(), 11);
    }
}

#[tokio::test]
async fn stopping_waits_for_a_program_that_has_the_email_and_records_how_it_ended() {
    let house = House::new().await;
    let program = Program::missing();
    program.write("mkfifo \"$here/release\"; keep; read -r go < \"$here/release\"");
    let worker = house.work(program.settings());
    house.request("ann@example.org").await;
    until(|| !program.kept().is_empty()).await;
    worker.stop.cancel();
    tokio::task::yield_now().await;
    assert!(!worker.work.is_finished());
    let release = program.path("release");
    let released = tokio::task::spawn_blocking(move || File::create(release).unwrap().write_all(b"go\n"));
    worker.stops().await;
    released.await.unwrap().unwrap();
    assert!(!house.gatepost.has_letters().await.unwrap(), "it is recorded");
}
