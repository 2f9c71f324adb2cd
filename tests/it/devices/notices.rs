//! Turning the emails about new devices on and off.

use std::time::Duration;

use super::emails_of;
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::profile::{ANN, registered};

both_doors! {
    turned_off_no_sign_in_causes_an_email,
    turning_them_off_takes_a_recent_sign_in,
    only_yes_and_no_turn_them_on_and_off,
    turning_them_off_twice_writes_one_event,
    the_account_and_its_export_say_whether_they_are_on,
}

const PATH: &str = "/profile/notices";

async fn turn(caller: &mut Caller, new_device: &str) -> Answer {
    caller.act(PATH, &[("new_device", new_device.to_owned())]).await
}

async fn turned_off_no_sign_in_causes_an_email(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    assert_eq!(turn(&mut ann, "no").await, Answer::Done);
    assert!(emails_of(&app, &mut app.caller(door)).await.is_empty());
    assert_eq!(turn(&mut ann, "yes").await, Answer::Done);
    assert_eq!(emails_of(&app, &mut app.caller(door)).await.len(), 1);
}

async fn turning_them_off_takes_a_recent_sign_in(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    assert_eq!(turn(&mut app.caller(door), "no").await, Answer::refused(401, "sign_in_required"));
    app.clock.advance(Duration::from_mins(10));
    assert_eq!(turn(&mut ann, "no").await, Answer::refused(403, "recent_sign_in_required"));
    assert_eq!(emails_of(&app, &mut app.caller(door)).await.len(), 1);
}

async fn only_yes_and_no_turn_them_on_and_off(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    for value in ["", "off", "YES", "1", "yes\n"] {
        let answer = turn(&mut ann, value).await;
        assert_eq!(answer, Answer::refused_field(422, "invalid_field", "new_device"), "{value:?}");
    }
    assert_eq!(ann.act(PATH, &[]).await, Answer::refused_field(422, "missing_field", "new_device"));
    assert_eq!(emails_of(&app, &mut app.caller(door)).await.len(), 1);
}

async fn turning_them_off_twice_writes_one_event(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    for _ in 0..2 {
        assert_eq!(turn(&mut ann, "no").await, Answer::Done);
    }
    assert_eq!(turn(&mut ann, "yes").await, Answer::Done);
    let page = ann.in_browser().get("/profile").await.body;
    for sentence in ["Emails about new devices turned off.", "Emails about new devices turned on."] {
        assert_eq!(page.matches(sentence).count(), 1, "{page}");
    }
    app.expect_events_in_the_commits_of_their_acts().await;
}

async fn the_account_and_its_export_say_whether_they_are_on(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    for (turned, is_on, sentence) in [
        ("yes", true, "We email you when someone signs in with your password on a new device."),
        ("no", false, "You get no email when someone signs in on a new device."),
    ] {
        assert_eq!(turn(&mut ann, turned).await, Answer::Done);
        assert_eq!(ann.export().await["account"]["new_device_emails"], is_on);
        let profile = ann.in_program().get("/api/profile").await.json();
        assert_eq!(profile["account"]["new_device_emails"], is_on);
        assert!(ann.in_browser().get("/profile").await.body.contains(sentence));
    }
}

/// The row says what was done, in the place of the page that htmx replaces.
#[tokio::test]
async fn the_row_of_the_account_page_changes_with_them() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await.with_script(true);
    assert_eq!(turn(&mut ann, "no").await, Answer::Done);
    let fragment = ann.last.as_ref().unwrap().body.clone();
    assert!(fragment.contains("Turn these emails on"), "{fragment}");
    assert!(
        fragment.contains(
            "<p class=\"notice\" tabindex=\"-1\" autofocus>Emails about new devices turned off.</p>"
        )
    );
    assert_eq!(turn(&mut ann, "maybe").await, Answer::refused_field(422, "invalid_field", "new_device"));
    assert!(ann.last.as_ref().unwrap().body.contains("This value isn't valid."));
}
