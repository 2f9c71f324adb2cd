//! An email that waits while the rule changes says what is true when it is sent, and no dead link is sent.

use std::time::Duration;

use gatepost::domain::record::registration::RegistrationMode;
use tokio::sync::watch;

use super::{INSIDE, OUTSIDE, PASSWORD, add_account, by_domain, by_link, settings};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::mail::sink::{Act, Security, Sink, Stage, TakenMail};

both_doors! {
    a_registration_that_is_no_longer_possible_is_answered_that_there_is_no_account,
    a_change_of_address_that_is_no_longer_possible_sends_nothing_to_the_new_address,
}

/// Anyone can register, and the mail server takes no email until the test lets it.
async fn start() -> (App, Sink, watch::Sender<bool>) {
    let (recovers, recovered) = watch::channel(false);
    let sink = Sink::start(Security::None, move |moment| match moment.stage {
        Stage::Rcpt if !*recovered.borrow() => Act::say("451 4.7.1 greylisted, try again later"),
        _ => Act::Behave,
    })
    .await;
    let app = App::start_with_smtp_as(settings(RegistrationMode::Open), sink.port).await;
    (app, sink, recovers)
}

/// Waits until an email to this address was tried, which the rule then overtakes.
async fn overtake(app: &App, sink: &Sink, email: &str, recovers: &watch::Sender<bool>) {
    sink.until(|seen| seen.moments.iter().any(|it| it.stage == Stage::Rcpt && it.line.contains(email))).await;
    app.change_mode(by_domain());
    recovers.send(true).unwrap();
    while app.house.gatepost.has_letters().await.unwrap() {
        app.pass(Duration::from_mins(1)).await;
    }
}

async fn a_registration_that_is_no_longer_possible_is_answered_that_there_is_no_account(door: Door) {
    let (app, sink, recovers) = start().await;
    assert_eq!(app.caller(door).register(OUTSIDE, PASSWORD).await, Answer::Done);
    overtake(&app, &sink, OUTSIDE, &recovers).await;
    let titles: Vec<String> = app.received(&sink, OUTSIDE).iter().map(TakenMail::title).collect();
    assert!(
        !titles.is_empty() && titles.iter().all(|it| it.starts_with("There is no account")),
        "{titles:?}"
    );
}

async fn a_change_of_address_that_is_no_longer_possible_sends_nothing_to_the_new_address(door: Door) {
    let (app, sink, recovers) = start().await;
    add_account(&app, INSIDE).await;
    let mut ann = by_link(&app, door, INSIDE).await;
    assert_eq!(ann.change_email(OUTSIDE).await, Answer::Done);
    overtake(&app, &sink, OUTSIDE, &recovers).await;
    assert!(app.received(&sink, OUTSIDE).is_empty());
    // Its owner was notified of the request all the same.
    assert!(!app.received(&sink, INSIDE).is_empty());
}
