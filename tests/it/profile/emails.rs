//! Every email about an account, as its reader gets it. The snapshots are reviewed by eye.

use gatepost::domain::ports::ShownLetter;

use super::{ANN, OTHER, PASSWORD, WAIT, registered};
use crate::harness::app::App;
use crate::harness::caller::{Answer, Door};
use crate::harness::engine::Engine;

const NEW: &str = "new@example.org";

/// Compares title, subject and both parts with a snapshot. Only the port differs from run to run, except where
/// actions are decided again by chance, each time with other links and codes.
fn keep(app: &App, name: &str, letter: &ShownLetter) {
    let shown =
        format!("Title: {}\nSubject: {}\n\n{}\n{}", letter.title, letter.subject, letter.text, letter.html);
    if Engine::named() != Some(Engine::Chaotic) {
        insta::assert_snapshot!(name, shown.replace(&app.server.port().to_string(), "8080"));
    }
    assert!(!letter.html.contains("src=") && !letter.html.contains("<img"), "{name}");
    let advice = ["If this wasn't you, ", "If you didn't request this, "];
    assert!(advice.iter().any(|advice| letter.text.contains(advice)), "{name}: what if it was someone else?");
    let longest = letter.text.lines().map(str::len).max();
    assert!(longest < Some(77), "{name}: {longest:?}");
}

#[tokio::test]
async fn emails_about_a_password_say_what_happened_to_it() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Json, ANN).await;
    assert_eq!(ann.change_password(OTHER, Some(PASSWORD)).await, Answer::Done);
    keep(&app, "password changed", &app.news_to(ANN).await);
    assert_eq!(ann.remove_password().await, Answer::Done);
    keep(&app, "password removed", &app.news_to(ANN).await);
    assert_eq!(ann.change_password(PASSWORD, None).await, Answer::Done);
    keep(&app, "password set", &app.news_to(ANN).await);
    ann.forgot_password(ANN).await;
    let reset = app.news_to(ANN).await;
    keep(&app, "reset the password", &reset);
    assert_eq!(ann.reset_by_code(reset.code.as_ref().unwrap().as_str(), OTHER).await, Answer::Done);
    keep(&app, "password reset", &app.news_to(ANN).await);
    ann.forgot_password(NEW).await;
    keep(&app, "no password to reset", &app.news_to(NEW).await);
}

#[tokio::test]
async fn emails_about_an_account_read_well() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Json, ANN).await;
    ann.reauthenticate_by_mail(ANN).await;
    keep(&app, "confirm it is you", &app.news_to(ANN).await);
    let mut bob = registered(&app, Door::Json, "bob@example.org").await;
    bob.change_email(ANN).await;
    app.news_to("bob@example.org").await;
    keep(&app, "someone wants your address", &app.news_to(ANN).await);
    app.clock.advance(WAIT);
    ann.change_email(NEW).await;
    keep(&app, "address about to change", &app.news_to(ANN).await);
    let confirm = app.news_to(NEW).await;
    keep(&app, "confirm the new address", &confirm);
    assert_eq!(ann.follow(&confirm.link.unwrap()).await, Answer::Done);
    let undo = app.news_to(ANN).await;
    keep(&app, "address changed", &undo);
    assert_eq!(ann.follow_deliberately(&undo.link.unwrap()).await, Answer::Done);
    let restored = app.news_to(ANN).await;
    keep(&app, "address restored", &restored);
    assert_eq!(app.news_to(NEW).await.text, restored.text, "both addresses are told the same");
    assert_eq!(bob.delete_account("delete").await, Answer::Done);
    keep(&app, "account deleted", &app.news_to("bob@example.org").await);
}
