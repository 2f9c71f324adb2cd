//! Having an email tried now.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gatepost::domain::record::client::Doer;
use gatepost::domain::record::event::EventName;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{admin, gone, newest, page, queue, retry, stop, until};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::limits::unlimited;
use crate::mail::sink::{Act, Security, Sink, Stage};

both_doors! {
    a_delayed_email_leaves_at_once_and_only_once,
    an_email_that_was_rejected_goes_out_again_with_the_same_id_and_a_working_link,
    sixteen_retries_at_once_send_one_email,
    a_sent_email_cannot_be_tried_again,
    an_email_that_is_being_sent_is_not_sent_twice,
    an_email_whose_request_is_over_cannot_be_tried_again,
}

const ANN: &str = "ann@example.org";

/// A server whose mail server says this at RCPT the first time, and the right thing from then on.
async fn refusing_once(door: Door, reply: &'static str) -> (App, Sink, Caller) {
    let first = AtomicUsize::new(0);
    let sink = Sink::start(Security::None, move |moment| match moment.stage {
        Stage::Rcpt if first.fetch_add(1, Ordering::SeqCst) == 0 => Act::say(reply),
        _ => Act::Behave,
    })
    .await;
    let app = App::start_with_smtp_as(unlimited(), sink.port).await;
    let admin = admin(&app, door).await;
    (app, sink, admin)
}

/// Returns when an email to Ann waits after its first try, with its id.
async fn delayed(app: &App, caller: &mut Caller) -> String {
    loop {
        if app.events().await.contains(&EventName::MailDelayed) {
            return newest(caller, ANN).await.id;
        }
        tokio::task::yield_now().await;
    }
}

async fn a_delayed_email_leaves_at_once_and_only_once(door: Door) {
    let (app, sink, mut admin) = refusing_once(door, "451 4.2.0 come back").await;
    queue(&app, ANN).await;
    let id = delayed(&app, &mut admin).await;
    assert_eq!(retry(&mut admin, &id).await, Answer::Done);
    if door == Door::Json {
        let reply = admin.last.clone().unwrap();
        assert_eq!(reply.status, 202);
        let email = &reply.json()["email"];
        assert_eq!((email["id"].as_str(), email["tries"].as_u64()), (Some(id.as_str()), Some(1)));
        assert!(email["last_answer"].as_str().unwrap().contains("4.2.0"), "{email}");
    } else {
        assert_eq!(admin.leads_to().unwrap(), "/admin/mail");
        let shown = admin.get("/admin/mail").await.body;
        assert!(shown.contains("The email will be tried again now."), "{shown}");
        assert!(!admin.get("/admin/mail").await.body.contains("tried again now"), "once");
    }
    assert_eq!(until(&mut admin, ANN, "sent").await.id, id);
    assert_eq!(sink.count_to(ANN), 1);
    let events = app.all_events().await;
    let retried = events.iter().find(|event| event.name == EventName::MailRetried).unwrap();
    let account = app.account(super::ADMIN).await.id;
    assert_eq!((retried.by, retried.account), (Doer::Admin(account), None));
}

async fn an_email_that_was_rejected_goes_out_again_with_the_same_id_and_a_working_link(door: Door) {
    let (app, sink, mut admin) = refusing_once(door, "550 5.1.1 no such person").await;
    let mut ann = app.caller(door);
    ann.ask(ANN).await;
    let failed = until(&mut admin, ANN, "failed").await;
    assert_eq!(retry(&mut admin, &failed.id).await, Answer::Done);
    let mail = sink.letter_to(ANN).await;
    assert_eq!(mail.id().to_string(), failed.id);
    let sent = until(&mut admin, ANN, "sent").await;
    assert_eq!((sent.id, page(&mut admin, "state=failed").await.0), (failed.id, vec![]));
    assert_eq!(ann.follow(&mail.link()).await, Answer::Done);
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
}

async fn sixteen_retries_at_once_send_one_email(door: Door) {
    for reply in ["451 4.2.0 come back", "550 5.1.1 no such person"] {
        let (app, sink, mut admin) = refusing_once(door, reply).await;
        queue(&app, ANN).await;
        let id = if reply.starts_with('4') {
            delayed(&app, &mut admin).await
        } else {
            until(&mut admin, ANN, "failed").await.id
        };
        let mut retries = JoinSet::new();
        for number in 0..16 {
            let (mut admin, id) = (admin.clone(), id.clone());
            // Each in a browser of its own, or they would count as one form that was sent twice.
            admin.cookies.push(("gatepost_visitor".into(), format!("{number:032}")));
            retries.spawn(async move { retry(&mut admin, &id).await });
        }
        for answer in retries.join_all().await {
            assert!([Answer::Done, gone()].contains(&answer), "{answer:?}");
        }
        until(&mut admin, ANN, "sent").await;
        assert_eq!(sink.count_to(ANN), 1);
        let acts = app.events().await.into_iter().filter(|name| *name == EventName::MailRetried);
        assert_eq!(acts.count(), 1);
    }
}

async fn a_sent_email_cannot_be_tried_again(door: Door) {
    let sink = Sink::good().await;
    let app = App::start_with_smtp_as(unlimited(), sink.port).await;
    let mut admin = admin(&app, door).await;
    queue(&app, ANN).await;
    let id = until(&mut admin, ANN, "sent").await.id;
    assert_eq!(retry(&mut admin, &id).await, gone());
    assert_eq!(stop(&mut admin, &id).await, gone());
    for unknown in ["0123456789abcdef01234567", "nonsense"] {
        assert_eq!(retry(&mut admin, unknown).await, gone());
        assert_eq!(stop(&mut admin, unknown).await, gone());
    }
    assert_eq!(sink.count_to(ANN), 1);
}

async fn an_email_that_is_being_sent_is_not_sent_twice(door: Door) {
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
    let waiting = newest(&mut admin, ANN).await;
    assert_eq!(waiting.state, "waiting");
    assert_eq!(retry(&mut admin, &waiting.id).await, Answer::Done);
    if door == Door::Pages {
        assert!(admin.get("/admin/mail").await.body.contains("The email is being sent right now."));
    }
    release.send(true).unwrap();
    until(&mut admin, ANN, "sent").await;
    assert_eq!(sink.count_to(ANN), 1);
    assert!(!app.events().await.contains(&EventName::MailRetried));
}

async fn an_email_whose_request_is_over_cannot_be_tried_again(door: Door) {
    let is_down = Arc::new(AtomicUsize::new(1));
    let script = Arc::clone(&is_down);
    let sink = Sink::start(Security::None, move |moment| match moment.stage {
        Stage::Rcpt if script.load(Ordering::SeqCst) == 1 => Act::say("550 5.1.1 no such person"),
        _ => Act::Behave,
    })
    .await;
    let app = App::start_with_smtp_as(unlimited(), sink.port).await;
    let mut admin = admin(&app, door).await;
    queue(&app, ANN).await;
    let id = until(&mut admin, ANN, "failed").await.id;
    is_down.store(0, Ordering::SeqCst);
    app.clock.advance(Duration::from_mins(61));
    // The administrator confirms it by signing in again.
    let mut admin = super::again(&app, door).await;
    assert_eq!(retry(&mut admin, &id).await, gone());
    assert_eq!(newest(&mut admin, ANN).await.state, "failed");
    assert_eq!(sink.count_to(ANN), 0);
}
