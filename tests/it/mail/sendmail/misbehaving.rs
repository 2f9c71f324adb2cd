//! Programs that hang, write too much or leave processes behind delay only their own email.

use std::time::Duration;

use gatepost::domain::record::address::EmailAddress;
use gatepost::mail::MailRoom;

use super::{Program, until};
use crate::mail::House;

/// Reads the email and never ends. Neither does the process that it starts.
const HANGS: &str = "cat > /dev/null; sleep 1000 & echo $! > \"$here/child.part\"; mv \"$here/child.part\" \"$here/child\"; wait";

#[tokio::test]
async fn a_program_that_hangs_delays_only_its_own_email() {
    let house = House::new().await;
    let program = Program::new(&format!("case $to in slow@*) {HANGS};; *) keep;; esac"));
    let mut settings = program.settings();
    settings.connections = 2;
    let worker = house.work(settings);
    house.request("slow@example.org").await;
    let child = program.process("child").await;
    // Only after this time, it is clear that the program can be used at all.
    house.clock.advance(Duration::from_secs(2));
    for name in ["ann", "bob", "carl", "dora"] {
        house.request(&format!("{name}@example.org")).await;
    }
    until(|| program.kept().len() == 4).await;
    assert!(child.lives());
    assert_eq!(program.calls().len(), 5, "each was called once");
    // Otherwise the worker would wait until it ends.
    drop(child);
    worker.stops().await;
}

#[tokio::test]
async fn no_more_programs_run_at_once_than_allowed() {
    let house = House::new().await;
    // Fails if two others are running.
    let program = Program::new(
        "mkdir \"$here/one\" || mkdir \"$here/two\" || exit 67\n\
         keep\n\
         rmdir \"$here/two\" || rmdir \"$here/one\"",
    );
    for number in 0..20 {
        house.request(&format!("p{number}@example.org")).await;
    }
    let mut settings = program.settings();
    settings.connections = 2;
    let worker = house.work(settings);
    house.empties_its_outbox().await;
    worker.stops().await;
    assert_eq!(program.kept().len(), 20);
}

#[tokio::test]
async fn a_program_that_takes_too_long_is_killed_with_everything_it_started_and_retried() {
    let house = House::new().await;
    let program = Program::new(&format!("[ -e \"$here/child\" ] && {{ keep; exit; }}\n{HANGS}"));
    let mut settings = program.settings();
    settings.connections = 1;
    let worker = house.work(settings);
    house.request("ann@example.org").await;
    let child = program.process("child").await;
    house.request("bob@example.org").await;
    house.clock.advance(Duration::from_mins(10));
    let due = house.delayed_until().await;
    until(|| !child.lives()).await;
    // The only sender is free again: this email did not wait for the retry of the other.
    until(|| program.kept() == ["bob@example.org"]).await;
    house.clock.advance_to(due);
    house.empties_its_outbox().await;
    worker.stops().await;
    assert_eq!(program.kept(), ["ann@example.org", "bob@example.org"]);
}

#[tokio::test]
async fn a_program_that_writes_too_much_is_read_in_part_and_blocks_nothing() {
    let house = House::new().await;
    let to = EmailAddress::parse("ann@example.org").unwrap();
    // More than any pipe holds, written before it reads.
    let flood = "head -c 1000000 /dev/zero | tr '\\0' x >&2; cat > /dev/null; exit";
    let [taken, delayed] = ["0", "75"].map(|code| Program::new(&format!("{flood} {code}")));
    assert!(MailRoom::new(taken.settings()).send_trial(&to, &house.world).await.is_ok());
    let answer = MailRoom::new(delayed.settings()).send_trial(&to, &house.world).await;
    let answer = answer.unwrap_err().to_string();
    assert!(answer.starts_with("sendmail failed (exit code 75, temporary failure): xxx"), "{answer}");
    assert!(answer.len() < 400, "{}", answer.len());
}

#[tokio::test]
async fn a_background_process_of_the_program_is_neither_waited_for_nor_killed() {
    let house = House::new().await;
    let to = EmailAddress::parse("ann@example.org").unwrap();
    let background = "cat > /dev/null; sleep 1000 & echo $! > \"$here/child\"; exit";
    for code in ["0", "75"] {
        let program = Program::new(&format!("{background} {code}"));
        let room = MailRoom::new(program.settings());
        let answer = room.send_trial(&to, &house.world);
        let answer =
            tokio::time::timeout(Duration::from_secs(20), answer).await.expect("nothing waits for it");
        assert_eq!(answer.is_ok(), code == "0", "{answer:?}");
        assert!(program.process("child").await.lives());
    }
}
