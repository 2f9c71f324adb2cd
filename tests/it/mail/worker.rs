//! The worker itself: stopping, a store that fails, a run that died.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::memory::FullStore;
use super::sink::{Act, Sink, Stage, Tls};
use super::{House, through_sink};

#[tokio::test]
async fn stopping_finishes_and_records_a_letter_past_its_final_dot() {
    let house = House::new().await;
    let (release, held) = watch::channel(false);
    let sink = Sink::start(Tls::None, move |moment| match moment.stage {
        Stage::Dot => Act::Hold(held.clone()),
        _ => Act::Behave,
    })
    .await;
    let worker = house.work(through_sink(&sink));
    house.ask("ann@example.org").await;
    sink.until(|seen| seen.moments.iter().any(|moment| moment.stage == Stage::Dot)).await;
    worker.stop.cancel();
    tokio::task::yield_now().await;
    assert!(!worker.work.is_finished());
    release.send(true).unwrap();
    worker.stops().await;
    assert_eq!(sink.seen().mails.len(), 1);
    assert_eq!(house.gatepost.next_letter_due().await.unwrap(), None, "it is recorded");
}

#[tokio::test]
async fn stopping_leaves_a_letter_before_its_final_dot_owed() {
    for stage in [Stage::Greeting, Stage::Rcpt, Stage::Data] {
        let house = House::new().await;
        let sink = Sink::start(
            Tls::None,
            move |moment| {
                if moment.stage == stage { Act::Silence } else { Act::Behave }
            },
        )
        .await;
        let worker = house.work(through_sink(&sink));
        house.ask("ann@example.org").await;
        sink.until(|seen| seen.moments.iter().any(|moment| moment.stage == stage)).await;
        worker.stops().await;
        assert!(house.gatepost.next_letter_due().await.unwrap().is_some(), "{stage:?}");

        // It goes out when its claim has ended: no other run was told that this one is over.
        let good = Sink::good().await;
        let worker = house.work(through_sink(&good));
        house.clock.advance(Duration::from_mins(6));
        good.mails(1).await;
        worker.stops().await;
    }
}

#[tokio::test]
async fn a_new_run_sends_at_once_what_a_dead_run_had_claimed() {
    let store = Arc::new(super::memory::MemoryStore::new());
    let house = House::over(Arc::clone(&store) as _, true).await;
    house.ask("ann@example.org").await;
    assert_eq!(house.gatepost.claim_letters(10).await.unwrap().len(), 1);

    // The clock stands still: only the claim of a dead run keeps the letter back. The world is the
    // old one, so that the keys are, too; its entropy has moved on to another run.
    let ring = {
        let (world, _) = crate::harness::world::world();
        gatepost::domain::token::KeyRing::parse(&gatepost::domain::token::KeyRing::generate(&world)).unwrap()
    };
    let settings = gatepost::domain::Settings {
        link_lifetime: Duration::from_mins(10),
        registration: true,
        session_idle: Duration::from_hours(1),
        session_absolute: Duration::from_hours(2),
    };
    let next_run =
        gatepost::domain::Gatepost::open(store, house.world.clone(), ring, settings).await.unwrap();
    let house = House { gatepost: Arc::new(next_run), ..house };
    let sink = Sink::good().await;
    let worker = house.work(through_sink(&sink));
    sink.mails(1).await;
    worker.stops().await;
}

#[tokio::test]
async fn while_the_store_refuses_no_mail_is_sent_and_then_it_is() {
    let store = Arc::new(FullStore::new());
    let house = House::over(Arc::clone(&store) as _, true).await;
    house.ask("ann@example.org").await;
    store.fill();
    let sink = Sink::good().await;
    let worker = house.work(through_sink(&sink));
    store.refuses(3).await;
    assert_eq!(sink.seen().connections, 0);
    store.empty();
    sink.mails(1).await;
    house.owes_nothing().await;
    worker.stops().await;
}

#[tokio::test]
async fn a_sending_that_cannot_be_recorded_at_once_is_recorded_later_and_not_repeated() {
    let store = Arc::new(FullStore::new());
    let house = House::over(Arc::clone(&store) as _, true).await;
    let full = Arc::clone(&store);
    let sink = Sink::start(Tls::None, move |moment| {
        if moment.stage == Stage::Dot {
            full.fill();
        }
        Act::Behave
    })
    .await;
    let worker = house.work(through_sink(&sink));
    house.ask("ann@example.org").await;
    sink.mails(1).await;
    store.refuses(3).await;
    store.empty();
    house.owes_nothing().await;
    worker.stops().await;
    assert_eq!(sink.seen().mails.len(), 1);
}
