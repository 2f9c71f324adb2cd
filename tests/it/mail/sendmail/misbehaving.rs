//! Programs that hang, flood or leave others behind delay their own letter and nothing else.

use std::time::Duration;

use gatepost::domain::record::address::EmailAddress;
use gatepost::mail::MailRoom;

use super::{Program, until};
use crate::mail::House;

/// Neither reads nor ends, nor does what it starts.
const HANGS: &str =
    "sleep 1000 & echo $! > \"$here/child.part\"; mv \"$here/child.part\" \"$here/child\"; wait";

#[tokio::test]
async fn a_program_that_hangs_holds_up_its_own_letter_alone() {
    let house = House::new().await;
    let program = Program::new(&format!("case $to in slow@*) {HANGS};; *) keep;; esac"));
    let mut settings = program.settings();
    settings.connections = 2;
    let worker = house.work(settings);
    house.ask("slow@example.org").await;
    let child = program.process("child").await;
    for name in ["ann", "bob", "carl", "dora"] {
        house.ask(&format!("{name}@example.org")).await;
    }
    until(|| program.kept().len() == 4).await;
    assert!(child.lives());
    assert_eq!(program.calls().len(), 5, "each was called once");
    // Or the worker would wait for it to the end.
    drop(child);
    worker.stops().await;
}

#[tokio::test]
async fn no_more_programs_run_at_once_than_allowed() {
    let house = House::new().await;
    // Fails where it finds another at work.
    let program = Program::new(
        "mkdir \"$here/one\" || mkdir \"$here/two\" || exit 67\n\
         keep\n\
         rmdir \"$here/two\" || rmdir \"$here/one\"",
    );
    for number in 0..20 {
        house.ask(&format!("p{number}@example.org")).await;
    }
    let mut settings = program.settings();
    settings.connections = 2;
    let worker = house.work(settings);
    house.owes_nothing().await;
    worker.stops().await;
    assert_eq!(program.kept().len(), 20);
}

#[tokio::test]
async fn a_program_that_takes_too_long_is_ended_with_all_it_started_and_tried_again() {
    let house = House::new().await;
    let program = Program::new(&format!("[ -e \"$here/child\" ] && {{ keep; exit; }}\n{HANGS}"));
    let mut settings = program.settings();
    settings.connections = 1;
    settings.patience.whole = Duration::from_secs(2);
    let worker = house.work(settings);
    house.ask("ann@example.org").await;
    let child = program.process("child").await;
    house.ask("bob@example.org").await;
    let due = house.delayed_until().await;
    until(|| !child.lives()).await;
    // The one sender is free: this letter did not have to wait for the other's second try.
    until(|| program.kept() == ["bob@example.org"]).await;
    house.clock.advance_to(due);
    house.owes_nothing().await;
    worker.stops().await;
    assert_eq!(program.kept(), ["ann@example.org", "bob@example.org"]);
}

#[tokio::test]
async fn a_program_that_says_too_much_is_heard_in_part_and_blocks_nobody() {
    let house = House::new().await;
    let to = EmailAddress::parse("ann@example.org").unwrap();
    // More than any pipe holds, before it reads.
    let flood = "head -c 1000000 /dev/zero | tr '\\0' x >&2; cat > /dev/null; exit";
    let [taken, delayed] = ["0", "75"].map(|code| Program::new(&format!("{flood} {code}")));
    assert!(MailRoom::new(taken.settings()).send_trial(&to, &house.world).await.is_ok());
    let answer = MailRoom::new(delayed.settings()).send_trial(&to, &house.world).await;
    let answer = answer.unwrap_err().to_string();
    assert!(answer.starts_with("sendmail ended, exit status: 75: xxx"), "{answer}");
    assert!(answer.len() < 5000, "{}", answer.len());
}

#[tokio::test]
async fn what_a_program_leaves_in_the_background_is_neither_waited_for_nor_ended() {
    let house = House::new().await;
    let to = EmailAddress::parse("ann@example.org").unwrap();
    let background = "cat > /dev/null; sleep 1000 & echo $! > \"$here/child\"; exit";
    for code in ["0", "75"] {
        let program = Program::new(&format!("{background} {code}"));
        let room = MailRoom::new(program.settings());
        let answer = room.send_trial(&to, &house.world);
        let answer =
            tokio::time::timeout(Duration::from_secs(20), answer).await.expect("it is not waited for");
        assert_eq!(answer.is_ok(), code == "0", "{answer:?}");
        assert!(program.process("child").await.lives());
    }
}
