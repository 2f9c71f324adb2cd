//! The matrix of what ends what: every change to an account against everything that was handed out
//! before it.

use super::{ANN, OTHER, PASSWORD, registered};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    whatever_changes_an_account_ends_all_that_was_handed_out,
}

#[derive(Clone, Copy, Debug)]
enum Change {
    PasswordChanged,
    PasswordRemoved,
    PasswordReset,
    EmailChanged,
    EmailRestored,
    OthersSignedOut,
    Disabled,
    Deleted,
}

const ALL: [Change; 8] = [
    Change::PasswordChanged,
    Change::PasswordRemoved,
    Change::PasswordReset,
    Change::EmailChanged,
    Change::EmailRestored,
    Change::OthersSignedOut,
    Change::Disabled,
    Change::Deleted,
];
const NEW: &str = "new@example.org";

async fn whatever_changes_an_account_ends_all_that_was_handed_out(door: Door) {
    for change in ALL {
        let app = App::start().await;
        let mut ann = registered(&app, door, ANN).await;
        let undo = match change {
            Change::EmailRestored => Some(readdress(&app, &mut ann, NEW).await),
            _ => None,
        };
        let email = if undo.is_some() { NEW } else { ANN };
        let mut session = app.caller(door);
        assert_eq!(session.sign_in_with_password(email, PASSWORD).await, Answer::Done);
        let (mut by_link, mut by_code, mut resetting) =
            (app.caller(door), app.caller(door), app.caller(door));
        by_link.ask(email).await;
        let link = app.letter_to(email).await;
        by_code.ask(email).await;
        let code = app.letter_to(email).await;
        resetting.forgot_password(email).await;
        let reset = app.letter_to(email).await;
        make(&app, change, &mut ann, undo).await;
        let gone = Answer::refused(410, "invalid_link");
        assert_eq!(session.who().await, None, "{change:?}: a session");
        assert_eq!(by_link.follow(&link.link).await, gone, "{change:?}: a link");
        let late = by_code.type_code(&code.code).await;
        assert_eq!(late, Answer::refused(410, "invalid_request"), "{change:?}: a code");
        assert_eq!(resetting.reset_by_link(&reset.link, OTHER).await, gone, "{change:?}: a reset");
        assert_eq!(resetting.who().await, None, "{change:?}");
    }
}

/// Changes the address, and gives the link that undoes it.
async fn readdress(app: &App, ann: &mut Caller, email: &str) -> String {
    assert_eq!(ann.change_email(email).await, Answer::Done);
    app.news_to(ANN).await;
    let letter = app.letter_to(email).await;
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    app.news_to(ANN).await.link.unwrap()
}

async fn make(app: &App, change: Change, ann: &mut Caller, undo: Option<String>) {
    match change {
        Change::PasswordChanged => {
            assert_eq!(ann.change_password(OTHER, Some(PASSWORD)).await, Answer::Done);
            app.news_to(ANN).await;
        }
        Change::PasswordRemoved => {
            assert_eq!(ann.remove_password().await, Answer::Done);
            app.news_to(ANN).await;
        }
        Change::PasswordReset => {
            let mut elsewhere = app.caller(ann.door);
            elsewhere.forgot_password(ANN).await;
            let letter = app.letter_to(ANN).await;
            assert_eq!(elsewhere.reset_by_link(&letter.link, OTHER).await, Answer::Done);
            app.news_to(ANN).await;
        }
        Change::EmailChanged => _ = readdress(app, ann, NEW).await,
        Change::EmailRestored => {
            let mut owner = app.caller(ann.door);
            assert_eq!(owner.follow_deliberately(&undo.unwrap()).await, Answer::Done);
            app.news_to(ANN).await;
            app.news_to(NEW).await;
        }
        Change::OthersSignedOut => assert_eq!(ann.end_other_sessions().await, Answer::Done),
        Change::Disabled => app.disable(ANN).await,
        Change::Deleted => {
            assert_eq!(ann.delete_account("delete").await, Answer::Done);
            app.news_to(ANN).await;
        }
    }
}
