//! What people notice of a move: nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::End;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::postgres::Server as Database;
use crate::mail::sink::{Act, Security, Sink, Stage};

const ANN: &str = "ann@example.org";
const BEA: &str = "bea@example.org";
const CID: &str = "cid@example.org";
const PASSWORD: &str = "three quiet otters";

/// A mail server that takes nothing while it is closed.
async fn sink() -> (Sink, Arc<AtomicBool>) {
    let is_closed = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&is_closed);
    let sink = Sink::start(Security::None, move |moment| {
        let is_refused = moment.stage == Stage::Greeting && asked.load(Ordering::SeqCst);
        if is_refused { Act::say("421 not now") } else { Act::Behave }
    });
    (sink.await, is_closed)
}

/// No server starts at a place that was left, with the data folder that was used or with a fresh one.
#[track_caller]
fn assert_left(left: &End, to: &End) {
    let place = match &to.schema {
        Some(schema) => format!("schema {schema}"),
        None => to.data().canonicalize().unwrap().display().to_string(),
    };
    for line in [left.unserved(), left.refused(&["account", "list"]), left.refused(&["store", "verify"])] {
        assert!(line.contains("this database was moved to ") && line.contains(&place), "{line}");
        assert!(line.contains("gatepost store verify --accept"), "{line}");
    }
    if left.schema.is_some() {
        let text = std::fs::read_to_string(left.file()).unwrap();
        let fresh = End::sled();
        let [old, new] = [left, &fresh].map(|end| end.data().display().to_string());
        fresh.configure(&text.replace(&old, &new));
        assert!(fresh.unserved().contains("this database was moved to "));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_stay_signed_in_and_owed_emails_arrive_after_moves_to_postgresql_and_back() {
    let Some(database) = Database::shared() else { return };
    let (sink, is_closed) = sink().await;
    let ends =
        [End::sled().created(), End::postgres(database), End::sled()].map(|end| end.mailing(sink.port));
    let server = ends[0].serve();
    let mut ann = Caller::new(Door::Json, server.address);
    assert_eq!(ann.register(ANN, PASSWORD).await, Answer::Done);
    assert_eq!(ann.follow(&sink.letter_to(ANN).await.link()).await, Answer::Done);
    let mut owed = Vec::new();
    let mut server = Some(server);
    for (pair, email) in ends.windows(2).zip([BEA, CID]) {
        let [from, to] = pair else { unreachable!("two at a time") };
        let running = server.take().unwrap();
        is_closed.store(true, Ordering::SeqCst);
        let mut waiting = Caller::new(Door::Json, running.address);
        assert_eq!(waiting.ask(email).await, Answer::Done);
        owed.push((waiting, email));
        running.stop();
        let said = from.move_to(to);
        assert!(said.starts_with("Moved ") && said.contains("Start the servers with "), "{said}");
        assert_left(from, to);
        // It has nothing left to do.
        assert!(from.move_to(to).contains(" already."));
        is_closed.store(false, Ordering::SeqCst);
        assert!(to.answer(&["store", "verify"]).starts_with("The database is intact: "));
        let running = to.serve();
        ann = ann.at(running.address);
        assert_eq!(ann.who().await.as_deref(), Some(ANN));
        let mut again = Caller::new(Door::Json, running.address);
        assert_eq!(again.sign_in_with_password(ANN, PASSWORD).await, Answer::Done);
        let (waiting, email) = owed.pop().unwrap();
        let mut waiting = waiting.at(running.address);
        assert_eq!(waiting.follow(&sink.letter_to(email).await.link()).await, Answer::Done);
        assert_eq!(waiting.who().await.as_deref(), Some(email));
        server = Some(running);
    }
    server.unwrap().stop();
    assert_eq!(ends[2].accounts(), [ANN, BEA, CID]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_moved_is_taken_back_and_signs_everyone_out() {
    let Some(database) = Database::shared() else { return };
    for (from, to) in [
        (End::sled(), End::postgres(database)),
        (End::postgres(database), End::sled()),
        (End::sled(), End::sled()),
    ] {
        let sink = Sink::good().await;
        let from = from.created().mailing(sink.port);
        let server = from.serve();
        let mut ann = Caller::new(Door::Json, server.address);
        assert_eq!(ann.register(ANN, PASSWORD).await, Answer::Done);
        assert_eq!(ann.follow(&sink.letter_to(ANN).await.link()).await, Answer::Done);
        server.stop();
        from.move_to(&to);
        assert_left(&from, &to);
        let accepted = from.answer(&["store", "verify", "--accept"]);
        assert!(accepted.contains("the next start ends all sessions"), "{accepted}");
        assert_eq!(from.accounts(), [ANN]);
        let server = from.serve();
        let mut ann = ann.at(server.address);
        assert_eq!(ann.who().await, None);
        server.stop();
    }
}
