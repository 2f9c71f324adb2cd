//! A move that is killed at any moment, in both directions: never two places that can be used, and the same command
//! finishes.

use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use super::{End, addresses, killed_at};
use crate::crash::number;
use crate::harness::postgres::Server as Database;
use crate::store::Seeded;

/// How many moves are killed, unless `MOVE_KILLS` says so.
const KILLS: u64 = 6;
const PEOPLE: usize = 300;
const MILLISECOND: Duration = Duration::from_millis(1);

/// How a move that was begun ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kill {
    /// The old place is still the one to use.
    Before,
    /// Neither place can be used.
    Between,
    /// It was over.
    After,
}

/// Moves, and says about how many milliseconds that took.
fn timed(from: &End, to: &End) -> u64 {
    let mut child = from.moving(&to.file()).stdout(Stdio::null()).spawn().unwrap();
    let mut waited = 0;
    let ended = loop {
        match child.try_wait().unwrap() {
            Some(ended) => break ended,
            None => sleep(MILLISECOND),
        }
        waited += 1;
    };
    assert!(ended.success());
    waited
}

fn kill(from: &End, to: &End, after: u64) {
    let mut child = from.moving(&to.file()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    sleep(MILLISECOND * u32::try_from(after).unwrap());
    // It may be over.
    let _ = child.kill();
    child.wait().unwrap();
}

/// Who is there, if the place can be used.
fn people(end: &End) -> Option<BTreeSet<String>> {
    let output = end.run(&["account", "list", "--json"]);
    output
        .status
        .success()
        .then(|| addresses(&String::from_utf8(output.stdout).unwrap()).into_iter().collect())
}

/// What was left, of which at most one place can be used.
fn look(from: &End, to: &End, expected: &BTreeSet<String>) -> Kill {
    let kill = match (people(from), people(to)) {
        (Some(here), None) if here == *expected => Kill::Before,
        (None, None) => Kill::Between,
        (None, Some(there)) if there == *expected => Kill::After,
        other => panic!("who is here and there: {other:?}"),
    };
    if kill == Kill::Between {
        assert!(from.unserved().contains("this database was moved to "));
        assert!(to.unserved().contains("being moved"));
    }
    kill
}

#[test]
fn a_move_that_is_killed_at_any_moment_leaves_one_place_at_most_and_is_finished_by_the_same_command() {
    let Some(database) = Database::shared() else { return };
    let (kills, seed) = (number("MOVE_KILLS").unwrap_or(KILLS), number("CRASH_SEED").unwrap_or(7));
    let mut seeded = Seeded(seed);
    let mut from = End::sled();
    from.answer(&["store", "create"]);
    let mut expected: BTreeSet<String> = (0..PEOPLE).map(|number| format!("p{number}@example.org")).collect();
    let lines: Vec<String> = expected.iter().map(|email| format!("{{\"email\":\"{email}\"}}")).collect();
    let list = from.folder.path().join("people.jsonl");
    fs::write(&list, lines.join("\n")).unwrap();
    from.answer(&["account", "import", list.to_str().unwrap()]);
    // How long it takes there, and back.
    let mut usual = [0; 2];
    for usual in &mut usual {
        let to = next(&from, database);
        *usual = timed(&from, &to);
        from = to;
    }
    let mut ended = [0; 3];
    for round in 0..kills {
        let to = next(&from, database);
        let usual = usual[usize::from(from.schema.is_some())];
        let what = format!("CRASH_SEED={seed}, round {round}");
        for _ in 0..=seeded.below(2) {
            kill(&from, &to, seeded.below(usual + usual / 10));
            let left = look(&from, &to, &expected);
            println!("{what}: {left:?}");
            ended[left as usize] += 1;
            if left == Kill::Before {
                // Life goes on until the next attempt.
                let gone = expected.pop_first().unwrap();
                from.answer(&["account", "delete", &gone]);
                let new = format!("new{round}-{}@example.org", seeded.next());
                from.answer(&["account", "add", &new]);
                expected.insert(new);
            }
        }
        from.move_to(&to);
        assert_eq!(look(&from, &to, &expected), Kill::After, "{what}");
        assert!(to.answer(&["store", "verify"]).starts_with("The database is intact: "), "{what}");
        from = to;
    }
    println!(
        "{kills} moves, killed before the old place was left, in between, and when all was done: {ended:?}"
    );
}

/// A place of the other kind.
fn next(from: &End, database: &Database) -> End {
    if from.schema.is_some() { End::sled() } else { End::postgres(database) }
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_place_can_be_used_between_the_last_two_steps_and_the_same_command_does_the_last() {
    let Some(database) = Database::shared() else { return };
    for (from, to) in [
        (End::sled().created(), End::postgres(database)),
        (End::postgres(database), End::postgres(database)),
        (End::sled().created(), End::sled()),
    ] {
        from.serve().stop();
        from.answer(&["account", "add", "ann@example.org"]);
        let expected = BTreeSet::from(["ann@example.org".to_owned()]);
        if to.schema.is_some() {
            killed_at(database, &from, &to, "UPDATE", "NEW.k = 'state'").await;
        } else {
            // The side files as they are then.
            from.move_to(&to);
            let left = fs::read_to_string(from.data().join("store.mark")).unwrap();
            let id = left.lines().nth(1).unwrap();
            fs::write(to.data().join("store.mark"), format!("gatepost moving here 1\n{id}\n")).unwrap();
        }
        assert_eq!(look(&from, &to, &expected), Kill::Between);
        let elsewhere = next(&from, database);
        assert!(from.unmoved(&elsewhere).contains("this database was moved to "));
        assert!(to.refused(&["store", "verify", "--accept"]).contains("being moved"));
        from.move_to(&to);
        assert_eq!(look(&from, &to, &expected), Kill::After);
    }
}
