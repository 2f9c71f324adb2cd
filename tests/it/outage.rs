//! Email is queued: a mail server outage delays email and nothing else (REL-10).

use std::time::Duration;

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::mail::sink::{Act, Security, Sink};

both_doors! {
    a_mail_server_outage_of_an_hour_delays_email_and_nothing_else,
    an_email_is_not_sent_after_its_request_has_expired,
}

async fn a_mail_server_outage_of_an_hour_delays_email_and_nothing_else(door: Door) {
    let sink = Sink::good().await;
    let port = sink.port;
    let app = App::start_with_smtp(port).await;
    let mut ann = app.caller(door);
    ann.ask("ann@example.org").await;
    ann.follow(&sink.letter_to("ann@example.org").await.link()).await;
    drop(sink);
    let mut waiting = Vec::new();
    for minute in 0..60_u32 {
        if minute % 10 == 5 {
            let email = format!("m{minute}@example.org");
            let mut caller = app.caller(door);
            assert_eq!(caller.ask(&email).await, Answer::Done);
            assert_eq!(caller.type_code("000000").await, Answer::refused_field(422, "wrong_code", "code"));
            waiting.push((caller, email));
        }
        assert_eq!(ann.who().await.as_deref(), Some("ann@example.org"));
        app.pass(Duration::from_mins(1)).await;
    }
    let sink = healthy_at(port).await;
    for (mut caller, email) in waiting {
        let letter = loop {
            match &app.received(&sink, &email)[..] {
                [] => app.pass(Duration::from_secs(10)).await,
                [letter, ..] => break letter.clone(),
            }
        };
        assert_eq!(caller.follow(&letter.link()).await, Answer::Done, "{email}");
        assert_eq!(caller.who().await.as_deref(), Some(email.as_str()));
        assert_eq!(app.received(&sink, &email).len(), 1);
    }
}

async fn an_email_is_not_sent_after_its_request_has_expired(door: Door) {
    let sink = Sink::good().await;
    let port = sink.port;
    let app = App::start_with_smtp(port).await;
    drop(sink);
    let mut caller = app.caller(door);
    caller.ask("ann@example.org").await;
    for _ in 0..61 {
        app.pass(Duration::from_mins(1)).await;
    }
    let sink = healthy_at(port).await;
    app.pass(Duration::from_mins(10)).await;
    assert_eq!(sink.count_to("ann@example.org"), 0);
    // A new request starts over, and its email arrives.
    assert_eq!(caller.ask("ann@example.org").await, Answer::Done);
    let letter = sink.letter_to("ann@example.org").await;
    assert_eq!(caller.follow(&letter.link()).await, Answer::Done);
}

async fn healthy_at(port: u16) -> Sink {
    Sink::start_at(port, Security::None, |_| Act::Behave).await
}
