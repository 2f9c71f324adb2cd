//! Mail servers that are silent, slow, broken or hostile delay a letter and nothing else.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::sink::{Act, Security, Sink, Stage};
use super::{House, short_patience, through_sink};

const STAGES: [Stage; 6] = [Stage::Greeting, Stage::Ehlo, Stage::Mail, Stage::Rcpt, Stage::Data, Stage::Dot];

/// The first `times` connections get `act` at `stage`; then the mail server is well again. The one
/// sender must get free, and the letter must arrive.
async fn survives(stage: Stage, times: usize, act: Act) {
    let house = House::new().await;
    let count = AtomicUsize::new(0);
    let told = format!("{stage:?} {act:?}").chars().take(100).collect::<String>();
    let sink = Sink::start(Security::None, move |moment| {
        let is_now = moment.stage == stage && count.fetch_add(1, Ordering::SeqCst) < times;
        if is_now { act.clone() } else { Act::Behave }
    })
    .await;
    let mut settings = through_sink(&sink);
    settings.patience = short_patience();
    settings.connections = 1;
    let worker = house.work(settings);
    let hurry = house.hurry();
    house.ask("ann@example.org").await;
    house.ask("bob@example.org").await;
    sink.until(|seen| {
        ["ann", "bob"].iter().all(|name| seen.mails.iter().any(|mail| mail.to.starts_with(name)))
    })
    .await;
    house.owes_nothing().await;
    drop(hurry);
    worker.stops().await;
    assert_eq!(sink.seen().mails.len(), 2, "each letter once: {told}");
}

#[tokio::test]
async fn a_mail_server_silent_at_any_stage_frees_the_sender() {
    futures_util::future::join_all(STAGES.map(|stage| survives(stage, 2, Act::Silence))).await;
}

#[tokio::test]
async fn a_mail_server_that_drips_at_any_stage_frees_the_sender() {
    futures_util::future::join_all(STAGES.map(|stage| survives(stage, 2, Act::Drip))).await;
}

#[tokio::test]
async fn a_mail_server_that_hangs_up_at_any_stage_gets_the_letter_once_it_is_well() {
    for stage in STAGES.into_iter().chain([Stage::Body]) {
        survives(stage, 2, Act::HangUp).await;
    }
}

#[tokio::test]
async fn garbage_of_any_kind_is_a_delay_and_never_the_end() {
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
            // "354" is what DATA answers, and an odd greeting, but nowhere else a yes.
            if reply.starts_with(b"354") && matches!(stage, Stage::Greeting | Stage::Ehlo) {
                continue;
            }
            survives(stage, 1, Act::Say(reply.clone())).await;
        }
    }
}

#[tokio::test]
async fn a_reply_that_panics_the_library_is_a_delay() {
    // lettre 0.11.23 unwraps the first word of each line of the answer to EHLO.
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
    house.ask("ann@example.org").await;
    // The clock stands still: a delayed letter would stay owed.
    house.owes_nothing().await;
    worker.stops().await;
}

#[tokio::test]
async fn a_conversation_that_is_slow_at_every_step_ends_as_a_whole() {
    let house = House::new().await;
    let (_release, held) = tokio::sync::watch::channel(false);
    let sink = Sink::start(Security::None, move |moment| match (moment.connection, moment.stage) {
        (0, Stage::Dot) => Act::Hold(held.clone()),
        _ => Act::Behave,
    })
    .await;
    let mut settings = through_sink(&sink);
    settings.patience.whole = Duration::from_millis(500);
    settings.connections = 1;
    let worker = house.work(settings);
    let _hurry = house.hurry();
    house.ask("ann@example.org").await;
    let seen = sink.until(|seen| seen.mails.len() == 1).await;
    assert_eq!(seen.connections, 2);
    worker.stops().await;
}
