//! Opening a link: who can redeem it, how often, and until when.

use std::collections::HashSet;
use std::time::Duration;

use hyper::Method;

use crate::harness::app::{App, without_random_values};
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door, path_of};

both_doors! {
    opening_a_link_changes_nothing,
    another_browser_has_to_act_deliberately,
    a_link_signs_in_once,
    the_requester_gets_the_same_response_again_for_a_minute,
    a_registration_gets_the_same_response_again_for_a_minute,
    a_requester_does_not_get_the_session_of_a_browser_that_was_first,
    a_used_link_leads_on_where_its_session_is_alive,
    a_link_works_for_ten_minutes_after_its_email_was_sent,
    all_dead_links_get_the_same_page,
    using_a_request_voids_earlier_ones,
    using_a_request_keeps_later_ones,
    signing_in_again_ends_the_previous_session,
    other_tokens_open_no_link,
}

const GONE: &str = "invalid_link";

async fn opening_a_link_changes_nothing(door: Door) {
    let app = App::start().await;
    let (mut ann, mut scanner) = (app.caller(door), app.caller(door));
    ann.ask("ann@example.org").await;
    let letter = app.letter_to("ann@example.org").await;
    let path =
        if door == Door::Json { format!("/api{}", path_of(&letter.link)) } else { path_of(&letter.link) };
    for _ in 0..20 {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            scanner.send(method.clone(), &path, &[("sec-purpose", "prefetch")], "").await;
            ann.send(method, &path, &[("sec-purpose", "prefetch")], "").await;
        }
    }
    assert_eq!((ann.who().await, scanner.who().await), (None, None));
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
}

async fn another_browser_has_to_act_deliberately(door: Door) {
    let app = App::start().await;
    let (mut ann, mut elsewhere) = (app.caller(door), app.caller(door));
    ann.ask("ann@example.org").await;
    let letter = app.letter_to("ann@example.org").await;
    let missing = Answer::refused_field(422, "confirmation_required", "confirm");
    assert_eq!(elsewhere.follow(&letter.link).await, missing);
    let no = [("confirm", "no".to_owned())];
    assert_eq!(elsewhere.act(&path_of(&letter.link), &no).await, missing);
    // Another request of this browser proves nothing.
    elsewhere.ask("bob@example.org").await;
    app.letter_to("bob@example.org").await;
    assert_eq!(elsewhere.follow(&letter.link).await, missing);
    assert_eq!(elsewhere.who().await, None);
    assert_eq!(elsewhere.follow_deliberately(&letter.link).await, Answer::Done);
    assert_eq!(elsewhere.who().await.as_deref(), Some("ann@example.org"));
}

async fn a_link_signs_in_once(door: Door) {
    let app = App::start().await;
    let (mut one, mut two) = (app.caller(door), app.caller(door));
    let mut ann = app.caller(door);
    ann.ask("ann@example.org").await;
    let letter = app.letter_to("ann@example.org").await;
    assert_eq!(one.follow_deliberately(&letter.link).await, Answer::Done);
    assert_eq!(two.follow_deliberately(&letter.link).await, Answer::refused(410, GONE));
    assert_eq!(two.look_at(&letter.link).await, Answer::refused(410, GONE));
    assert_eq!(two.who().await, None);
}

async fn the_requester_gets_the_same_response_again_for_a_minute(door: Door) {
    let app = App::start().await;
    let mut ann = app.caller(door);
    ann.ask("ann@example.org").await;
    let letter = app.letter_to("ann@example.org").await;
    let lost = ann.clone();
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    app.clock.advance(Duration::from_secs(59));
    // The response was lost. The requester sends the link or the code once more.
    let (mut by_link, mut by_code) = (lost.clone(), lost.clone());
    if door == Door::Pages {
        // A program sends no request when it looks up a link, so it is not recognised.
        assert_eq!(by_link.look_at(&letter.link).await, Answer::Done);
    }
    assert_eq!(by_link.follow(&letter.link).await, Answer::Done);
    assert_eq!(by_code.type_code(&letter.code).await, Answer::Done);
    let sessions: HashSet<String> = [&ann, &by_link, &by_code].map(Caller::session).into();
    assert_eq!(sessions.len(), 1);
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(lost.clone().follow(&letter.link).await, Answer::refused(410, GONE));
    assert_eq!(lost.clone().type_code(&letter.code).await, Answer::refused(410, "invalid_request"));
    // It no longer works once that session has ended.
    let mut again = app.caller(door);
    again.ask("ann@example.org").await;
    let letter = app.letter_to("ann@example.org").await;
    let mut lost = again.clone();
    again.follow(&letter.link).await;
    again.sign_out().await;
    assert_eq!(lost.follow(&letter.link).await, Answer::refused(410, GONE));
}

