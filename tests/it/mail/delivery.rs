//! A queued email arrives once, whatever the mail server replies at first (REL-11, REL-12).

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::sink::{Act, Moment, Security, Seen, Sink, Stage};
use super::{House, smtp, through, through_sink};

/// Misbehaves at `stage` the first `times` times.
fn at_first(stage: Stage, times: usize, act: Act) -> impl Fn(&Moment) -> Act + Send + Sync + 'static {
    let count = AtomicUsize::new(0);
    move |moment| {
        let is_now = moment.stage == stage && count.fetch_add(1, Ordering::SeqCst) < times;
        if is_now { act.clone() } else { Act::Behave }
    }
}

#[tokio::test]
async fn a_queued_email_is_delivered_and_leaves_the_outbox() {
    let house = House::new().await;
    let sink = Sink::good().await;
    let worker = house.work(through_sink(&sink));
    house.request("Ann.Lee@example.org").await;
    let mails = sink.mails(1).await;
    assert_eq!(
        (mails[0].from.as_str(), mails[0].to.as_str()),
        ("gatepost@id.example.org", "Ann.Lee@example.org")
    );
    house.empties_its_outbox().await;
    worker.stops().await;
    assert_eq!(sink.seen().mails.len(), 1);
}

#[tokio::test]
async fn a_link_expires_ten_minutes_after_the_mail_server_accepted_the_email() {
    let house = House::new().await;
    let queued = house.request("ann@example.org").await;
    // The mail server is down for 40 minutes.
    house.clock.advance(Duration::from_mins(40));
    let sink = Sink::good().await;
    let worker = house.work(through_sink(&sink));
    let mail = sink.mails(1).await.remove(0);
    house.empties_its_outbox().await;
    house.clock.advance(Duration::from_secs(9 * 60 + 59));
    let raw = String::from_utf8(mail.data).unwrap();
    let token = raw.lines().find_map(|line| line.strip_prefix("https://id.example.org/link/")).unwrap();
    let bearer = gatepost::domain::mailed::Redeemer::default();
    assert!(house.gatepost.show_link(token, bearer).await.is_ok());
    house.clock.advance(Duration::from_secs(2));
    assert!(house.gatepost.show_link(token, bearer).await.is_err());
    assert!(house.gatepost.waiting(queued.held).await.is_ok());
    worker.stops().await;
}

#[tokio::test]
async fn an_email_that_is_sent_late_says_how_long_it_is_still_valid() {
    for (late, lifetime) in [(49, "10 minutes"), (55, "5 minutes"), (57, "3 minutes")] {
        let house = House::new().await;
        house.request("ann@example.org").await;
        house.clock.advance(Duration::from_mins(late));
        let sink = Sink::good().await;
        let worker = house.work(through_sink(&sink));
        let mail = String::from_utf8(sink.mails(1).await.remove(0).data).unwrap();
        assert!(mail.contains(&format!("Date: Thu, 01 Jan 2026 00:{late}:00 +0000")), "{mail}");
        assert!(mail.contains(&format!("expire {lifetime} after this email was sent")), "{mail}");
        house.empties_its_outbox().await;
        worker.stops().await;
    }
}

#[tokio::test]
async fn a_temporary_refusal_at_any_stage_delays_the_email_and_it_arrives_once() {
    let stages = [Stage::Greeting, Stage::Ehlo, Stage::Mail, Stage::Rcpt, Stage::Data, Stage::Dot];
    for stage in stages {
        let house = House::new().await;
        let sink =
            Sink::start(Security::None, at_first(stage, 3, Act::say("451 greylisted, come back"))).await;
        let worker = house.work(through_sink(&sink));
        let _hurry = house.retries_at_once();
        house.request("ann@example.org").await;
        sink.mails(1).await;
        house.empties_its_outbox().await;
        worker.stops().await;
        let seen = sink.seen();
        assert_eq!(seen.mails.len(), 1, "{stage:?}");
        let tries = seen.moments.iter().filter(|moment| moment.stage == stage).count();
        assert_eq!(tries, 4, "{stage:?}");
    }
}

#[tokio::test]
async fn a_permanent_refusal_of_the_recipient_or_the_message_is_final() {
    for (stage, reply) in [
        (Stage::Rcpt, "550 5.1.1 no such person"),
        (Stage::Rcpt, "550-5.1.1 The email account does not exist.\r\n550 5.1.1 Learn more: 5.7.1"),
        (Stage::Rcpt, "550 no such person at 5.7.1.2"),
        (Stage::Data, "554 not for you"),
        (Stage::Dot, "552 too large"),
        (Stage::Dot, "554 5.6.0 broken"),
    ] {
        let house = House::new().await;
        let sink =
            Sink::start(
                Security::None,
                move |moment| {
                    if moment.stage == stage { Act::say(reply) } else { Act::Behave }
                },
            )
            .await;
        let worker = house.work(through_sink(&sink));
        let _hurry = house.retries_at_once();
        house.request("ann@example.org").await;
        house.empties_its_outbox().await;
        worker.stops().await;
        let tries = sink.seen().moments.iter().filter(|moment| moment.stage == stage).count();
        assert_eq!(tries, 1, "{stage:?}");
    }
}

