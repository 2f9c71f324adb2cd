//! Where somebody is signed in, ending that elsewhere, and what is known of a person.

use std::time::Duration;

use super::{ANN, PASSWORD, also, registered};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    sessions_are_listed_and_ended_one_by_one,
    all_others_are_ended_at_once,
    nobody_ends_a_session_of_somebody_else,
    a_person_takes_out_what_is_known_of_them,
}

async fn sessions_are_listed_and_ended_one_by_one(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    let mut elsewhere = also(&app, door, ANN, PASSWORD).await;
    let sessions = ann.sessions().await;
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions.iter().filter(|(_, is_current)| *is_current).count(), 1);
    let (other, _) = sessions.iter().find(|(_, is_current)| !is_current).unwrap();
    assert_eq!(ann.end_session(other).await, Answer::Done);
    assert_eq!(elsewhere.who().await, None);
    assert_eq!(ann.end_session(other).await, Answer::refused(404, "not_found"));
    let (own, _) = ann.sessions().await.pop().unwrap();
    assert_eq!(ann.end_session(&own).await, Answer::Done);
    assert_eq!(ann.who().await, None);
}

async fn all_others_are_ended_at_once(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    let mut others = vec![also(&app, door, ANN, PASSWORD).await, also(&app, door, ANN, PASSWORD).await];
    let stolen = ann.clone();
    let mut waiting = app.caller(door);
    waiting.ask(ANN).await;
    let letter = app.letter_to(ANN).await;
    assert_eq!(ann.end_other_sessions().await, Answer::Done);
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
    others.push(stolen);
    for mut other in others {
        assert_eq!(other.who().await, None);
    }
    assert_eq!(waiting.follow(&letter.link).await, Answer::refused(410, "invalid_link"));
    assert_eq!(ann.sessions().await.len(), 1);
}

async fn nobody_ends_a_session_of_somebody_else(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    let mut bob = registered(&app, door, "bob@example.org").await;
    let (anns, _) = ann.sessions().await.pop().unwrap();
    for id in [anns.as_str(), "nonsense", "0"] {
        assert_eq!(bob.end_session(id).await, Answer::refused(404, "not_found"), "{id}");
    }
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
    assert_eq!(app.caller(door).end_session(&anns).await, Answer::refused(401, "sign_in_required"));
}

async fn a_person_takes_out_what_is_known_of_them(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    app.clock.advance(Duration::from_millis(1));
    app.caller(door).sign_in_with_password(ANN, "not my password").await;
    let export = ann.export().await;
    assert_eq!(export["account"]["email"], ANN);
    assert_eq!(export["sessions"][0]["current"], true);
    let events: Vec<(&str, &str)> = export["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (event["name"].as_str().unwrap(), event["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(events, [("authn_login_fail", "failure"), ("user_created", "success")]);
    let text = export.to_string();
    for secret in [ann.session().as_str(), PASSWORD] {
        assert!(!text.contains(secret));
    }
}
