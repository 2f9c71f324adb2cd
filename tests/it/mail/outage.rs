//! A mail server that cannot be used at all is tried for all emails together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

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
    worker.stops().await;
    let mut to: Vec<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
    to.sort_unstable();
    to.dedup();
    assert_eq!(to.len(), 9, "each once");
    assert_eq!(sink.seen().moments.iter().filter(|moment| moment.stage == Stage::Mail).count(), 13);
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
