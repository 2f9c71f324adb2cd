//! Which places people are led to, and what happens with any other.

use gatepost::web::{api, pages};
use hyper::Method;

use super::way::{ALL, Way, encoded, with_ann};
use super::{NOT_THERE, PLACES};
use crate::harness::caller::Door;
use crate::profile::ANN;

#[tokio::test]
async fn every_page_that_signs_in_leads_on_to_the_same_place() {
    let app = with_ann().await;
    for [next, place] in PLACES {
        let mut ann = Way::Password.take(&app, next, true).await;
        assert_eq!(ann.leads_to().as_deref(), Some(place));
        // Someone who is signed in already is led there at once.
        ann = ann.with_script(false);
        for page in ["/sign-in", "/sign-in/password", "/register", "/reauthenticate"] {
            let led = ann.get(&format!("{page}?next={}", encoded(next))).await;
            assert_eq!((led.status.as_u16(), led.header("location")), (303, Some(place)), "{page}");
        }
    }
}

#[tokio::test]
async fn any_other_next_leads_home_and_the_page_there_says_so_once() {
    for way in ALL {
        for is_htmx in [false, true] {
            let app = with_ann().await;
            let mut ann = way.take(&app, "//evil.example", is_htmx).await;
            assert_eq!(ann.leads_to().as_deref(), Some(way.home()), "{way:?}");
            ann = ann.with_script(false);
            let home = ann.get(way.home()).await.body;
            assert!(home.contains(NOT_THERE) && !home.contains("evil"), "{way:?}: {home}");
            assert!(!ann.get(way.home()).await.body.contains(NOT_THERE), "{way:?}");
            app.read_all().await;
        }
    }
}

#[tokio::test]
async fn next_that_cannot_be_read_is_not_the_same_as_none() {
    let app = with_ann().await;
    let mut ann = Way::Password.take(&app, "/", false).await;
    ann.get("/").await;
    for query in ["next=%2F%FF", "next=%2Fa&next=%2Fb", "request=x&next=%FF"] {
        assert_eq!(ann.get(&format!("/sign-in?{query}")).await.header("location"), Some("/"));
        assert!(ann.get("/").await.body.contains(NOT_THERE), "{query}");
    }
    for query in ["", "next=", "request=%FF"] {
        assert_eq!(ann.get(&format!("/sign-in?{query}")).await.header("location"), Some("/"));
        assert!(!ann.get("/").await.body.contains(NOT_THERE), "{query}");
    }
}

#[tokio::test]
async fn no_one_is_led_to_a_path_that_only_takes_forms() {
    let app = with_ann().await;
    let mut ann = Way::Password.take(&app, "/", false).await;
    let pages = pages::methods(&app.house);
    let api = api::paths();
    let mut refused = 0;
    for (pattern, methods) in pages.into_iter().chain(api) {
        let path = pattern.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
        let path = path.collect::<Vec<_>>().join("/");
        let only_takes_forms = !methods.contains(&Method::GET);
        refused += usize::from(only_takes_forms);
        for spelt in [path.clone(), format!("{path}?a=b#c"), format!("/x/..{path}"), format!("/.{path}")] {
            let place = if only_takes_forms { "/" } else { &spelt };
            let led = ann.get(&format!("/sign-in/password?next={}", encoded(&spelt))).await;
            assert_eq!(led.header("location"), Some(place), "{spelt}");
        }
    }
    assert!(refused >= 26, "{refused}");
}

#[tokio::test]
async fn a_link_to_one_of_our_links_is_kept_out_of_the_database() {
    for next in ["/link/secret", "/./link/secret", "/x/../link/secret?a"] {
        let app = with_ann().await;
        let mut ann = app.caller(Door::Pages);
        ann.ask_for(ANN, Some(next)).await;
        app.letter_to(ANN).await;
        assert!(!app.at_rest().await.contains("secret"), "{next}");
    }
}
