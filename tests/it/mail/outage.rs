//! A mail server that cannot be used at all is tried for all emails together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gatepost::domain::ports::Clock;

use super::sink::{Act, Security, Sink, Stage};
use super::{House, smtp, through, through_sink};

#[tokio::test]
async fn a_wrong_password_is_tried_once_for_all_emails_with_a_growing_delay() {
    let house = House::new().await;
    let sink = Sink::start(Security::None, |moment| match moment.stage {
        Stage::Auth => Act::say("535 5.7.8 who are you"),
        _ => Act::Behave,
    })
    .await;
    for number in 0..20 {
        house.request(&format!("p{number}@example.org")).await;
    }
    let worker = house.work(through(smtp(&format!("smtp://ann:wrong@127.0.0.1:{}?tls=none", sink.port))));
    let start = house.world.now();
    let mut tries = 0;
    let mut last = start;
    // Emails that are requested meanwhile make no difference.
    while last.since(start) < Duration::from_mins(40) {
        let due = house.delayed_until().await;
        tries += 1;
        let seen = sink.seen();
        let logins = seen.moments.iter().filter(|moment| moment.stage == Stage::Auth).count();
        assert_eq!(logins, tries, "one login for all");
        let wait = 2_u32.pow(u32::try_from(tries).unwrap().min(9)).min(300);
        let waited = due.since(last).as_secs_f64();
        assert!((0.8 * f64::from(wait)..=f64::from(wait)).contains(&waited), "{waited} for {wait}");
        house.request(&format!("late{tries}@example.org")).await;
        house.clock.advance_to(due);
        last = due;
    }
    worker.stops().await;
}

#[tokio::test]
async fn when_the_mail_server_can_be_used_again_all_emails_are_sent() {
    let house = House::new().await;
    let failures = AtomicUsize::new(0);
    let sink = Sink::start(Security::None, move |moment| match moment.stage {
        Stage::Mail if failures.fetch_add(1, Ordering::SeqCst) < 3 => Act::say("550 5.7.1 sender rejected"),
        // Even if the one attempt meets a recipient whose server is slow.
        Stage::Rcpt if moment.line.contains("p3@") => Act::Silence,
        _ => Act::Behave,
    })
    .await;
    let worker = house.work(through_sink(&sink));
    for number in 0..10 {
        house.request(&format!("p{number}@example.org")).await;
    }
    let _hurry = house.retries_at_once();
    let mails = sink.mails(9).await;
    let tries =
        |seen: &super::sink::Seen| seen.moments.iter().filter(|moment| moment.stage == Stage::Mail).count();
    // The tenth is tried too, at the latest now.
    sink.until(|seen| tries(seen) == 13).await;
    worker.stops().await;
    let mut to: Vec<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
    to.sort_unstable();
    to.dedup();
    assert_eq!(to.len(), 9, "each once");
    assert_eq!(tries(&sink.seen()), 13);
}

#[tokio::test]
async fn the_first_email_of_a_run_is_tried_alone() {
    let house = House::new().await;
    let open = Arc::new(AtomicUsize::new(0));
    let (release, held) = tokio::sync::watch::channel(false);
    let opened = Arc::clone(&open);
    let sink = Sink::start(Security::None, move |moment| {
        if moment.stage == Stage::Greeting && opened.fetch_add(1, Ordering::SeqCst) == 0 {
            return Act::Hold(held.clone());
        }
        Act::Behave
    })
    .await;
    for number in 0..8 {
        house.request(&format!("p{number}@example.org")).await;
    }
    let worker = house.work(through_sink(&sink));
    sink.until(|seen| seen.moments.len() == 1).await;
    assert_eq!(open.load(Ordering::SeqCst), 1);
    release.send(true).unwrap();
    sink.mails(8).await;
    worker.stops().await;
}

#[tokio::test]
async fn an_email_that_waits_for_the_mail_server_is_tried_in_its_last_minute() {
    let house = House::new().await;
    let (start, clock) = (house.world.now(), Arc::clone(&house.clock));
    let recovers_at = start.plus(Duration::from_secs(58 * 60 + 30));
    let sink = Sink::start(Security::None, move |moment| match moment.stage {
        Stage::Greeting if clock.now() < recovers_at => Act::say("421 out of order"),
        _ => Act::Behave,
    })
    .await;
    let worker = house.work(through_sink(&sink));
    let _hurry = house.retries_at_once();
    // Its link could be used for an hour after the request.
    house.request("ann@example.org").await;
    sink.mails(1).await;
    house.empties_its_outbox().await;
    worker.stops().await;
}

#[tokio::test]
async fn an_email_is_not_given_up_before_its_end_and_no_password_is_tried_more_often_for_it() {
    let house = House::new().await;
    let sink = Sink::start(Security::None, |moment| match moment.stage {
        Stage::Auth => Act::say("535 5.7.8 who are you"),
        _ => Act::Behave,
    })
    .await;
    let worker = house.work(through(smtp(&format!("smtp://ann:wrong@127.0.0.1:{}?tls=none", sink.port))));
    let end = house.world.now().plus(Duration::from_hours(1));
    for number in 0..20 {
        house.request(&format!("p{number}@example.org")).await;
    }
    let logins =
        |seen: super::sink::Seen| seen.moments.iter().filter(|moment| moment.stage == Stage::Auth).count();
    loop {
        let due = house.delayed_until().await;
        if due >= end {
            break;
        }
        house.clock.advance_to(due);
    }
    assert_eq!(house.gatepost.queued_letters(None).await.unwrap().len(), 20);
    // Eight while the delay grows, one in five minutes, and one for the emails that are about to end.
    let tries = logins(sink.seen());
    assert!((18..=24).contains(&tries), "{tries}");
    house.clock.advance(Duration::from_mins(6));
    house.empties_its_outbox().await;
    worker.stops().await;
    assert_eq!(logins(sink.seen()), tries);
}
