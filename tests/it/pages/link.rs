//! The landing page of a link.

use std::time::Duration;

use gatepost::domain::Settings;
use gatepost::domain::record::password::Cost;
use tokio::task::JoinSet;

use super::{count, forms_in_main, page};
use crate::harness::app::App;
use crate::harness::caller::{Answer, Door};
use crate::profile::{ANN, OTHER, PASSWORD, registered};

const NEW: &str = "new@example.org";

/// As many passwords wait to be hashed as may.
#[tokio::test]
async fn a_reset_that_finds_the_server_too_busy_is_told_so() {
    let password_cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };
    let app = App::start_as(Settings { password_slots: 1, password_cost, ..Settings::default() }).await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
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
    for _ in 0..=64 {
        call(ANN);
    }
    // The one too many: all places are taken.
    assert_eq!(calls.join_next().await.unwrap().unwrap(), Answer::refused(503, "busy"));
    assert_eq!(ann.reset_by_link(&letter.link, OTHER).await, Answer::refused(503, "busy"));
    assert_eq!(count(&ann, "More is going on than we can take in."), 1, "{}", page(&ann));
    assert_eq!((count(&ann, "id=\"password\""), count(&ann, "aria-invalid")), (1, 0));
    calls.abort_all();
}

/// Where the clock is set back, addresses are held again that were free when the change was asked for.
#[tokio::test]
async fn a_link_that_is_refused_where_it_was_asked_for_says_why_and_asks_no_more() {
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
async fn a_new_address_is_confirmed_after_signing_in_again_where_it_was_asked_for() {
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
    assert!(letter.link.ends_with(&back), "{back}");
    ann.get(&back).await;
    assert_eq!(forms_in_main(&ann), 1);
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(ann.who().await.as_deref(), Some(NEW));
}

/// Who signs in by mail, to come back to a link, has asked with the token of it: no secret lies in the
/// store, but what was asked for does.
#[tokio::test]
async fn a_link_to_come_back_to_is_not_written_down() {
    let app = App::start().await;
    app.caller(Door::Pages).ask_for("bob@example.org", Some("/app/of-bob")).await;
    app.caller(Door::Pages).ask_for(ANN, Some("/link/of-ann")).await;
    app.read_all().await;
    let at_rest = app.at_rest().await;
    assert!(at_rest.contains("/app/of-bob") && !at_rest.contains("/link/of-ann"));
}

/// It signs nobody in, so nobody is signed out of another account by it.
#[tokio::test]
async fn an_undo_says_nothing_untrue_to_who_is_signed_in_to_another_account() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    ann.change_email(NEW).await;
    app.news_to(ANN).await;
    ann.follow(&app.letter_to(NEW).await.link).await;
    let undo = app.news_to(ANN).await.link.unwrap();
    let mut bob = registered(&app, Door::Pages, "bob@example.org").await;
    bob.look_at(&undo).await;
    assert_eq!(
        (count(&bob, "ends that"), count(&bob, "signs everybody out of it")),
        (0, 1),
        "{}",
        page(&bob)
    );
    assert_eq!(bob.follow_deliberately(&undo).await, Answer::Done);
    app.news_to(ANN).await;
    app.news_to(NEW).await;
    bob.get("/").await;
    assert_eq!(count(&bob, "You are signed in as <strong class=\"address\">bob@example.org</strong>."), 1);
    assert_eq!(count(&bob, "everybody is signed out"), 0);
    assert_eq!(count(&bob, "nobody is signed in to it"), 1, "{}", page(&bob));
}
