//! What is stored about an email that has ended: enough to see which kind fails at which mail host, and how
//! long emails take.

use std::time::Duration;

use gatepost::domain::record::event::{EndedEmail, EventName};
use gatepost::domain::record::letter::LetterKind;

use super::sink::{Act, Security, Sink, Stage};
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
        while app.house.gatepost.next_letter_due().await.unwrap().is_some() {
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
