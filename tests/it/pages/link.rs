//! The landing page of a link.

use std::time::Duration;

use gatepost::domain::Settings;
use gatepost::domain::record::password::Cost;
use tokio::task::JoinSet;

use super::{count, forms_in_main, page};
use crate::harness::app::App;
use crate::harness::caller::{Answer, Door};
use crate::harness::limits::unlimited;
use crate::profile::{ANN, OTHER, PASSWORD, registered};

const NEW: &str = "new@example.org";

/// The queue of passwords waiting to be hashed is full.
#[tokio::test]
async fn a_reset_on_a_busy_server_shows_why_and_keeps_the_form() {
    let password_cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };
    let app = App::start_as(Settings { password_slots: 1, password_cost, ..unlimited() }).await;
    registered(&app, Door::Pages, ANN).await;
    // A browser that has been signed in has places of its own.
    let mut ann = app.caller(Door::Pages);
    ann.forgot_password(ANN).await;
    let letter = app.letter_to(ANN).await;
    app.costly_account("bob@example.org").await;
    let before = app.house.gatepost.passwords_hashed();
    let mut calls = JoinSet::new();
    let mut call = |email: &'static str| {
        let mut caller = app.caller(Door::Pages);
        calls.spawn(async move { caller.sign_in_with_password(email, PASSWORD).await });
    };
    call("bob@example.org");
    while app.house.gatepost.passwords_hashed() == before {
        tokio::task::yield_now().await;
    }
    for _ in 0..=48 {
        call(ANN);
    }
    // One more than there are places.
    assert_eq!(calls.join_next().await.unwrap().unwrap(), Answer::refused(503, "busy"));
    assert_eq!(ann.reset_by_link(&letter.link, OTHER).await, Answer::refused(503, "busy"));
    assert_eq!(count(&ann, "We're handling too many requests."), 1, "{}", page(&ann));
    assert_eq!((count(&ann, "id=\"password\""), count(&ann, "aria-invalid")), (1, 0));
    calls.abort_all();
}

/// Setting the clock back reserves addresses again that were free when the change was requested.
#[tokio::test]
async fn a_refused_link_says_why_and_does_not_submit_itself_again() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    let mut address = ANN.to_owned();
    for number in 0..16 {
        let next = format!("ann{number}@example.org");
        ann.change_email(&next).await;
        app.news_to(&address).await;
        ann.follow(&app.letter_to(&next).await.link).await;
        app.news_to(&address).await;
        address = next;
    }
    app.clock.advance(Duration::from_hours(7 * 24));
    let mut ann = app.signed_in(Door::Pages, &address).await;
    assert_eq!(ann.change_email(NEW).await, Answer::Done);
    app.news_to(&address).await;
    let letter = app.letter_to(NEW).await;
    ann.look_at(&letter.link).await;
    assert_eq!(count(&ann, "data-post-once"), 1);
    app.clock.set_back(Duration::from_mins(30));
    assert_eq!(ann.follow(&letter.link).await, Answer::refused(429, "too_many_mails"));
    assert_eq!(
        count(&ann, "You've changed your email address too often. You can change it again in 30 minutes."),
        1
    );
    assert_eq!((count(&ann, "data-post-once"), forms_in_main(&ann)), (0, 1), "{}", page(&ann));
}

#[tokio::test]
async fn a_new_address_is_confirmed_after_signing_in_again_in_the_same_browser() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    ann.change_email(NEW).await;
    app.news_to(ANN).await;
    let letter = app.letter_to(NEW).await;
    ann.sign_out().await;
    ann.look_at(&letter.link).await;
    assert_eq!((forms_in_main(&ann), count(&ann, &letter.code)), (0, 1));
    let (_, sign_in) = page(&ann).split_once("<a class=\"button\" href=\"").unwrap();
    let sign_in = sign_in.split('"').next().unwrap().to_owned();
    let mut stranger = app.caller(Door::Pages);
    stranger.look_at(&letter.link).await;
    assert_eq!((count(&stranger, "class=\"button\""), count(&stranger, &letter.code)), (0, 1));
    // Signing in leads back to the link.
    let place = ann.get(&sign_in).await.body;
    let (_, next) = place.split_once("name=\"next\" value=\"").unwrap();
    let fields = [("email", ANN), ("password", PASSWORD), ("next", next.split('"').next().unwrap())];
    let fields = fields.map(|(name, value)| (name, value.to_owned()));
    assert_eq!(ann.act("/sign-in/password", &fields).await, Answer::Done);
    let back = ann.last.as_ref().unwrap().header("location").unwrap().to_owned();
    assert!(format!("{}?cookies", letter.link).ends_with(&back), "{back}");
    ann.get(&back).await;
    assert_eq!(forms_in_main(&ann), 1);
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(ann.who().await.as_deref(), Some(NEW));
}

