//! The email about a sign-in on a new device, and how many of them there are.

use std::time::Duration;

use super::emails_of;
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::harness::engine::Engine;
use crate::profile::{ANN, PASSWORD, registered};

both_doors! {
    a_fourth_email_in_a_day_is_not_sent,
    sign_ins_at_once_cause_three_emails,
}

/// Only the port differs from run to run, except where actions are decided again by chance, each time with other
/// links.
#[tokio::test]
async fn it_says_when_and_where_and_what_to_do() {
    let app = App::start().await;
    registered(&app, Door::Json, ANN).await;
    app.clock.advance(Duration::from_mins(83));
    let mut stranger =
        app.caller(Door::Json).with_agent("<b>Mozilla/5.0 (Macintosh; Mac OS X) Firefox/145.0");
    let email = emails_of(&app, &mut stranger).await.remove(0);
    let shown =
        format!("Title: {}\nSubject: {}\n\n{}\n{}", email.title, email.subject, email.text, email.html);
    if Engine::named() != Some(Engine::Chaotic) {
        let shown = shown.replace(&app.server.port().to_string(), "8080");
        insta::assert_snapshot!("new device", shown);
    }
    assert_eq!((email.to.as_str(), email.code), (ANN, None));
    assert!(email.text.contains("Firefox on macOS, from 127.0.0.1, on 1 January 2026, 01:23 UTC."));
    assert!(email.text.lines().all(|line| line.len() < 77), "{}", email.text);
    let link = email.link.unwrap();
    assert_eq!(email.text.lines().filter(|line| *line == link).count(), 1);
    assert!(!shown.contains("Mozilla"), "nothing that a stranger sends");
}

/// The address is spelled as its owner spelled it, not as whoever signs in does.
#[tokio::test]
async fn it_goes_to_the_address_of_the_account() {
    let app = App::start().await;
    registered(&app, Door::Json, "Ann@example.org").await;
    let mut stranger = app.caller(Door::Json);
    assert_eq!(stranger.sign_in_with_password("ANN@EXAMPLE.ORG", PASSWORD).await, Answer::Done);
    let emails = app.device_emails().await;
    assert_eq!(emails.iter().map(|email| email.to.as_str()).collect::<Vec<_>>(), ["Ann@example.org"]);
}

async fn a_fourth_email_in_a_day_is_not_sent(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    let mut sent = Vec::new();
    for _ in 0..5 {
        sent.push(emails_of(&app, &mut app.caller(door)).await.len());
        app.clock.advance(Duration::from_hours(1));
    }
    assert_eq!(sent, [1, 1, 1, 0, 0]);
    // 24 hours after the first one there is room for one.
    app.clock.advance(Duration::from_hours(24 - 5));
    assert_eq!(emails_of(&app, &mut app.caller(door)).await.len(), 1);
    assert!(emails_of(&app, &mut app.caller(door)).await.is_empty());
}

/// A program that signs in often uses up only the emails about programs.
#[tokio::test]
async fn browsers_and_programs_are_counted_apart() {
    let app = App::start().await;
    registered(&app, Door::Json, ANN).await;
    for door in [Door::Json, Door::Pages] {
        for expected in [1, 1, 1, 0] {
            assert_eq!(emails_of(&app, &mut app.caller(door)).await.len(), expected, "{door:?}");
        }
    }
}

async fn sign_ins_at_once_cause_three_emails(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    let before = app.session_records().await.len();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let mut caller = app.caller(door);
            tokio::spawn(async move { caller.sign_in_with_password(ANN, PASSWORD).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Answer::Done);
    }
    assert_eq!(app.session_records().await.len(), before + 8);
    assert_eq!(app.device_emails().await.len(), 3);
}
