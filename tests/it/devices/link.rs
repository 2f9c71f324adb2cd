//! The link in the email about a new device: it secures the account, once, whatever has happened since.

use std::time::Duration;

use gatepost::domain::record::Record;
use hyper::Method;

use super::{emails_of, stranger};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door, path_of};
use crate::profile::{ANN, OTHER, PASSWORD, WAIT, readdress, registered};

both_doors! {
    it_signs_the_account_out_and_leads_to_a_new_password,
    looking_at_it_changes_nothing,
    it_needs_a_tick,
    it_works_once,
    two_who_use_it_at_once_secure_the_account_once,
    it_works_after_the_password_was_changed,
    it_works_after_a_change_of_address_and_leads_to_undoing_that,
    it_works_for_a_week,
    it_dies_with_the_account,
    the_browser_that_used_it_gets_the_same_answer_again,
    what_is_stored_about_it_is_removed_after_a_week,
}

const WEEK: Duration = Duration::from_hours(7 * 24);

fn gone() -> Answer {
    Answer::refused(410, "invalid_link")
}

/// Secures the account, and keeps the request of the email that follows.
async fn secure(caller: &mut Caller, link: &str) -> Answer {
    let answer = caller.follow_deliberately(link).await;
    if answer == Answer::Done {
        caller.keep_request(ANN);
    }
    answer
}

async fn it_signs_the_account_out_and_leads_to_a_new_password(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    let mut bob = registered(&app, door, "bob@example.org").await;
    let (mut stranger, link) = stranger(&app, door).await;
    let mut owner = app.caller(door);
    assert_eq!(secure(&mut owner, &link).await, Answer::Done);
    assert_eq!((stranger.who().await, ann.who().await, owner.who().await), (None, None, None));
    assert!(bob.who().await.is_some(), "another account");
    let answer = stranger.sign_in_with_password(ANN, PASSWORD).await;
    assert_eq!(answer, Answer::refused(401, "invalid_credentials"));
    let reset = app.letter_to(ANN).await;
    assert_eq!(owner.reset_by_code(&reset.code, OTHER).await, Answer::Done);
    assert_eq!(owner.who().await.as_deref(), Some(ANN));
    assert!(app.news_to(ANN).await.title.contains("was reset"));
    assert_eq!(app.caller(door).sign_in_with_password(ANN, OTHER).await, Answer::Done);
    let history = owner.in_browser().get("/profile").await.body;
    assert!(history.contains("Account secured: signed out everywhere, password removed."), "{history}");
    app.expect_whole().await;
    app.expect_events_in_the_commits_of_their_acts().await;
}

/// A mail scanner opens links, and perhaps sends the form of their page as it is.
async fn looking_at_it_changes_nothing(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    let (mut stranger, link) = stranger(&app, door).await;
    let before = app.all_but_events().await;
    let mut scanner = app.caller(door);
    let path = match door {
        Door::Pages => path_of(&link),
        Door::Json => format!("/api{}", path_of(&link)),
    };
    for method in [Method::HEAD, Method::GET] {
        let reply = scanner.send(method.clone(), &path, &[], "").await;
        assert_eq!(reply.status.as_u16(), 200, "{method}");
    }
    let body = scanner.last.as_ref().unwrap().body.clone();
    match door {
        Door::Pages => {
            assert!(body.contains("Secure your account?"), "{body}");
            assert!(!body.contains("data-post-once"), "the page does not submit itself");
        }
        Door::Json => {
            let shown = scanner.last.as_ref().unwrap().json();
            assert_eq!((&shown["purpose"], &shown["email"]), (&"secure_account".into(), &ANN.into()));
            assert_eq!(shown["needs"], serde_json::json!(["confirm"]));
        }
    }
    assert!(app.all_but_events().await == before, "nothing has changed");
    assert!(stranger.who().await.is_some());
    app.expect_no_letter().await;
}

