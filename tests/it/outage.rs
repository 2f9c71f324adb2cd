//! Mail is owed, not tried: a mail server that is away delays letters and nothing else.

use std::time::Duration;

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::mail::sink::Sink;

both_doors! {
    a_mail_server_that_is_away_for_an_hour_delays_letters_and_nothing_else,
    a_letter_whose_request_is_over_is_not_sent_any_more,
}

async fn a_mail_server_that_is_away_for_an_hour_delays_letters_and_nothing_else(door: Door) {
    let sink = Sink::start().await;
    let app = App::start_with_smtp(&sink).await;
    let mut signed_in = app.signed_in_by(door, "ann@example.org", &sink).await;
    sink.close();
    let mut waiting = Vec::new();
    for minute in 0..60_u32 {
        if minute % 10 == 5 {
            let email = format!("m{minute}@example.org");
            let mut caller = app.caller(door);
            assert_eq!(caller.ask(&email).await, Answer::Done);
            waiting.push((caller, email));
        }
        assert!(signed_in.who().await.is_some());
        app.pass(Duration::from_mins(1)).await;
    }
    sink.open().await;
    for (mut caller, email) in waiting {
        while sink.count_to(&email) == 0 {
            app.pass(Duration::from_secs(10)).await;
        }
        let letter = sink.letters_to(&email, 1).await.remove(0);
        assert_eq!(caller.follow(&letter.link()).await, Answer::Done, "{email}");
        assert_eq!(caller.who().await.as_deref(), Some(email.as_str()));
    }
}

async fn a_letter_whose_request_is_over_is_not_sent_any_more(door: Door) {
    let sink = Sink::start().await;
    let app = App::start_with_smtp(&sink).await;
    sink.close();
    let mut caller = app.caller(door);
    caller.ask("ann@example.org").await;
    for _ in 0..61 {
        app.pass(Duration::from_mins(1)).await;
    }
    sink.open().await;
    app.pass(Duration::from_mins(5)).await;
    assert_eq!(sink.count(), 0);
    // Asking again begins anew, and that letter arrives.
    assert_eq!(caller.ask("ann@example.org").await, Answer::Done);
    let letter = sink.letters_to("ann@example.org", 1).await.remove(0);
    assert_eq!(caller.follow(&letter.link()).await, Answer::Done);
}
