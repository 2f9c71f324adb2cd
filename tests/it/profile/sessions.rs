//! Listing sessions, ending them, and exporting the stored data.

use std::time::Duration;

use gatepost::domain::ports::Clock;
use serde_json::{Value, json};

use super::{ANN, PASSWORD, also, registered};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    sessions_are_listed_and_ended_one_by_one,
    all_other_sessions_are_ended_at_once,
    a_person_cannot_end_another_persons_session,
    the_export_has_everything_stored_about_a_person,
    each_session_is_listed_with_device_address_and_times,
    the_last_use_is_written_at_most_every_five_minutes,
    a_device_gets_one_of_our_names_whatever_its_user_agent,
}

const A_MINUTE: Duration = Duration::from_mins(1);

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
    // Sooner, it would be the same form sent twice.
    app.clock.advance(Duration::from_secs(10));
    assert_eq!(ann.end_session(other).await, Answer::refused(404, "not_found"));
    let (own, _) = ann.sessions().await.pop().unwrap();
    assert_eq!(ann.end_session(&own).await, Answer::Done);
    assert_eq!(ann.who().await, None);
}

async fn all_other_sessions_are_ended_at_once(door: Door) {
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

async fn a_person_cannot_end_another_persons_session(door: Door) {
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

async fn the_export_has_everything_stored_about_a_person(door: Door) {
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
    assert_eq!(events, [("user_created", "success"), ("authn_login_fail", "failure")]);
    let text = export.to_string();
    for secret in [ann.session().as_str(), PASSWORD] {
        assert!(!text.contains(secret));
    }
}

async fn each_session_is_listed_with_device_address_and_times(door: Door) {
    const PHONE: &str = "Mozilla/5.0 (Android 16; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0";
    let app = App::start().await;
    let begun = app.clock.now();
    let mut ann = registered(&app, door, ANN).await;
    app.clock.advance(A_MINUTE);
    let mut phone = app.caller(door).with_agent(PHONE);
    assert_eq!(phone.sign_in_with_password(ANN, PASSWORD).await, Answer::Done);
    app.clock.advance(9 * A_MINUTE);
    assert!(ann.who().await.is_some());
    app.clock.advance(A_MINUTE);
    assert!(phone.who().await.is_some());
    assert_eq!(phone.reauthenticate(PASSWORD).await, Answer::Done);
    let at = |minutes: u32| begun.plus(minutes * A_MINUTE).to_string();
    let shown = |id: &Value, device: &str, [created, used, proven]: [u32; 3], is_current: bool| {
        json!({
            "id": id, "device": device, "ip": "127.0.0.1", "created_at": at(created),
            "last_used_at": at(used), "expires_at": at(created + 30 * 24 * 60),
            "recent_until": at(proven + 10), "current": is_current,
        })
    };
    let answer = ann.in_program().get("/api/profile/sessions").await.json();
    let sessions = answer["sessions"].as_array().unwrap();
    // The most recently used session comes first.
    let phones = shown(&sessions[0]["id"], "Firefox on Android", [1, 11, 11], false);
    let anns = shown(&sessions[1]["id"], "Firefox on Linux", [0, 10, 0], true);
    assert_eq!(*sessions, [phones, anns]);
    assert_eq!(ann.export().await["sessions"], answer["sessions"]);
    let page = ann.in_browser().get("/profile").await.body;
    let (_, list) = page.split_once("<ul class=\"devices\">").unwrap();
    let items: Vec<&str> = list.split_once("</ul>").unwrap().0.split("<li>").skip(1).collect();
    assert_eq!(items.len(), 2, "{list}");
    // This device is shown first.
    for (item, session) in items.iter().zip([&sessions[1], &sessions[0]]) {
        for value in ["device", "ip", "created_at", "last_used_at"] {
            assert!(item.contains(session[value].as_str().unwrap()), "{value} of {session}: {item}");
        }
        let is_here = session["current"] == true;
        assert_eq!(item.contains(">This device</span>"), is_here, "{item}");
    }
}

async fn the_last_use_is_written_at_most_every_five_minutes(door: Door) {
    let app = App::start().await;
    let begun = app.clock.now();
    let mut ann = registered(&app, door, ANN).await;
    let signed_in = app.session_records().await;
    for minutes in [1, 2] {
        app.clock.advance(minutes * A_MINUTE);
        assert!(ann.who().await.is_some());
        app.uses_written().await;
        assert_eq!(app.session_records().await, signed_in);
    }
    app.clock.advance(Duration::from_millis(2 * 60 * 1_000 - 1));
    assert!(ann.who().await.is_some());
    app.uses_written().await;
    assert_eq!(app.session_records().await, signed_in);
    app.clock.advance(Duration::from_millis(1));
    assert!(ann.who().await.is_some());
    let shown = ann.export().await["sessions"][0]["last_used_at"].clone();
    assert_eq!(shown, begun.plus(5 * A_MINUTE).to_string(), "it is shown before it is written");
    app.uses_written().await;
    let used = app.session_records().await;
    assert_ne!(used, signed_in);
    app.clock.advance(A_MINUTE);
    let shown = ann.export().await["sessions"][0]["last_used_at"].clone();
    assert_eq!(shown, begun.plus(5 * A_MINUTE).to_string());
    app.uses_written().await;
    assert_eq!(app.session_records().await, used, "once in five minutes");
}

async fn a_device_gets_one_of_our_names_whatever_its_user_agent(door: Door) {
    let app = App::start_unlimited().await;
    let begins = format!("Firefox/145.0 on Linux {}", "x".repeat(8_000));
    let ends = format!("{} Firefox/145.0 on Linux", "x".repeat(8_000));
    for (agent, device) in [
        ("", "Unknown device"),
        ("<script>alert(1)</script> Firefox/145.0", "Firefox"),
        ("Feuerfuchs größer 火狐", "Unknown device"),
        ("Firefox/145.0 größer 火狐 Linux", "Firefox on Linux"),
        (begins.as_str(), "Firefox on Linux"),
        (ends.as_str(), "Unknown device"),
    ] {
        let mut caller = app.caller(door).with_agent(agent);
        caller.ask(ANN).await;
        let letter = app.letter_to(ANN).await;
        assert_eq!(caller.follow(&letter.link).await, Answer::Done);
        let sessions = caller.in_program().get("/api/profile/sessions").await.json();
        let sessions = sessions["sessions"].as_array().unwrap();
        let here = sessions.iter().find(|session| session["current"] == true).unwrap();
        assert_eq!(here["device"], device, "{agent}");
        let page = caller.in_browser().get("/profile").await.body;
        assert!(page.contains(&format!("<strong>{device}</strong>")), "{page}");
        app.clock.advance(Duration::from_millis(1));
    }
}
