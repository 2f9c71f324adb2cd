//! The account page.

use std::time::Duration;

use super::{count, forms_in_main, page};
use crate::harness::app::App;
use crate::harness::caller::{Answer, Door};
use crate::profile::{ANN, PASSWORD, WAIT, also, registered};

const NEW: &str = "new@example.org";
const TOO_SOON: &str = "We've just sent you an email.";

#[tokio::test]
async fn a_change_that_waits_can_be_gone_on_with_where_it_was_asked_for_and_elsewhere() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    let mut elsewhere = also(&app, Door::Pages, ANN, PASSWORD).await;
    assert_eq!(ann.change_email(NEW).await, Answer::Done);
    app.news_to(ANN).await;
    let first = app.letter_to(NEW).await;
    // The code is typed where it was asked for, alone; another letter is asked for anywhere.
    for (caller, places) in [(&mut ann, 1), (&mut elsewhere, 0)] {
        caller.get("/profile").await;
        assert_eq!(count(caller, r#"<a href="/check-inbox?request="#), places);
        assert_eq!(count(caller, r#"<input type="hidden" name="email" value="new@example.org">"#), 1);
    }
    for is_htmx in [false, true] {
        ann = ann.with_script(is_htmx);
        assert_eq!(ann.change_email(NEW).await, Answer::refused(429, "too_many_mails"));
        assert_eq!(count(&ann, TOO_SOON), 1);
        assert_eq!((count(&ann, "aria-invalid"), count(&ann, "autofocus")), (0, 0), "no field is wrong");
    }
    app.clock.advance(WAIT);
    assert_eq!(ann.change_email(NEW).await, Answer::Done);
    assert_eq!(app.letter_to(NEW).await.code, first.code);
    assert_eq!(elsewhere.change_email(NEW).await, Answer::Done);
    app.news_to(ANN).await;
    let second = app.letter_to(NEW).await;
    assert_eq!(elsewhere.type_code(&second.code).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(elsewhere.who().await.as_deref(), Some(NEW));
}

#[tokio::test]
async fn a_stale_sign_in_is_proven_first_whatever_was_sent() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    app.clock.advance(Duration::from_mins(10));
    ann.get("/profile").await;
    assert_eq!(forms_in_main(&ann), 0, "{}", page(&ann));
    assert_eq!(count(&ann, "It is <span class=\"address\">ann@example.org</span>."), 1);
    for path in ["/profile/password", "/profile/email", "/profile/delete", "/profile/sessions/x/end"] {
        let place = Some("/reauthenticate?next=%2Fprofile");
        ann = ann.with_script(false);
        let plain = ann.post_form(path, "").await;
        assert_eq!((plain.status.as_u16(), plain.header("location")), (303, place), "{path}");
        ann = ann.with_script(true);
        let asked = ann.post_form(path, "").await;
        assert_eq!((asked.status.as_u16(), asked.header("hx-redirect")), (403, place), "{path}");
    }
}

#[tokio::test]
async fn every_field_and_button_says_what_it_is_for() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    also(&app, Door::Pages, ANN, PASSWORD).await;
    let profile = ann.get("/profile").await.body;
    let (_, field) = profile.split_once("id=\"email-field\"").unwrap();
    let (field, _) = field.split_once("</div>").unwrap();
    assert!(field.contains(">New address</label>") && field.contains(r#"autocomplete="email""#), "{field}");
    let end = r#"aria-label="End Firefox on Linux, 1 January 2026, 00:00 UTC""#;
    assert_eq!(count(&ann, end), 1, "{profile}");
    let (_, main) = profile.split_once("<main").unwrap();
    let buttons = main.split("<button").skip(1);
    assert!(buttons.clone().count() >= 5);
    for button in buttons {
        assert!(button.split('>').next().unwrap().contains(" id=\""), "{button}");
    }
    assert_eq!(
        ann.post_form("/profile/password", "password=short&current_password=x").await.status.as_u16(),
        422
    );
    let wrong = ann.post_form("/profile/delete", "confirm=x").await.body;
    let (_, confirm) = wrong.split_once("id=\"confirm\"").unwrap();
    assert!(confirm.split('>').next().unwrap().contains(" autofocus"), "{confirm}");
}

/// What was done is read out by a region that was there before.
#[tokio::test]
async fn what_was_done_is_read_out_beside_what_is_replaced() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    ann.get("/profile").await;
    assert_eq!(count(&ann, r#"<p class="unseen" id="told" role="status"></p>"#), 1, "{}", page(&ann));
    let mut ann = ann.with_script(true);
    ann.remove_password().await;
    let told =
        r#"<p id="told" hx-swap-oob="innerHTML">Your password is gone: you sign in by mail from now on.</p>"#;
    assert_eq!(count(&ann, told), 1, "{}", page(&ann));
    app.news_to(ANN).await;
}