#[tokio::test]
async fn a_permanent_refusal_that_is_about_us_and_not_the_recipient_is_retried() {
    for (stage, reply) in [
        (Stage::Rcpt, "550 5.7.1 Relaying denied"),
        (Stage::Rcpt, "550-Blocked\r\n550-5.7.26 unauthenticated\r\n550 5.7.26 see help"),
        (Stage::Rcpt, "550 #5.7.1 Your access has been rejected."),
        (Stage::Rcpt, "550 5.1.8 <gatepost@id.example.org>: Sender address rejected"),
        (Stage::Rcpt, "550 5.4.5 Daily user sending limit exceeded"),
        (Stage::Rcpt, "530 Must issue a STARTTLS command first"),
        (Stage::Data, "554 5.7.0 try again"),
        (Stage::Dot, "554 5.2.252 SendAsDenied; not allowed to send as this sender"),
        (Stage::Dot, "550-5.7.1 [203.0.113.7] Our system has detected\r\n550 5.7.1 an unusual rate"),
    ] {
        let house = House::new().await;
        let sink = Sink::start(Security::None, at_first(stage, 2, Act::say(reply))).await;
        let worker = house.work(through_sink(&sink));
        let _hurry = house.retries_at_once();
        house.request("ann@example.org").await;
        sink.mails(1).await;
        house.empties_its_outbox().await;
        worker.stops().await;
        let tries = sink.seen().moments.iter().filter(|moment| moment.stage == stage).count();
        assert_eq!(tries, 3, "{reply}");
    }
}

#[tokio::test]
async fn a_5xx_reply_before_the_recipient_is_retried() {
    for stage in [Stage::Greeting, Stage::Ehlo, Stage::Mail] {
        let house = House::new().await;
        let sink =
            Sink::start(Security::None, at_first(stage, 2, Act::say("554 we do not like you now"))).await;
        let worker = house.work(through_sink(&sink));
        let _hurry = house.retries_at_once();
        house.request("ann@example.org").await;
        sink.mails(1).await;
        house.empties_its_outbox().await;
        worker.stops().await;
    }
}

#[tokio::test]
async fn a_refused_or_delayed_recipient_delays_no_one_else() {
    let house = House::new().await;
    for address in ["gone@example.org", "full@example.org", "ann@example.org", "bob@example.org"] {
        house.request(address).await;
    }
    let sink = Sink::start(Security::None, |moment| match (moment.stage, moment.line.as_str()) {
        (Stage::Rcpt, line) if line.contains("gone@") => Act::say("550 no such person"),
        (Stage::Rcpt, line) if line.contains("full@") => Act::say("452 mailbox full"),
        _ => Act::Behave,
    })
    .await;
    let mut settings = through_sink(&sink);
    settings.connections = 1;
    let worker = house.work(settings);
    // The clock does not move, so no email waits for the retry of another.
    let mails = sink.mails(2).await;
    let arrived: BTreeSet<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(arrived, BTreeSet::from(["ann@example.org", "bob@example.org"]));
    worker.stops().await;
}

#[tokio::test]
async fn an_email_is_retried_until_its_request_is_over_and_no_dead_link_is_sent() {
    let house = House::new().await;
    let sink = Sink::start(Security::None, |moment| match moment.stage {
        Stage::Rcpt => Act::say("450 come back"),
        _ => Act::Behave,
    })
    .await;
    let worker = house.work(through_sink(&sink));
    house.request("ann@example.org").await;
    let mut last = house.world.now();
    for wait in [2, 4, 8, 16, 32, 64, 128] {
        let due = house.delayed_until().await;
        let waited = due.since(last).as_secs_f64();
        assert!((0.8 * f64::from(wait)..=1.2 * f64::from(wait)).contains(&waited), "{waited} for {wait}");
        house.clock.advance_to(due);
        last = due;
    }
    let tries = |seen: &Seen| seen.moments.iter().filter(|moment| moment.stage == Stage::Rcpt).count();
    sink.until(|seen| seen.hung_up == 8 && tries(seen) == 8).await;
    house.clock.advance(Duration::from_hours(1));
    house.empties_its_outbox().await;
    worker.stops().await;
    assert_eq!(tries(&sink.seen()), 8);
}

#[tokio::test]
async fn a_mail_server_that_is_down_delays_email_and_nothing_else() {
    let house = House::new().await;
    let port = { Sink::good().await.port };
    let worker = house.work(through(smtp(&format!("smtp://127.0.0.1:{port}?tls=none"))));
    for number in 0..20 {
        house.request(&format!("p{number}@example.org")).await;
    }
    house.delayed_until().await;
    let sink = Sink::start_at(port, Security::None, |_| Act::Behave).await;
    let _hurry = house.retries_at_once();
    let mails = sink.mails(20).await;
    house.empties_its_outbox().await;
    worker.stops().await;
    let mut to: Vec<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
    to.sort_unstable();
    to.dedup();
    assert_eq!(to.len(), 20, "each once");
}

#[tokio::test]
async fn the_login_is_sent_and_retried_after_a_refusal() {
    let house = House::new().await;
    let sink = Sink::start(Security::None, at_first(Stage::Auth, 1, Act::say("535 who are you"))).await;
    let url = format!("smtp://ann%40example.org:p%25ss@127.0.0.1:{}?tls=none", sink.port);
    let worker = house.work(through(smtp(&url)));
    let _hurry = house.retries_at_once();
    house.request("ann@example.org").await;
    let seen = sink.until(|seen| seen.mails.len() == 1).await;
    let login: Vec<&String> = seen.clear.iter().filter(|line| line.starts_with("AUTH")).collect();
    // "\0ann@example.org\0p%ss"
    assert_eq!(login, ["AUTH PLAIN AGFubkBleGFtcGxlLm9yZwBwJXNz\r\n"; 2]);
    worker.stops().await;
}
