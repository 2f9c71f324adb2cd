//! Having an email not sent.

use std::sync::atomic::{AtomicUsize, Ordering};

use gatepost::domain::record::client::Doer;
use gatepost::domain::record::event::EventName;
use tokio::sync::watch;

use super::{admin, newest, page, queue, retry, stop, until};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::harness::limits::unlimited;
use crate::mail::sink::{Act, Security, Sink, Stage};

both_doors! {
    a_waiting_email_that_was_stopped_is_not_sent_until_it_is_tried_again,
    an_email_that_is_being_sent_is_stopped_if_that_fails,
    an_email_that_is_being_sent_may_still_arrive,
}

const ANN: &str = "ann@example.org";

async fn a_waiting_email_that_was_stopped_is_not_sent_until_it_is_tried_again(door: Door) {
    let first = AtomicUsize::new(0);
    let sink = Sink::start(Security::None, move |moment| match moment.stage {
        Stage::Rcpt if first.fetch_add(1, Ordering::SeqCst) == 0 => Act::say("451 4.2.0 come back"),
        _ => Act::Behave,
    })
    .await;
    let app = App::start_with_smtp_as(unlimited(), sink.port).await;
    let mut admin = admin(&app, door).await;
    let mut ann = app.caller(door);
    ann.ask(ANN).await;
    while !app.events().await.contains(&EventName::MailDelayed) {
        tokio::task::yield_now().await;
    }
    let id = newest(&mut admin, ANN).await.id;
    for _ in 0..2 {
        assert_eq!(stop(&mut admin, &id).await, Answer::Done);
        assert_eq!(newest(&mut admin, ANN).await.state, "dropped");
    }
    assert_eq!((page(&mut admin, "").await.0, page(&mut admin, "state=dropped").await.0.len()), (vec![], 1));
    let account = app.account(super::ADMIN).await.id;
    let dropped = app.all_events().await.into_iter().filter(|event| event.name == EventName::MailDropped);
    assert_eq!(dropped.map(|event| event.by).collect::<Vec<_>>(), [Doer::Admin(account)]);
    assert!(!app.house.gatepost.has_letters().await.unwrap());
    assert_eq!(retry(&mut admin, &id).await, Answer::Done);
    let mail = sink.letter_to(ANN).await;
    assert_eq!((mail.id().to_string(), sink.count_to(ANN)), (id, 1));
    until(&mut admin, ANN, "sent").await;
    assert_eq!(ann.follow(&mail.link()).await, Answer::Done);
}

async fn an_email_that_is_being_sent_is_stopped_if_that_fails(door: Door) {
    let (release, held) = watch::channel(false);
    let sink = Sink::start(Security::None, move |moment| match moment.stage {
        Stage::Rcpt => Act::Hold(held.clone()),
        Stage::Dot => Act::say("451 4.2.0 come back"),
        _ => Act::Behave,
    })
    .await;
    let app = App::start_with_smtp_as(unlimited(), sink.port).await;
    let mut admin = admin(&app, door).await;
    queue(&app, ANN).await;
    sink.until(|seen| seen.moments.iter().any(|moment| moment.stage == Stage::Rcpt)).await;
    let id = newest(&mut admin, ANN).await.id;
    for _ in 0..2 {
        assert_eq!(stop(&mut admin, &id).await, Answer::Done);
        if door == Door::Pages {
            assert!(admin.get("/admin/mail").await.body.contains("it may still arrive"));
        }
        assert_eq!(newest(&mut admin, ANN).await.state, "waiting");
    }
    release.send(true).unwrap();
    until(&mut admin, ANN, "dropped").await;
    let names = app.events().await;
    let count = |name| names.iter().filter(|it| **it == name).count();
    assert_eq!((count(EventName::MailStopped), count(EventName::MailDropped)), (1, 1));
    assert!(!app.house.gatepost.has_letters().await.unwrap());
}

async fn an_email_that_is_being_sent_may_still_arrive(door: Door) {
    let (release, held) = watch::channel(false);
    let sink = Sink::start(Security::None, move |moment| match moment.stage {
        Stage::Dot => Act::Hold(held.clone()),
        _ => Act::Behave,
    })
    .await;
    let app = App::start_with_smtp_as(unlimited(), sink.port).await;
    let mut admin = admin(&app, door).await;
    queue(&app, ANN).await;
    sink.until(|seen| seen.moments.iter().any(|moment| moment.stage == Stage::Dot)).await;
    let id = newest(&mut admin, ANN).await.id;
    assert_eq!(stop(&mut admin, &id).await, Answer::Done);
    release.send(true).unwrap();
    until(&mut admin, ANN, "sent").await;
    assert_eq!(sink.count_to(ANN), 1);
}
