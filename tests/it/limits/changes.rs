//! Changes that someone signed in makes.

use gatepost::domain::operator::Role;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::event::EventName;
use gatepost::domain::record::limits::Limits;

use super::{ANN, BOB, HOUR, MINUTE, PASSWORD, assert_refused, limited_to, only};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::limits::NO_LIMITS;
use crate::profile::{also, registered};

both_doors! {
    an_account_can_be_changed_so_often_in_an_hour_and_sessions_can_always_be_ended,
    changes_survive_a_restart_and_are_sixty_by_default,
    ending_all_others_writes_nothing_where_there_is_nothing_to_end,
    ending_all_others_voids_a_request_that_is_open,
}

fn changes(most: usize) -> Limits {
    Limits { changes_per_account_hour: most, ..NO_LIMITS }
}

/// Requests a change of address and cancels it: two changes.
async fn change_twice(caller: &mut Caller, number: usize) {
    assert_eq!(caller.change_email(&format!("new{number}@example.org")).await, Answer::Done, "{number}");
    assert_eq!(caller.cancel_email_change().await, Answer::Done, "{number}");
}

/// SEC-53.
async fn an_account_can_be_changed_so_often_in_an_hour_and_sessions_can_always_be_ended(door: Door) {
    let app = limited_to(changes(4)).await;
    let mut ann = registered(&app, door, ANN).await;
    change_twice(&mut ann, 0).await;
    app.clock.advance(MINUTE);
    assert_eq!(ann.change_password("seven loud geese", Some(PASSWORD)).await, Answer::Done);
    assert_eq!(ann.change_email("new1@example.org").await, Answer::Done);
    app.read_all().await;
    let hashed = app.house.gatepost.passwords_hashed();
    let wait = 59 * MINUTE;
    for act in 0..4 {
        let answer = match act {
            0 => ann.change_password(PASSWORD, Some("seven loud geese")).await,
            1 => ann.remove_password().await,
            2 => ann.change_email("new2@example.org").await,
            _ => ann.cancel_email_change().await,
        };
        assert_refused(&ann, &answer, "too_many_tries", wait);
    }
    assert_eq!(app.house.gatepost.passwords_hashed(), hashed, "refused before the password is hashed");
    // Sessions can be ended all the same, and other accounts have their own number.
    let mut other = also(&app, door, ANN, "seven loud geese").await;
    let sessions = ann.sessions().await;
    let (id, _) = sessions.iter().find(|(_, is_current)| !is_current).unwrap();
    assert_eq!(ann.end_session(id).await, Answer::Done);
    assert_eq!(other.who().await, None);
    also(&app, door, ANN, "seven loud geese").await;
    assert_eq!(ann.end_other_sessions().await, Answer::Done);
    let mut bob = registered(&app, door, BOB).await;
    change_twice(&mut bob, 3).await;
    app.clock.advance(wait);
    assert_eq!(ann.reauthenticate("seven loud geese").await, Answer::Done);
    assert_eq!(ann.change_email("new2@example.org").await, Answer::Done);
    assert_eq!(ann.cancel_email_change().await, Answer::Done);
    assert_eq!(ann.cancel_email_change().await, Answer::Done, "where there is nothing to do, nothing counts");
    assert_eq!(ann.change_password(PASSWORD, Some("seven loud geese")).await.code(), "too_many_tries");
    assert_eq!(ann.sign_out().await, Answer::Done);
    app.read_all().await;
}

/// SEC-53.
async fn changes_survive_a_restart_and_are_sixty_by_default(door: Door) {
    let most = Limits::default().changes_per_account_hour;
    let app = limited_to(changes(most)).await;
    let mut ann = app.signed_in(door, ANN).await;
    for number in 0..30 {
        change_twice(&mut ann, number).await;
    }
    app.read_all().await;
    let app = app.restarted_as(only(changes(most))).await;
    let mut ann = ann.at(app.server);
    let answer = ann.change_email("late@example.org").await;
    assert_refused(&ann, &answer, "too_many_tries", HOUR);
    assert_eq!(ann.delete_account("delete").await, Answer::Done);
    app.read_all().await;
}

/// SEC-53.
async fn ending_all_others_writes_nothing_where_there_is_nothing_to_end(door: Door) {
    let app = App::start().await;
    let mut ann = app.signed_in(door, ANN).await;
    let (before, events, session) = (app.all_but_events().await, app.events().await, ann.session());
    for _ in 0..3 {
        assert_eq!(ann.end_other_sessions().await, Answer::Done);
    }
    assert_eq!(app.all_but_events().await, before);
    assert_eq!(app.events().await, events);
    assert_eq!(ann.session(), session, "no new id");
    // A second session is something to end, once.
    app.signed_in(door, ANN).await;
    assert_eq!(ann.end_other_sessions().await, Answer::Done);
    let ended =
        |events: Vec<EventName>| events.iter().filter(|it| **it == EventName::OthersSignedOut).count();
    assert_eq!(ended(app.events().await), 1);
    let session = ann.session();
    app.clock.advance(MINUTE);
    assert_eq!(ann.end_other_sessions().await, Answer::Done);
    assert_eq!((ended(app.events().await), ann.session()), (1, session));
}

/// SEC-53.
async fn ending_all_others_voids_a_request_that_is_open(door: Door) {
    let app = App::start().await;
    let mut ann = app.signed_in(door, ANN).await;
    let dead = Answer::refused(410, "invalid_link");
    // Someone else's request for the address, which is not listed under the account.
    let mut other = app.caller(door);
    assert_eq!(other.ask(ANN).await, Answer::Done);
    let letter = app.letter_to(ANN).await;
    assert_eq!(ann.end_other_sessions().await, Answer::Done);
    assert_eq!(other.follow(&letter.link).await, dead);
    // One that the account has made.
    app.clock.advance(MINUTE);
    assert_eq!(ann.change_email("new@example.org").await, Answer::Done);
    app.news_to(ANN).await;
    let letter = app.letter_to("new@example.org").await;
    assert_eq!(ann.end_other_sessions().await, Answer::Done);
    assert_eq!(ann.follow(&letter.link).await, dead);
    // A link from the operator, for which there is no email.
    app.clock.advance(MINUTE);
    let (gatepost, address) = (&app.house.gatepost, EmailAddress::parse(ANN).unwrap());
    let token = gatepost.hand_out_link(&address, &Client::operator()).await.unwrap().token;
    let link = format!("http://localhost/link/{}", token.as_str());
    assert_eq!(ann.end_other_sessions().await, Answer::Done);
    assert_eq!(app.caller(door).follow_deliberately(&link).await, dead);
    let session = ann.session();
    app.clock.advance(MINUTE);
    assert_eq!(ann.end_other_sessions().await, Answer::Done);
    assert_eq!(ann.session(), session, "nothing is open any more");
    assert!(gatepost.add_account(&address, Role::Member, &Client::operator()).await.is_err());
}
