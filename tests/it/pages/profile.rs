//! The account page.

use std::time::Duration;

use super::{count, forms_in_main, page};
use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door};
use crate::profile::{ANN, PASSWORD, WAIT, also, registered};

const NEW: &str = "new@example.org";
const TOO_SOON: &str = "We've just sent you an email.";

#[tokio::test]
async fn a_pending_change_of_address_can_be_continued_in_any_browser() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    let mut elsewhere = also(&app, Door::Pages, ANN, PASSWORD).await;
    assert_eq!(ann.change_email(NEW).await, Answer::Done);
    app.news_to(ANN).await;
    let first = app.letter_to(NEW).await;
    // The code can be entered only in the browser that requested it. Another email can be sent from any.
    for (caller, places) in [(&mut ann, 1), (&mut elsewhere, 0)] {
        caller.get("/profile").await;
        assert_eq!(count(caller, r#"<a href="/check-inbox?request="#), places);
        assert_eq!(count(caller, r#"<input type="hidden" name="email" value="new@example.org">"#), 1);
    }
    // Sooner, it would be the same form sent twice.
    app.clock.advance(Duration::from_secs(10));
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
async fn every_form_asks_for_a_recent_sign_in_first() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    app.clock.advance(Duration::from_mins(10));
    ann.get("/profile").await;
    assert_eq!(forms_in_main(&ann), 0, "{}", page(&ann));
    assert_eq!(count(&ann, r#"<p class="value"><strong class="address">ann@example.org</strong></p>"#), 1);
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
async fn every_field_and_button_has_a_label_of_its_own() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    also(&app, Door::Pages, ANN, PASSWORD).await;
    let profile = ann.get("/profile").await.body;
    let (_, field) = profile.split_once("id=\"email-field\"").unwrap();
    let (field, _) = field.split_once("</div>").unwrap();
    assert!(
        field.contains(">New email address</label>") && field.contains(r#"autocomplete="email""#),
        "{field}"
    );
    let end = r#"aria-label="Sign out Firefox on Linux, signed in on 1 January 2026, 00:00 UTC""#;
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

/// Otherwise the focus would be lost with the form, and a screen reader would say nothing.
#[tokio::test]
async fn the_notice_takes_the_focus() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await.with_script(true);
    ann.remove_password().await;
    let notice = r#"<p class="notice" tabindex="-1" autofocus>Password removed. From now on you sign in by email.</p>"#;
    assert_eq!(count(&ann, notice), 1, "{}", page(&ann));
    app.news_to(ANN).await;
}

#[tokio::test]
async fn this_device_comes_first_and_deleting_the_account_last() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    app.clock.advance(Duration::from_mins(6));
    let mut phone = also(&app, Door::Pages, ANN, PASSWORD).await.with_agent("Firefox/145.0 on Android");
    phone.get("/profile").await;
    ann.get("/profile").await;
    let place = |text: &str| page(&ann).find(text).unwrap_or_else(|| panic!("no {text}"));
    assert!(place("This device") < place("aria-label=\"Sign out "));
    let rows =
        ["Email address", "Password", "Signed-in devices", "Your data", "Recent activity", "Delete account"];
    assert!(rows.map(|row| place(&format!("<h2>{row}</h2>"))).is_sorted(), "{}", page(&ann));
}

#[tokio::test]
async fn a_form_is_folded_away_until_something_in_it_is_wrong() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    ann.get("/profile").await;
    let open = |caller: &Caller| {
        ["edit-email", "edit-password", "delete-account"]
            .map(|id| count(caller, &format!(r#"<details class="change" id="{id}" open>"#)))
    };
    assert_eq!(open(&ann), [0, 0, 0], "{}", page(&ann));
    for is_htmx in [false, true] {
        ann = ann.with_script(is_htmx);
        ann.change_email("no address").await;
        assert_eq!(open(&ann), [1, 0, 0]);
        ann.change_password("seven loud geese", Some("not it")).await;
        assert_eq!(open(&ann), [0, 1, 0]);
        ann.delete_account("no").await;
        assert_eq!(open(&ann), [0, 0, 1]);
    }
}

#[tokio::test]
async fn a_long_address_breaks_only_between_its_parts() {
    let app = App::start().await;
    let local = format!("{}.lee", "a".repeat(60));
    let mut ann = registered(&app, Door::Pages, &format!("{local}@example.org")).await;
    ann.get("/profile").await;
    let parts =
        format!("<strong class=\"address\">{}.<wbr>lee@<wbr>example.<wbr>org</strong>", "a".repeat(60));
    assert_eq!(count(&ann, &parts), 1, "{}", page(&ann));
}