async fn a_registration_gets_the_same_response_again_for_a_minute(door: Door) {
    for by_code in [false, true] {
        let app = App::start().await;
        let mut ann = app.caller(door);
        ann.register("ann@example.org", "three quiet otters").await;
        let letter = app.letter_to("ann@example.org").await;
        let lost = ann.clone();
        let answer = if by_code { ann.type_code(&letter.code).await } else { ann.follow(&letter.link).await };
        assert_eq!(answer, Answer::Done);
        app.clock.advance(Duration::from_secs(59));
        let (mut by_link, mut by_code) = (lost.clone(), lost.clone());
        assert_eq!(by_link.follow(&letter.link).await, Answer::Done);
        assert_eq!(by_code.type_code(&letter.code).await, Answer::Done);
        let sessions: HashSet<String> = [&ann, &by_link, &by_code].map(Caller::session).into();
        assert_eq!(sessions.len(), 1);
        assert!(by_link.has_password().await);
        assert_eq!((app.accounts().await, app.records().await.sessions), (1, 1));
        app.clock.advance(Duration::from_secs(1));
        assert_eq!(lost.clone().follow(&letter.link).await, Answer::refused(410, GONE));
        assert_eq!(lost.clone().type_code(&letter.code).await, Answer::refused(410, "invalid_request"));
    }
}

/// Anyone can request an email for someone else's address, and then holds its request.
async fn a_requester_does_not_get_the_session_of_a_browser_that_was_first(door: Door) {
    for registers in [false, true] {
        let app = App::start().await;
        let (mut stranger, mut ann) = (app.caller(door), app.caller(door));
        if registers {
            stranger.register("ann@example.org", "three quiet otters").await;
        } else {
            stranger.ask("ann@example.org").await;
        }
        let letter = app.letter_to("ann@example.org").await;
        assert_eq!(ann.follow_deliberately(&letter.link).await, Answer::Done);
        assert_eq!(stranger.look_at(&letter.link).await, Answer::refused(410, GONE));
        assert_eq!(stranger.follow(&letter.link).await, Answer::refused(410, GONE));
        assert_eq!(stranger.follow_deliberately(&letter.link).await, Answer::refused(410, GONE));
        assert_eq!(stranger.type_code(&letter.code).await, Answer::refused(410, "invalid_request"));
        assert_eq!(stranger.who().await, None);
        // A double click in the browser that was first still does no harm.
        assert_eq!(ann.follow_deliberately(&letter.link).await, Answer::Done);
        assert_eq!(ann.who().await.as_deref(), Some("ann@example.org"));
        assert_eq!(app.records().await.sessions, 1);
    }
}

async fn a_used_link_leads_on_where_its_session_is_alive(door: Door) {
    let app = App::start().await;
    let mut ann = app.caller(door);
    ann.ask("ann@example.org").await;
    let letter = app.letter_to("ann@example.org").await;
    ann.follow(&letter.link).await;
    let session = ann.session();
    app.clock.advance(Duration::from_hours(1) - Duration::from_secs(1));
    assert_eq!(ann.look_at(&letter.link).await, Answer::Done);
    assert_eq!(ann.follow_deliberately(&letter.link).await, Answer::Done);
    assert_eq!(ann.session(), session);
    ann.sign_out().await;
    assert_eq!(ann.look_at(&letter.link).await, Answer::refused(410, GONE));
}

async fn a_link_works_for_ten_minutes_after_its_email_was_sent(door: Door) {
    let app = App::start().await;
    let mut ann = app.caller(door);
    ann.ask("ann@example.org").await;
    let letter = app.letter_to("ann@example.org").await;
    app.clock.advance(Duration::from_mins(10) - Duration::from_millis(1));
    assert_eq!(ann.look_at(&letter.link).await, Answer::Done);
    app.clock.advance(Duration::from_millis(1));
    assert_eq!(ann.look_at(&letter.link).await, Answer::refused(410, GONE));
    assert_eq!(ann.follow(&letter.link).await, Answer::refused(410, GONE));
    assert_eq!(ann.type_code(&letter.code).await, Answer::refused(410, "invalid_request"));
    // Only the right code reveals that. A wrong one gets the usual response.
    assert_eq!(ann.type_code(&letter.wrong_code()).await, Answer::refused_field(422, "wrong_code", "code"));
}

