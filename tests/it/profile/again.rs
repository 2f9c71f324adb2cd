//! Requesting a change of address again.

use super::{ANN, WAIT, registered};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    requesting_a_change_again_sends_one_more_email_and_no_second_notice,
    a_cancelled_change_starts_a_new_request,
    a_superseded_change_starts_a_new_request,
    a_change_is_confirmed_in_another_session_of_the_account,
}

const NEW: &str = "new@example.org";
const THIRD: &str = "third@example.org";

fn over() -> Answer {
    Answer::refused(410, "invalid_request")
}

async fn requesting_a_change_again_sends_one_more_email_and_no_second_notice(door: Door) {
    let app = App::start_unlimited().await;
    let mut ann = registered(&app, door, ANN).await;
    assert_eq!(ann.change_email(NEW).await, Answer::Done);
    app.news_to(ANN).await;
    let first = app.letter_to(NEW).await;
    for is_asked in [false, true] {
        app.clock.advance(WAIT);
        let answer = if is_asked { ann.change_email(NEW).await } else { ann.resend().await };
        assert_eq!(answer, Answer::Done);
        let again = app.letter_to(NEW).await;
        assert_eq!((&again.link, &again.code), (&first.link, &first.code));
        app.expect_no_letter().await;
        app.clock.advance(WAIT / 2);
        for answer in [ann.resend().await, ann.change_email(NEW).await] {
            assert_eq!(answer, Answer::refused(429, "too_many_mails"));
            assert_eq!(ann.last.as_ref().unwrap().header("retry-after"), Some("15"));
        }
        app.expect_no_letter().await;
    }
    assert_eq!(ann.type_code(&first.code).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(ann.who().await.as_deref(), Some(NEW));
}

async fn a_cancelled_change_starts_a_new_request(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    assert_eq!(ann.change_email(NEW).await, Answer::Done);
    app.news_to(ANN).await;
    let first = app.letter_to(NEW).await;
    assert_eq!(ann.cancel_email_change().await, Answer::Done);
    app.clock.advance(WAIT);
    assert_eq!(ann.resend().await, over());
    app.expect_no_letter().await;
    assert_eq!(ann.change_email(NEW).await, Answer::Done);
    app.news_to(ANN).await;
    let second = app.letter_to(NEW).await;
    assert_ne!((&second.link, &second.code), (&first.link, &first.code));
    assert_eq!(ann.follow(&first.link).await, Answer::refused(410, "invalid_link"));
    assert_eq!(ann.follow(&second.link).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(ann.who().await.as_deref(), Some(NEW));
}

async fn a_superseded_change_starts_a_new_request(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    assert_eq!(ann.change_email(NEW).await, Answer::Done);
    app.news_to(ANN).await;
    let first = app.letter_to(NEW).await;
    // Another tab, which is still waiting for the first one.
    let mut kept = ann.clone();
    assert_eq!(ann.change_email(THIRD).await, Answer::Done);
    app.news_to(ANN).await;
    let third = app.letter_to(THIRD).await;
    app.clock.advance(WAIT);
    assert_eq!(kept.resend().await, over());
    app.expect_no_letter().await;
    assert_eq!(kept.change_email(NEW).await, Answer::Done);
    app.news_to(ANN).await;
    let second = app.letter_to(NEW).await;
    assert_ne!((&second.link, &second.code), (&first.link, &first.code));
    assert_eq!(ann.follow(&third.link).await, Answer::refused(410, "invalid_link"));
    assert_eq!(ann.type_code(&third.code).await, over());
    assert_eq!(kept.type_code(&second.code).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(kept.who().await.as_deref(), Some(NEW));
}

async fn a_change_is_confirmed_in_another_session_of_the_account(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    app.clock.advance(WAIT);
    let mut elsewhere = app.signed_in(door, ANN).await;
    assert_eq!(ann.change_email(NEW).await, Answer::Done);
    app.news_to(ANN).await;
    let letter = app.letter_to(NEW).await;
    // In the browser that requested it the page submits itself. In any other the person presses the button.
    for (caller, posts_itself) in [(&mut ann, true), (&mut elsewhere, false)] {
        assert_eq!(caller.look_at(&letter.link).await, Answer::Done);
        if door == Door::Pages {
            let page = &caller.last.as_ref().unwrap().body;
            assert!(page.contains("Confirm new address</button>"), "{page}");
            assert_eq!(page.contains("data-post-once"), posts_itself, "{page}");
        }
    }
    assert_eq!(elsewhere.follow_deliberately(&letter.link).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(elsewhere.who().await.as_deref(), Some(NEW));
    assert_eq!(ann.who().await, None);
}
