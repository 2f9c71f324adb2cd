//! Every letter about an account, as its reader has it: kept as files to be reviewed.

use gatepost::domain::ports::ShownLetter;

use super::{ANN, OTHER, PASSWORD, WAIT, registered};
use crate::harness::app::App;
use crate::harness::caller::{Answer, Door};

const NEW: &str = "new@example.org";

/// Both parts, and the subject above them. Only the port differs from run to run.
fn keep(app: &App, name: &str, letter: &ShownLetter) {
    let shown = format!("Subject: {}\n\n{}\n{}", letter.subject, letter.text, letter.html);
    insta::assert_snapshot!(name, shown.replace(&app.server.port().to_string(), "8080"));
    // Nothing a stranger typed, and nothing to be fetched.
    assert!(!letter.html.contains("src=") && !letter.html.contains("<img"), "{name}");
    let longest = letter.text.lines().map(str::len).max();
    assert!(longest < Some(77), "{name}: {longest:?}");
}

#[tokio::test]
async fn letters_about_an_account_read_well() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Json, ANN).await;
    ann.change_password(OTHER, Some(PASSWORD)).await;
    keep(&app, "the password has changed", &app.news_to(ANN).await);
    ann.reauthenticate_by_mail(ANN).await;
    keep(&app, "your code", &app.news_to(ANN).await);
    let mut forgetful = app.caller(Door::Json);
    forgetful.forgot_password(ANN).await;
    keep(&app, "reset the password", &app.news_to(ANN).await);
    forgetful.forgot_password("nobody@example.org").await;
    keep(&app, "nothing to reset", &app.news_to("nobody@example.org").await);
    let mut bob = registered(&app, Door::Json, "bob@example.org").await;
    bob.change_email(ANN).await;
    app.news_to("bob@example.org").await;
    keep(&app, "somebody wants your address", &app.news_to(ANN).await);
    app.clock.advance(WAIT);
    ann.change_email(NEW).await;
    keep(&app, "the address is about to change", &app.news_to(ANN).await);
    let confirm = app.news_to(NEW).await;
    keep(&app, "confirm the new address", &confirm);
    assert_eq!(ann.follow(&confirm.link.unwrap()).await, Answer::Done);
    let undo = app.news_to(ANN).await;
    keep(&app, "the address has changed", &undo);
    assert_eq!(ann.follow_deliberately(&undo.link.unwrap()).await, Answer::Done);
    keep(&app, "the address was restored", &app.news_to(ANN).await);
    app.news_to(NEW).await;
    assert_eq!(bob.delete_account("delete").await, Answer::Done);
    keep(&app, "the account was deleted", &app.news_to("bob@example.org").await);
}