async fn all_dead_links_get_the_same_page(door: Door) {
    let app = App::start().await;
    let mut bodies = HashSet::new();
    for state in ["used", "expired", "void", "swept", "forged", "garbled", "blank"] {
        let email = format!("{state}@example.org");
        let mut ann = app.caller(door);
        ann.ask(&email).await;
        let letter = app.letter_to(&email).await;
        app.clock.advance(Duration::from_secs(31));
        let mut link = letter.link.clone();
        match state {
            "used" => _ = app.caller(door).follow_deliberately(&link).await,
            "expired" => app.clock.advance(Duration::from_mins(10)),
            "void" => _ = app.signed_in(door, &email).await,
            "swept" => app.sweep_after(Duration::from_hours(26)).await,
            "forged" => {
                // Not the character that it has.
                let (others, last) = link.split_at(link.len() - 1);
                link = format!("{others}{}", if last == "A" { "B" } else { "A" });
            }
            "garbled" => link = format!("{}%00%7f", &link[..link.len() - 6]),
            _ => link = link[..=link.rfind('/').unwrap()].to_owned() + "x",
        }
        let mut stranger = app.caller(door);
        assert_eq!(stranger.look_at(&link).await, Answer::refused(410, GONE), "{state}");
        bodies.insert(without_random_values(&stranger.last.unwrap()));
        let mut stranger = app.caller(door);
        assert_eq!(stranger.follow_deliberately(&link).await, Answer::refused(410, GONE), "{state}");
        bodies.insert(without_random_values(&stranger.last.unwrap()));
    }
    assert_eq!(bodies.len(), 1, "{bodies:#?}");
}

async fn using_a_request_voids_earlier_ones(door: Door) {
    let app = App::start().await;
    app.signed_in(door, "ann@example.org").await;
    let (mut early, mut late) = (app.caller(door), app.caller(door));
    app.clock.advance(Duration::from_mins(1));
    early.ask("ann@example.org").await;
    let first = app.letter_to("ann@example.org").await;
    app.clock.advance(Duration::from_mins(1));
    late.ask("ann@example.org").await;
    let second = app.letter_to("ann@example.org").await;
    late.type_code(&second.code).await;
    assert_eq!(early.follow(&first.link).await, Answer::refused(410, GONE));
    assert_eq!(early.type_code(&first.code).await, Answer::refused(410, "invalid_request"));
}

async fn using_a_request_keeps_later_ones(door: Door) {
    let app = App::start().await;
    app.signed_in(door, "ann@example.org").await;
    let (mut early, mut late) = (app.caller(door), app.caller(door));
    app.clock.advance(Duration::from_mins(1));
    early.ask("ann@example.org").await;
    let first = app.letter_to("ann@example.org").await;
    app.clock.advance(Duration::from_mins(1));
    late.ask("ann@example.org").await;
    let second = app.letter_to("ann@example.org").await;
    assert_eq!(early.follow(&first.link).await, Answer::Done);
    assert_eq!(late.follow(&second.link).await, Answer::Done);
}

async fn signing_in_again_ends_the_previous_session(door: Door) {
    let app = App::start().await;
    let mut ann = app.signed_in(door, "ann@example.org").await;
    let mut copy = ann.clone();
    app.caller(door).ask("bob@example.org").await;
    let letter = app.letter_to("bob@example.org").await;
    assert_eq!(copy.who().await.as_deref(), Some("ann@example.org"));
    assert_eq!(ann.follow_deliberately(&letter.link).await, Answer::Done);
    assert_eq!(ann.who().await.as_deref(), Some("bob@example.org"));
    assert_eq!(copy.who().await, None);
}

async fn other_tokens_open_no_link(door: Door) {
    let app = App::start().await;
    let mut ann = app.caller(Door::Json);
    ann.ask("ann@example.org").await;
    let request = ann.last.as_ref().unwrap().json()["request"].as_str().unwrap().to_owned();
    let letter = app.letter_to("ann@example.org").await;
    ann.follow(&letter.link).await;
    let session = ann.bearer.clone().unwrap();
    for token in [request, session, letter.code.clone()] {
        let link = format!("http://localhost/link/{token}");
        let mut other = app.caller(door);
        assert_eq!(other.look_at(&link).await, Answer::refused(410, GONE));
        assert_eq!(other.follow_deliberately(&link).await, Answer::refused(410, GONE));
    }
    // The token of a link does not open a session either.
    let token = letter.link.rsplit('/').next().unwrap().to_owned();
    let mut thief = app.caller(door);
    thief.bearer = Some(token.clone());
    thief.cookies.push(("gatepost_session".into(), token));
    assert_eq!(thief.who().await, None);
}
