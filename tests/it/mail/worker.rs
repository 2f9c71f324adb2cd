//! The worker itself: stopping, a failing store, a dead run.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::full_store::FullStore;
use super::sink::{Act, Security, Sink, Stage};
use super::{House, through_sink};

#[tokio::test]
async fn stopping_finishes_and_records_an_email_past_its_final_dot() {
    let house = House::new().await;
    let (sink, worker, release) = house.stops_at_a_final_dot().await;
    tokio::task::yield_now().await;
    assert!(!worker.work.is_finished());
    release.send(true).unwrap();
    worker.stops().await;
    assert_eq!(sink.seen().mails.len(), 1);
    assert!(!house.gatepost.has_letters().await.unwrap(), "it is recorded");
}

#[tokio::test]
async fn stopping_leaves_an_email_before_its_final_dot_queued() {
    for stage in [Stage::Greeting, Stage::Rcpt, Stage::Data] {
        let house = House::new().await;
        let sink =
            Sink::start(
                Security::None,
                move |moment| {
                    if moment.stage == stage { Act::Silence } else { Act::Behave }
                },
            )
            .await;
        let worker = house.work(through_sink(&sink));
        house.request("ann@example.org").await;
        sink.until(|seen| seen.moments.iter().any(|moment| moment.stage == stage)).await;
        worker.stops().await;
        assert!(house.gatepost.has_letters().await.unwrap(), "{stage:?}");

        // It is sent when its claim has expired, because no other run knows that this one has ended.
        let good = Sink::good().await;
        let worker = house.work(through_sink(&good));
        house.clock.advance(Duration::from_mins(16));
        good.mails(1).await;
        worker.stops().await;
    }
}

#[tokio::test]
async fn a_new_run_at_once_sends_emails_that_a_dead_run_had_claimed() {
    let store = Arc::new(gatepost::store::memory::MemoryStore::new());
    let house = House::over(Arc::clone(&store) as _, true).await;
    house.request("ann@example.org").await;
    assert_eq!(house.claim_all().await.len(), 1);

    // The clock does not move, so only the claim of the dead run could keep the email back.
    let house = house.next_run(store).await;
    let sink = Sink::good().await;
    let worker = house.work(through_sink(&sink));
    sink.mails(1).await;
    worker.stops().await;
}

#[tokio::test]
async fn no_email_is_sent_while_the_store_refuses_writes() {
    let store = Arc::new(FullStore::new());
    let house = House::over(Arc::clone(&store) as _, true).await;
    house.request("ann@example.org").await;
    store.fill();
    let sink = Sink::good().await;
    let worker = house.work(through_sink(&sink));
    store.refuses(3).await;
    assert_eq!(sink.seen().connections, 0);
    store.empty();
    sink.mails(1).await;
    house.empties_its_outbox().await;
    worker.stops().await;
}

#[tokio::test]
async fn an_email_whose_sending_cannot_be_recorded_at_once_is_not_sent_again() {
    let store = Arc::new(FullStore::new());
    let house = House::over(Arc::clone(&store) as _, true).await;
    let full = Arc::clone(&store);
    let sink = Sink::start(Security::None, move |moment| {
        if moment.stage == Stage::Dot {
            full.fill();
        }
        Act::Behave
    })
    .await;
    let worker = house.work(through_sink(&sink));
    house.request("ann@example.org").await;
    sink.mails(1).await;
    store.refuses(3).await;
    store.empty();
    house.empties_its_outbox().await;
    worker.stops().await;
    assert_eq!(sink.seen().mails.len(), 1);
}

/// Everything logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_has_one_line_per_email_without_address_link_or_code() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _logged = tracing::subscriber::set_default(subscriber);

    // A mail server that repeats what it has read in the email.
    let secrets = Arc::new(Mutex::new(Vec::new()));
    let read = Arc::clone(&secrets);
    let sink = Sink::start(Security::None, move |moment| {
        if moment.stage != Stage::Dot {
            return Act::Behave;
        }
        let link = moment.line.lines().find_map(|line| line.strip_prefix("https://id.example.org/link/"));
        let code = moment.line.lines().find(|line| line.len() == 6 && line.parse::<u32>().is_ok());
        let (link, code) = (link.unwrap().to_owned(), code.unwrap().to_owned());
        let reply = format!(
            "554-{link} {}\r\n554 {code} <Ann.Lee@EXAMPLE.org>\x1b[2J\x07 spam \u{202e}",
            link.to_uppercase()
        );
        read.lock().unwrap().extend([link, code]);
        Act::say(&reply)
    })
    .await;
    let house = House::new().await;
    let worker = house.work(through_sink(&sink));
    house.request("ann.lee@example.org").await;
    house.empties_its_outbox().await;
    worker.stops().await;

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("email rejected")).collect();
    let [line] = lines[..] else { panic!("{log}") };
    assert!(line.contains("a…@example.org") && line.contains("554") && line.contains("spam"), "{line}");
    assert!(line.contains(&format!("127.0.0.1:{} did not accept the message: 554 ", sink.port)), "{line}");
    assert!(!line.contains('\u{1b}') && !line.contains('\u{7}') && !line.contains('\u{202e}'), "{line}");
    let log = log.to_lowercase();
    assert!(!log.contains("ann.lee"), "{log}");
    let secrets = secrets.lock().unwrap();
    assert_eq!(secrets.len(), 2);
    for secret in secrets.iter() {
        assert!(!log.contains(&secret.to_lowercase()), "{log}");
    }
}

#[tokio::test]
async fn an_email_is_sent_at_once_although_no_one_could_say_whether_its_claim_was_stored() {
    let store = Arc::new(FullStore::new());
    let house = House::over(Arc::clone(&store) as _, true).await;
    house.request("ann@example.org").await;
    store.lose_next_answer();
    let sink = Sink::good().await;
    let worker = house.work(through_sink(&sink));
    // The clock does not move, so only the claim could keep the email back.
    sink.mails(1).await;
    worker.stops().await;
}