async fn it_needs_a_tick(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    let (mut stranger, link) = stranger(&app, door).await;
    let mut owner = app.caller(door);
    for value in ["", "no", "on"] {
        let answer = owner.act(&path_of(&link), &[("confirm", value.to_owned())]).await;
        assert_eq!(answer, Answer::refused_field(422, "confirmation_required", "confirm"), "{value:?}");
    }
    assert!(stranger.who().await.is_some());
    app.expect_no_letter().await;
}

async fn it_works_once(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    let (_, link) = stranger(&app, door).await;
    assert_eq!(secure(&mut app.caller(door), &link).await, Answer::Done);
    app.letter_to(ANN).await;
    let mut again = app.caller(door);
    assert_eq!((again.look_at(&link).await, secure(&mut again, &link).await), (gone(), gone()));
    app.expect_no_letter().await;
}

async fn two_who_use_it_at_once_secure_the_account_once(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    let (_, link) = stranger(&app, door).await;
    let (mut one, mut other) = (app.caller(door), app.caller(door));
    let answers = tokio::join!(secure(&mut one, &link), secure(&mut other, &link));
    let answers = [answers.0, answers.1];
    assert_eq!(answers.iter().filter(|answer| **answer == Answer::Done).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| **answer == gone()).count(), 1, "{answers:?}");
    app.letter_to(ANN).await;
}

async fn it_works_after_the_password_was_changed(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    let (mut stranger, link) = stranger(&app, door).await;
    assert_eq!(stranger.change_password(OTHER, Some(PASSWORD)).await, Answer::Done);
    app.news_to(ANN).await;
    let mut owner = app.caller(door);
    assert_eq!(secure(&mut owner, &link).await, Answer::Done);
    assert_eq!(stranger.who().await, None, "under whatever id the session went on");
    let reset = app.letter_to(ANN).await;
    assert_eq!(owner.reset_by_link(&reset.link, PASSWORD).await, Answer::Done);
    app.news_to(ANN).await;
}

/// The address is reserved for the account, so what follows goes there and not to whoever changed it.
async fn it_works_after_a_change_of_address_and_leads_to_undoing_that(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    let (mut stranger, link) = stranger(&app, door).await;
    readdress(&app, &mut stranger, ANN, "evil@example.org").await;
    let mut owner = app.caller(door);
    owner.look_at(&link).await;
    assert!(!owner.last.as_ref().unwrap().body.contains("evil"), "the link tells no other address");
    assert_eq!(secure(&mut owner, &link).await, Answer::Done);
    assert!(!owner.last.as_ref().unwrap().body.contains("evil"), "the link tells no other address");
    assert_eq!(stranger.who().await, None);
    let undo = app.news_to(ANN).await;
    assert!(undo.title.contains("was changed"), "{}", undo.title);
    assert_eq!(owner.follow_deliberately(&undo.link.unwrap()).await, Answer::Done);
    app.read_all().await;
    owner.ask(ANN).await;
    let letter = app.letter_to(ANN).await;
    assert_eq!(owner.follow(&letter.link).await, Answer::Done);
    assert_eq!(owner.who().await.as_deref(), Some(ANN));
    app.expect_whole().await;
}

async fn it_works_for_a_week(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    let (_, early) = stranger(&app, door).await;
    app.clock.advance(WAIT);
    let (_, late) = stranger(&app, door).await;
    let second = Duration::from_secs(1);
    app.clock.advance(WEEK.saturating_sub(WAIT + second));
    let mut owner = app.caller(door);
    assert_eq!(owner.look_at(&early).await, Answer::Done);
    // The sweeper has just been here, so it is not what ends the link.
    app.clock.advance(second);
    assert_eq!((owner.look_at(&early).await, secure(&mut owner, &early).await), (gone(), gone()));
    assert_eq!((owner.look_at(&late).await, secure(&mut owner, &late).await), (Answer::Done, Answer::Done));
    app.letter_to(ANN).await;
}

