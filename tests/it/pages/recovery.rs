//! The pages of a forgotten password, signed out and signed in.

use super::{count, page};
use crate::harness::app::App;
use crate::harness::caller::{Answer, Door};
use crate::profile::{ANN, OTHER, also, registered};

#[tokio::test]
async fn a_signed_in_person_can_reset_a_forgotten_password() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    ann.get("/profile").await;
    assert_eq!(count(&ann, r#"<a href="/forgot-password?next=%2Fprofile">"#), 1);
    ann.get("/forgot-password").await;
    assert_eq!(count(&ann, r#"value="ann@example.org""#), 1, "{}", page(&ann));
    assert_eq!(ann.forgot_password(ANN).await, Answer::Done);
    let letter = app.letter_to(ANN).await;
    ann.get("/check-inbox").await;
    assert_eq!(
        (count(&ann, "id=\"code\""), count(&ann, "Signing in here will sign you out of that account.")),
        (1, 0)
    );
    // The same length is required here as with the link.
    assert_eq!(count(&ann, "At least 12 characters."), 1, "{}", page(&ann));
    ann.look_at(&letter.link).await;
    assert_eq!(
        (
            count(&ann, "At least 12 characters."),
            count(&ann, "Signing in here will sign you out of that account.")
        ),
        (1, 0)
    );
    assert_eq!(ann.reset_by_code(&letter.code, OTHER).await, Answer::Done);
    app.news_to(ANN).await;
    also(&app, Door::Pages, ANN, OTHER).await;
}

#[tokio::test]
async fn resetting_the_password_of_another_account_says_which_account_is_left() {
    let app = App::start().await;
    registered(&app, Door::Pages, ANN).await;
    let mut bob = registered(&app, Door::Pages, "bob@example.org").await;
    assert_eq!(bob.forgot_password(ANN).await, Answer::Done);
    let letter = app.letter_to(ANN).await;
    bob.get("/check-inbox").await;
    assert_eq!(count(&bob, "You're signed in as <strong class=\"address\">bob@example.org</strong>."), 1);
    bob.look_at(&letter.link).await;
    assert_eq!(count(&bob, "Signing in here will sign you out of that account."), 1);
}

#[tokio::test]
async fn a_wrong_password_still_shows_the_way_to_a_new_one() {
    let app = App::start().await;
    for is_htmx in [false, true] {
        let mut ann = app.caller(Door::Pages).with_script(is_htmx);
        ann.sign_in_with_password(ANN, "not mine at all").await;
        assert_eq!(count(&ann, r#"href="/forgot-password""#), 1, "{}", page(&ann));
    }
}
