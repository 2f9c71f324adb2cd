//! What is stored about an email that has ended: enough to see which kind fails at which mail host, and how
//! long emails take.

use std::sync::Arc;
use std::time::Duration;

use gatepost::domain::mailed::Redeemer;
use gatepost::domain::record::event::{EndedEmail, EventName};
use gatepost::domain::record::letter::LetterKind;
use gatepost::store::memory::MemoryStore;

use super::sink::{Act, Security, Sink, Stage};
use super::{House, through_sink};
use crate::harness::app::App;
use crate::harness::caller::Door;

#[tokio::test]
async fn the_end_of_an_email_tells_its_kind_and_how_long_it_took_but_not_its_recipient() {
    let sink = Sink::start(Security::None, |moment| match (moment.stage, moment.line.as_str()) {
        (Stage::Rcpt, line) if line.contains("gone@") => Act::say("550 5.1.1 no such person"),
        _ => Act::Behave,
    })
    .await;
    let app = App::start_with_smtp(sink.port).await;
    for email in ["ann@example.org", "gone@nowhere.example"] {
        app.caller(Door::Json).ask(email).await;
        app.pass(Duration::ZERO).await;
        while app.house.gatepost.has_letters().await.unwrap() {
            tokio::task::yield_now().await;
        }
    }
    let events = app.all_events().await;
    let ended = |name| events.iter().find(|event| event.name == name).unwrap();
    let (sent, failed) = (ended(EventName::MailSent), ended(EventName::MailFailed));
    assert_eq!(sent.email, Some(EndedEmail { kind: LetterKind::SignIn, domain: None }));
    assert_eq!(
        failed.email,
        Some(EndedEmail { kind: LetterKind::SignIn, domain: Some("nowhere.example".into()) })
    );
    for event in [sent, failed] {
        assert_eq!((event.by.as_str(), event.took), ("server", Some(Duration::ZERO)));
    }
    assert!(!format!("{events:?}").contains("gone"));
}

#[tokio::test]
async fn an_email_that_said_there_is_no_account_says_how_to_sign_in_once_registration_is_open() {
    let store = Arc::new(MemoryStore::new());
    let house = House::over(Arc::clone(&store) as _, false).await;
    house.request("ann@example.org").await;
    let house = house.next_run(store).await;
    let sink = Sink::good().await;
    let worker = house.work(through_sink(&sink));
    let link = sink.letter_to("ann@example.org").await.link();
    let token = link.rsplit('/').next().unwrap();
    let shown = house.gatepost.show_link(token, Redeemer::default()).await;
    assert!(shown.is_ok(), "{shown:?}");
    worker.stops().await;
}
