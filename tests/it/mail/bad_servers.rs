//! Silent, slow, broken and hostile mail servers delay their email and nothing else (REL-13, REL-14).

use std::sync::atomic::{AtomicUsize, Ordering};

use super::sink::{Act, Security, Sink, Stage};
use super::{House, short_timeouts, through_sink};

const STAGES: [Stage; 6] = [Stage::Greeting, Stage::Ehlo, Stage::Mail, Stage::Rcpt, Stage::Data, Stage::Dot];

/// The mail server misbehaves with `act` at `stage` the first `times` times and then recovers. The only
/// sender must become free, and both emails must arrive.
async fn survives(stage: Stage, times: usize, act: Act) {
    let house = House::new().await;
    let count = AtomicUsize::new(0);
    let waits = match &act {
        Act::Silence | Act::Drip => true,
        Act::Say(reply) => !reply.ends_with(b"\n"),
        _ => false,
    };
    let label = format!("{stage:?} {act:?}").chars().take(100).collect::<String>();
    let sink = Sink::start(Security::None, move |moment| {
        let is_now = moment.stage == stage && count.fetch_add(1, Ordering::SeqCst) < times;
        if is_now { act.clone() } else { Act::Behave }
    })
    .await;
    let mut settings = through_sink(&sink);
    settings.timeouts = short_timeouts();
    settings.connections = 1;
    let worker = house.work(settings);
    let hurry = house.retries_at_once();
    house.request("ann@example.org").await;
    house.request("bob@example.org").await;
    if stage == Stage::Dot && waits {
        for time in 1..=times {
            sink.until(|seen| seen.moments.iter().filter(|moment| moment.stage == stage).count() >= time)
                .await;
            house.clock.advance(short_timeouts().answer);
        }
    }
    sink.until(|seen| {
        ["ann", "bob"].iter().all(|name| seen.mails.iter().any(|mail| mail.to.starts_with(name)))
    })
    .await;
    house.empties_its_outbox().await;
    drop(hurry);
    worker.stops().await;
    assert_eq!(sink.seen().mails.len(), 2, "each email once: {label}");
}

#[tokio::test]
async fn a_mail_server_that_falls_silent_at_any_stage_frees_the_sender() {
    futures_util::future::join_all(STAGES.map(|stage| survives(stage, 2, Act::Silence))).await;
}

#[tokio::test]
async fn a_mail_server_that_drips_at_any_stage_frees_the_sender() {
    futures_util::future::join_all(STAGES.map(|stage| survives(stage, 2, Act::Drip))).await;
}

#[tokio::test]
async fn a_mail_server_that_hangs_up_at_any_stage_gets_the_email_later() {
    for stage in STAGES.into_iter().chain([Stage::Body]) {
        survives(stage, 2, Act::HangUp).await;
    }
}

#[tokio::test]
async fn garbage_of_any_kind_only_delays_the_email() {
    let endless_line = vec![b'2'; 300_000];
    let endless_lines = b"250-and another\r\n".repeat(20_000);
    for reply in [
        b"\r\n".to_vec(),
        b"hello there\r\n".to_vec(),
        b"999 what\r\n".to_vec(),
        b"\xff\xfe\x00\x01\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00".to_vec(),
        b"2".to_vec(),
        b"354 send it\r\n".to_vec(),
        endless_line,
        endless_lines,
    ] {
        for stage in [Stage::Greeting, Stage::Ehlo, Stage::Mail, Stage::Rcpt, Stage::Dot] {
            // 354 is the right reply to DATA and lettre accepts it as a greeting. It is wrong elsewhere.
            if reply.starts_with(b"354") && matches!(stage, Stage::Greeting | Stage::Ehlo) {
                continue;
            }
            survives(stage, 1, Act::Say(reply.clone())).await;
        }
    }
}

#[tokio::test]
async fn a_reply_that_panics_the_library_only_delays_the_email() {
    // lettre 0.11.23 unwraps the first word of each line of the reply to EHLO.
    survives(Stage::Ehlo, 1, Act::Say(b"250-sink\r\n250    \r\n".to_vec())).await;
}

#[tokio::test]
async fn a_refusal_in_another_encoding_is_still_a_refusal() {
    let house = House::new().await;
    let sink = Sink::start(Security::None, |moment| match moment.stage {
        Stage::Rcpt => Act::Say(b"550 Empf\xe4nger unbekannt\r\n".to_vec()),
        _ => Act::Behave,
    })
    .await;
    let worker = house.work(through_sink(&sink));
    house.request("ann@example.org").await;
    // The clock does not move, so a delayed email would stay queued.
    house.empties_its_outbox().await;
    worker.stops().await;
}
