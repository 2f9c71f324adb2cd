//! Whatever a mail server does, and at whatever stage: meanwhile pages and programs are answered, and once it has
//! recovered, every email arrives (REL-10, REL-11, REL-13, REL-14).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use super::sink::{Act, Security, Sink, Stage};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    whatever_a_mail_server_does_meanwhile_everyone_is_answered_and_no_email_is_lost,
}

const STAGES: [Stage; 7] =
    [Stage::Greeting, Stage::Ehlo, Stage::Mail, Stage::Rcpt, Stage::Data, Stage::Body, Stage::Dot];
const ANN: &str = "ann@example.org";

/// What a mail server does at a stage until it has recovered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// It does not answer until it has recovered.
    Hangs,
    HangsUp,
    /// Only at the final dot: it keeps the email first.
    KeepsAndHangsUp,
    Greylists,
    Rejects,
    Babbles,
}

impl Fault {
    const ALL: [Self; 6] =
        [Self::Hangs, Self::HangsUp, Self::KeepsAndHangsUp, Self::Greylists, Self::Rejects, Self::Babbles];

    fn is_possible(self, stage: Stage) -> bool {
        match stage {
            // No reply is due here.
            Stage::Body => self == Self::HangsUp,
            Stage::Dot => true,
            _ => self != Self::KeepsAndHangsUp,
        }
    }

    fn act(self, recovered: &watch::Receiver<bool>) -> Act {
        match self {
            Self::Hangs => Act::Hold(recovered.clone()),
            Self::HangsUp => Act::HangUp,
            Self::KeepsAndHangsUp => Act::KeepAndHangUp,
            Self::Greylists => Act::say("451 4.7.1 greylisted, try again later"),
            // About us, and not about the recipient: that would be final.
            Self::Rejects => Act::say("550 5.7.1 your server is on a list"),
            Self::Babbles => Act::Say(b"\xff\xfe what\r\n\r\n".to_vec()),
        }
    }
}

async fn whatever_a_mail_server_does_meanwhile_everyone_is_answered_and_no_email_is_lost(door: Door) {
    for stage in STAGES {
        for fault in Fault::ALL.into_iter().filter(|fault| fault.is_possible(stage)) {
            meanwhile(door, stage, fault).await;
        }
    }
}

async fn meanwhile(door: Door, stage: Stage, fault: Fault) {
    let what = format!("{fault:?} at {stage:?}");
    let (recovers, recovered) = watch::channel(true);
    let faults = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&faults);
    let sink = Sink::start(Security::None, move |moment| {
        match *recovered.borrow() {
            // The connection that was kept is past its greeting.
            false if moment.connection == 0 => return Act::HangUp,
            false if moment.stage == stage => {}
            _ => return Act::Behave,
        }
        count.fetch_add(1, Ordering::SeqCst);
        fault.act(&recovered)
    })
    .await;
    let app = App::start_with_smtp(sink.port).await;
    let mut ann = app.signed_in_by(door, ANN, &sink).await;
    recovers.send(false).unwrap();
    let mut bob = app.caller(door);
    assert_eq!(bob.ask("bob@example.org").await, Answer::Done, "{what}");
    while faults.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    // The mail server is in the middle of it.
    let mut cleo = app.caller(door);
    assert_eq!(cleo.ask("cleo@example.org").await, Answer::Done, "{what}");
    assert_eq!(cleo.type_code("000000").await, Answer::refused_field(422, "wrong_code", "code"), "{what}");
    assert_eq!(cleo.get("/sign-in").await.status, 200, "{what}");
    assert_eq!(ann.who().await.as_deref(), Some(ANN), "{what}");
    assert_eq!(ann.sign_out().await, Answer::Done, "{what}");
    recovers.send(true).unwrap();
    for (caller, email) in [(&mut bob, "bob@example.org"), (&mut cleo, "cleo@example.org")] {
        let letters = loop {
            match app.received(&sink, email) {
                letters if letters.is_empty() => app.pass(Duration::from_secs(10)).await,
                letters => break letters,
            }
        };
        assert_eq!(caller.follow(&letters[0].link()).await, Answer::Done, "{what}: {email}");
        let most = if fault == Fault::KeepsAndHangsUp { 2 } else { 1 };
        assert!(app.received(&sink, email).len() <= most, "{what}: {email}");
    }
}

impl App {
    /// Someone who has signed in with the link of an email that went through this mail server.
    async fn signed_in_by(&self, door: Door, email: &str, sink: &Sink) -> crate::harness::caller::Caller {
        let mut caller = self.caller(door);
        assert_eq!(caller.ask(email).await, Answer::Done);
        // Not the first of two, if no one knew whether the first was queued.
        let letter = loop {
            match self.received(sink, email).into_iter().next() {
                Some(letter) => break letter,
                None => tokio::task::yield_now().await,
            }
        };
        assert_eq!(caller.follow(&letter.link()).await, Answer::Done);
        caller
    }
}
