//! Confirming once more that it is the person who signed in.

use std::time::Duration;

use hyper::Method;

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::profile::{ANN, WAIT, registered};

both_doors! {
    requesting_again_after_a_wait_sends_the_same_code,
    a_code_entered_too_late_is_refused_as_expired,
    an_expired_request_for_a_code_offers_a_new_one_until_it_is_removed,
}

async fn requesting_again_after_a_wait_sends_the_same_code(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await.with_script(true);
    assert_eq!(ann.reauthenticate_by_mail(ANN).await, Answer::Done);
    let first = app.news_to(ANN).await.code.unwrap();
    // Sooner, it would be a double click.
    app.clock.advance(WAIT / 3);
    assert_eq!(ann.reauthenticate_by_mail(ANN).await, Answer::refused(429, "too_many_mails"));
    app.clock.advance(WAIT);
    assert_eq!(ann.reauthenticate_by_mail(ANN).await, Answer::Done);
    assert_eq!(app.news_to(ANN).await.code.unwrap().as_str(), first.as_str());
    assert_eq!(ann.type_code(first.as_str()).await, Answer::Done);
}

async fn a_code_entered_too_late_is_refused_as_expired(door: Door) {
    let app = App::start().await;
    for is_htmx in [false, true] {
        let mut ann = app.signed_in(door, ANN).await.with_script(is_htmx);
        ann.reauthenticate_by_mail(ANN).await;
        let code = app.news_to(ANN).await.code.unwrap();
        app.sweep_after(Duration::from_hours(1)).await;
        assert_eq!(ann.type_code(code.as_str()).await, Answer::refused(410, "invalid_request"));
        let said = ann.last.as_ref().unwrap().body.clone();
        assert!(said.contains("Request a new one."), "{said}");
        // Without scripts the page needs a link back.
        assert!(door == Door::Json || is_htmx || said.contains(r#"<a class="button" href="/profile">"#));
        assert_eq!(ann.resend().await, Answer::refused(410, "invalid_request"));
    }
}

/// Nothing is removed because of a clock that is ahead, so here the sweeper is not faster.
async fn an_expired_request_for_a_code_offers_a_new_one_until_it_is_removed(door: Door) {
    let app = App::start().await;
    for is_htmx in [false, true] {
        let mut ann = app.signed_in(door, ANN).await.with_script(is_htmx);
        ann.reauthenticate_by_mail(ANN).await;
        let code = app.news_to(ANN).await.code.unwrap();
        app.clock.set_ahead(Duration::from_hours(1));
        assert_eq!(ann.type_code(code.as_str()).await, Answer::refused(410, "invalid_request"));
        let said = ann.last.as_ref().unwrap().body.clone();
        let offer = r#"<a class="button" href="/reauthenticate">Get a new code</a>"#;
        assert!(said.contains(if door == Door::Json { "Request a new one." } else { offer }), "{said}");
        assert_eq!(ann.resend().await, Answer::refused(410, "invalid_request"));
        app.clock.set_back(Duration::from_hours(1));
    }
}

#[tokio::test]
async fn a_program_requests_a_code_without_a_body() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Json, ANN).await;
    let asked = ann.send(Method::POST, "/api/reauthenticate/mail", &[], "").await;
    assert_eq!(asked.status.as_u16(), 202, "{asked:?}");
    app.news_to(ANN).await;
    let plain = [("content-type", "text/plain")];
    let refused = ann.send(Method::POST, "/api/reauthenticate/mail", &plain, "{}").await;
    assert_eq!(refused.status.as_u16(), 415);
}
