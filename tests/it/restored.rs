//! A database that was restored brings back sessions that were ended since and links that were used since.
//! At the next start all of them end.

use std::time::Duration;

use gatepost::domain::Settings;

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    after_a_restore_no_session_and_no_link_works,
    after_a_restore_a_pending_registration_looks_alive_and_can_be_confirmed_again,
}

const ANN: &str = "ann@example.org";
const PASSWORD: &str = "three quiet otters";

async fn after_a_restore_no_session_and_no_link_works(door: Door) {
    let app = App::start().await;
    let ann = app.signed_in(door, ANN).await;
    let mut bob = app.caller(door);
    bob.ask("bob@example.org").await;
    let letter = app.letter_to("bob@example.org").await;
    app.note_restored().await;
    let app = app.restarted_as(Settings::default()).await;
    assert_eq!(ann.at(app.server).who().await, None);
    let mut bob = bob.at(app.server);
    // To its holder every request looks alike: only the link or the right code tells.
    let wrong = Answer::refused_field(422, "wrong_code", "code");
    assert_eq!(bob.type_code(&letter.wrong_code()).await, wrong);
    assert_eq!(bob.type_code(&letter.code).await, Answer::refused(410, "invalid_request"));
    assert_eq!(bob.follow(&letter.link).await, Answer::refused(410, "invalid_link"));
    // Asking again begins the next generation.
    app.clock.advance(Duration::from_secs(31));
    assert_eq!(bob.resend().await, Answer::Done);
    let letter = app.letter_to("bob@example.org").await;
    assert_eq!(bob.follow(&letter.link).await, Answer::Done);
    // The next start ends nothing more.
    let app = app.restarted_as(Settings::default()).await;
    assert_eq!(bob.at(app.server).who().await.as_deref(), Some("bob@example.org"));
}

async fn after_a_restore_a_pending_registration_looks_alive_and_can_be_confirmed_again(door: Door) {
    let app = App::start().await;
    let mut ann = app.caller(door);
    ann.register(ANN, PASSWORD).await;
    let old = app.letter_to(ANN).await;
    app.note_restored().await;
    let app = app.restarted_as(Settings::default()).await;
    let mut ann = ann.at(app.server);
    assert_eq!(ann.sign_in_with_password(ANN, PASSWORD).await, Answer::refused(403, "unconfirmed"));
    assert_eq!(ann.follow(&old.link).await, Answer::refused(410, "invalid_link"));
    app.clock.advance(Duration::from_secs(31));
    assert_eq!(ann.resend().await, Answer::Done);
    let letter = app.letter_to(ANN).await;
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
}
