//! `next` is kept through every flow, and by every link between its pages.

use std::time::Duration;

use super::PLACES;
use super::way::{ALL, submit, with_ann};
use crate::harness::app::App;
use crate::harness::caller::{Answer, Door};
use crate::profile::{ANN, OTHER, PASSWORD, also};

#[tokio::test]
async fn next_comes_back_exactly_as_it_was_given_however_people_sign_in() {
    for way in ALL {
        for is_htmx in [false, true] {
            for [next, place] in PLACES {
                let app = with_ann().await;
                let ann = way.take(&app, next, is_htmx).await;
                assert_eq!(ann.leads_to().as_deref(), Some(place), "{way:?} {is_htmx}");
                app.read_all().await;
            }
        }
    }
}

/// An app can't show it, and later it would have nothing to do with the page it is on.
#[tokio::test]
async fn every_link_between_the_pages_that_sign_in_carries_next() {
    let app = App::start().await;
    let mut ann = app.caller(Door::Pages);
    ann.ask("waits@example.org").await;
    app.letter_to("waits@example.org").await;
    let (next, query) = ("/app?a=1&b", "next=%2Fapp%3Fa%3D1%26b");
    let carries = |page: &str, at: &str| {
        let mut links = 0;
        for link in page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let path = link.split('?').next().unwrap();
            let signs_in = ["/sign-in", "/register", "/forgot-password", "/check-inbox", "/unconfirmed"]
                .iter()
                .any(|page| path.starts_with(page));
            if signs_in {
                links += 1;
                assert!(link.ends_with(query), "{link} on {at}");
            }
        }
        assert!(links >= 3, "{links} links on {at}: {page}");
    };
    for page in ["/sign-in", "/sign-in/password", "/register", "/forgot-password", "/check-inbox"] {
        let shown = ann.get(&format!("{page}?{query}")).await.body;
        carries(&shown, page);
        // The page again, refused.
        if page != "/check-inbox" {
            let fields = [("email", "ann".to_owned()), ("next", next.to_owned())];
            ann.act(page, &fields).await;
            carries(&ann.last.as_ref().unwrap().body, page);
        }
    }
    let mut bob = app.caller(Door::Pages);
    bob.register_for("bob@example.org", PASSWORD, Some(next)).await;
    app.letter_to("bob@example.org").await;
    carries(&bob.get("/unconfirmed").await.body, "/unconfirmed");
    // A browser that waits for nothing.
    let led = app.caller(Door::Pages).get(&format!("/check-inbox?{query}")).await;
    assert_eq!(led.header("location"), Some(format!("/sign-in?{query}").as_str()));
}

#[tokio::test]
async fn a_dead_link_leads_to_a_new_one_with_the_same_next() {
    let app = with_ann().await;
    let mut ann = app.caller(Door::Pages);
    ann.ask_for(ANN, Some("/app")).await;
    let link = app.letter_to(ANN).await.link;
    app.clock.advance(Duration::from_hours(2));
    assert_eq!(ann.follow(&link).await, Answer::refused(410, "invalid_link"));
    let hidden = "<input type=\"hidden\" name=\"next\" value=\"/app\">";
    assert!(ann.last.as_ref().unwrap().body.contains(hidden));
    // To anyone else it could be a stranger's choice.
    let mut other = app.caller(Door::Pages);
    assert_eq!(other.follow(&link).await, Answer::refused(410, "invalid_link"));
    assert!(!other.last.as_ref().unwrap().body.contains("/app"));
}

/// Browsers would block an app that redirects on to another origin.
/// The redirect of such a page is part of the same chain.
#[tokio::test]
async fn a_password_reset_from_the_account_page_leads_back_to_it() {
    let app = with_ann().await;
    let mut ann = also(&app, Door::Pages, ANN, PASSWORD).await;
    let page = ann.get("/profile").await.body;
    let place = "/forgot-password?next=%2Fprofile";
    assert!(page.contains(&format!("href=\"{place}\"")), "{page}");
    submit(&mut ann, place, "/forgot-password", &[("email", ANN)]).await;
    assert_eq!(ann.reset_by_link(&app.letter_to(ANN).await.link, OTHER).await, Answer::Done);
    assert_eq!(ann.leads_to().as_deref(), Some("/profile"));
    app.news_to(ANN).await;
}