/// Someone may sign in by email in order to come back to a link. The way back contains the link's token,
/// and no secret may be stored.
#[tokio::test]
async fn a_link_to_return_to_is_not_stored() {
    let app = App::start().await;
    app.caller(Door::Pages).ask_for("bob@example.org", Some("/app/of-bob")).await;
    app.caller(Door::Pages).ask_for(ANN, Some("/link/of-ann")).await;
    app.read_all().await;
    let at_rest = app.at_rest().await;
    assert!(at_rest.contains("/app/of-bob") && !at_rest.contains("/link/of-ann"));
}

/// An undo signs no one in, so it signs no one out of another account in this browser either.
#[tokio::test]
async fn an_undo_leaves_other_accounts_in_the_browser_signed_in() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    ann.change_email(NEW).await;
    app.news_to(ANN).await;
    ann.follow(&app.letter_to(NEW).await.link).await;
    let undo = app.news_to(ANN).await.link.unwrap();
    let mut bob = registered(&app, Door::Pages, "bob@example.org").await;
    bob.look_at(&undo).await;
    assert_eq!((count(&bob, "ends that"), count(&bob, "signs it out everywhere")), (0, 1), "{}", page(&bob));
    assert_eq!(bob.follow_deliberately(&undo).await, Answer::Done);
    app.news_to(ANN).await;
    app.news_to(NEW).await;
    bob.get("/").await;
    assert_eq!(count(&bob, "You're signed in as <strong class=\"address\">bob@example.org</strong>."), 1);
    assert_eq!(count(&bob, "You're signed out"), 0);
    assert_eq!(count(&bob, "is signed out everywhere"), 1, "{}", page(&bob));
}

/// The question is the title too, and each way on has a block of its own.
#[tokio::test]
async fn another_browser_asks_who_is_signing_in_and_offers_two_ways_on() {
    let app = App::start().await;
    let mut ann = app.caller(Door::Pages);
    ann.ask(ANN).await;
    let letter = app.letter_to(ANN).await;
    let mut other = app.caller(Door::Pages);
    other.look_at(&letter.link).await;
    for part in [
        "<title>Sign in as ann@example.org? · Gatepost</title>",
        r#"<h1 class="question">Sign in as <strong class="address">ann@<wbr>example.<wbr>org</strong>?</h1>"#,
        "You opened this link in a different browser from the one you started in.",
        "<h2>Finish where you started</h2>",
        "<summary>Show the code</summary>",
        "<h2>Sign in on this device instead</h2>",
        "I requested this email.",
        "Not you? Close this page. Nothing will happen.",
    ] {
        assert_eq!(count(&other, part), 1, "{part}\n{}", page(&other));
    }
    assert_eq!((forms_in_main(&other), count(&other, &letter.code)), (1, 1));
}

/// The code no longer works then, but the link does.
#[tokio::test]
async fn without_a_code_there_is_only_the_way_on_here() {
    let app = App::start().await;
    let mut ann = app.caller(Door::Pages);
    ann.ask(ANN).await;
    let letter = app.letter_to(ANN).await;
    for _ in 0..5 {
        ann.type_code(&letter.wrong_code()).await;
    }
    let mut other = app.caller(Door::Pages);
    other.look_at(&letter.link).await;
    assert_eq!(
        (count(&other, "Finish where you started"), count(&other, "instead")),
        (0, 0),
        "{}",
        page(&other)
    );
    assert_eq!(other.follow_deliberately(&letter.link).await, Answer::Done);
}

#[tokio::test]
async fn every_purpose_asks_its_question_in_another_browser() {
    let app = App::start().await;
    let mut ann = app.caller(Door::Pages);
    ann.register(ANN, PASSWORD).await;
    let confirm = app.letter_to(ANN).await.link;
    asks(&app, &confirm, "Confirm ann@example.org?", "Confirm on this device instead").await;
    ann.follow(&confirm).await;
    ann.forgot_password(ANN).await;
    let reset = app.letter_to(ANN).await.link;
    asks(&app, &reset, "Choose a new password for ann@example.org?", "Choose it on this device instead")
        .await;
    ann.change_email(NEW).await;
    app.news_to(ANN).await;
    let change = app.letter_to(NEW).await.link;
    asks(&app, &change, "Use new@example.org for your account?", "Finish where you started").await;
    ann.follow(&change).await;
    let undo = app.news_to(ANN).await.link.unwrap();
    asks(&app, &undo, "Restore your email address", "Yes, restore it.").await;
}

async fn asks(app: &App, link: &str, question: &str, says: &str) {
    let mut other = app.caller(Door::Pages);
    other.look_at(link).await;
    let title = format!("<title>{question} · Gatepost</title>");
    assert_eq!((count(&other, &title), count(&other, says)), (1, 1), "{}", page(&other));
}