async fn it_dies_with_the_account(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    let (_, link) = stranger(&app, door).await;
    assert_eq!(ann.delete_account("delete").await, Answer::Done);
    app.news_to(ANN).await;
    let mut owner = app.caller(door);
    assert_eq!((owner.look_at(&link).await, secure(&mut owner, &link).await), (gone(), gone()));
    app.sweep().await;
    assert_eq!(stored(&app).await, 0, "removed with what else the account left behind");
}

/// For a double click, the Back button, or a response that was lost.
async fn the_browser_that_used_it_gets_the_same_answer_again(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    let (_, link) = stranger(&app, door).await;
    let mut owner = app.caller(door);
    assert_eq!(secure(&mut owner, &link).await, Answer::Done);
    let reset = app.letter_to(ANN).await;
    app.clock.advance(Duration::from_mins(1));
    let mut again = owner.clone();
    assert_eq!(again.follow(&link).await, Answer::Done);
    match door {
        Door::Pages => {
            assert_eq!(again.leads_to().as_deref(), Some("/check-inbox"));
            let place = again.get(&path_of(&link)).await.leads_to().unwrap();
            assert!(place.starts_with("/check-inbox?request="), "{place}");
            assert!(again.get(&place).await.body.contains("name=\"password\""), "where the code is entered");
        }
        Door::Json => {
            let answer = again.last.as_ref().unwrap().json();
            assert_eq!(answer["outcome"], "account_secured");
            assert_eq!(
                (&answer["request"], &answer["resend_after"]),
                (&owner.newest_token().into(), &0.into())
            );
        }
    }
    app.expect_no_letter().await;
    assert_eq!(owner.reset_by_code(&reset.code, OTHER).await, Answer::Done);
    app.news_to(ANN).await;
}

async fn what_is_stored_about_it_is_removed_after_a_week(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    for _ in 0..5 {
        emails_of(&app, &mut app.caller(door)).await;
    }
    assert_eq!(stored(&app).await, 3);
    // Nothing is removed until it is over by every reading of the clock in the last hour.
    app.sweep_after(WEEK).await;
    app.sweep_after(Duration::from_hours(1)).await;
    assert_eq!(stored(&app).await, 0);
}

/// How many sign-ins on new devices are stored, each listed under its account.
async fn stored(app: &App) -> usize {
    let records = app.all_but_events().await;
    let devices = records.iter().filter(|(_, found)| matches!(found.record, Record::NewDevice(_))).count();
    let listed = records.iter().filter(|(_, found)| matches!(found.record, Record::Asked)).count();
    assert_eq!(devices, listed);
    devices
}

/// What the landing page says, and that securing an account needs no cookies.
#[tokio::test]
async fn its_page_says_what_it_does() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    let (_, link) = stranger(&app, Door::Pages).await;
    let path = path_of(&link);
    let mut owner = app.caller(Door::Pages);
    for page in [owner.get(&path).await.body, ann.get(&path).await.body] {
        for part in [
            "This signs your account out everywhere and removes its password.",
            "Yes, sign out everywhere.",
            "Was it you? Close this page. Nothing will happen.",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!page.contains("name=\"cookies\"") && !page.contains("Signing in here will"), "{page}");
    }
    owner.cookies.clear();
    assert_eq!(owner.post_form(&path, "").await.status.as_u16(), 422);
    assert!(owner.last.as_ref().unwrap().body.contains("Tick the box to continue."));
    owner.cookies.clear();
    assert_eq!(
        owner.post_form(&path, "confirm=yes").await.leads_to().as_deref(),
        Some("/check-inbox?cookies")
    );
    owner.get("/check-inbox").await;
    let page = &owner.last.as_ref().unwrap().body;
    assert!(page.contains("The account is signed out everywhere and its password is removed."), "{page}");
    app.letter_to(ANN).await;
}
