//! From a form to an app beside us.

use super::way::{ALL, Way, with_ann};
use crate::harness::app::App;
use crate::harness::caller::Door;
use crate::profile::{ANN, WAIT, registered};

#[tokio::test]
async fn nothing_is_said_where_home_is_an_app() {
    let app = App::start_with_home("/app/").await;
    registered(&app, Door::Pages, ANN).await;
    app.clock.advance(WAIT);
    let mut ann = Way::Password.take(&app, "//evil.example", false).await;
    assert_eq!(ann.leads_to().as_deref(), Some("/app/"));
    assert!(!ann.get("/").await.body.contains("class=\"notice\""));
}

#[tokio::test]
async fn a_form_that_leads_to_an_app_is_answered_with_a_page_that_goes_on() {
    for way in ALL {
        let app = with_ann().await;
        let ann = way.take(&app, "/app/x?a=1&b=2", false).await;
        let reply = ann.last.as_ref().unwrap();
        assert_eq!((reply.status.as_u16(), reply.header("location")), (200, None), "{way:?}");
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{way:?}");
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{way:?}");
        assert!(reply.header("content-security-policy").unwrap().contains("form-action 'self'"));
        for part in [
            "<meta http-equiv=\"refresh\" content=\"0; url=/app/x?a=1&amp;b=2\">",
            "<a class=\"button\" href=\"/app/x?a=1&amp;b=2\">Continue</a>",
            "<h1>Going on to /app/x</h1>",
        ] {
            assert!(reply.body.contains(part), "{way:?} {part}: {}", reply.body);
        }
        assert!(!reply.body.contains("<form"), "{way:?}");
        assert!(ann.cookies.iter().all(|(name, _)| name != "gatepost_notice"), "{way:?}");
        // htmx navigates by itself.
        let app2 = with_ann().await;
        let ann = way.take(&app2, "/app/x?a=1&b=2", true).await;
        let reply = ann.last.as_ref().unwrap();
        if reply.header("hx-redirect").is_some() {
            assert_eq!(reply.header("hx-redirect"), Some("/app/x?a=1&b=2"), "{way:?}");
            assert!(reply.body.is_empty(), "{way:?}");
        }
        app.read_all().await;
        app2.read_all().await;
    }
}

#[tokio::test]
async fn a_form_that_leads_to_a_page_of_ours_is_answered_with_a_redirect() {
    for way in ALL {
        let app = with_ann().await;
        let ann = way.take(&app, "/profile?a", false).await;
        let reply = ann.last.as_ref().unwrap();
        assert_eq!((reply.status.as_u16(), reply.header("location")), (303, Some("/profile?a")), "{way:?}");
        app.read_all().await;
    }
}

#[tokio::test]
async fn a_page_of_ours_that_leads_on_to_an_app_is_not_redirected_to_either() {
    for (next, is_redirect) in [
        ("/reauthenticate?next=%2Fapp", false),
        ("/sign-in?next=%2Freauthenticate%3Fnext%3D%252Fapp", false),
        ("/sign-in/password?next=/app", false),
        ("/reauthenticate?next=%2Fprofile", true),
        ("/sign-in", true),
        ("/reauthenticate", true),
    ] {
        let app = with_ann().await;
        let ann = Way::Password.take(&app, next, false).await;
        let reply = ann.last.as_ref().unwrap();
        assert_eq!(reply.status.as_u16(), if is_redirect { 303 } else { 200 }, "{next}");
        assert_eq!(ann.leads_to().as_deref(), Some(next));
    }
    let app = App::start_with_home("/app/").await;
    registered(&app, Door::Pages, ANN).await;
    let mut ann = Way::Password.take(&app, "/sign-in", false).await;
    assert_eq!(ann.last.as_ref().unwrap().status.as_u16(), 200);
    // Only a form leads to a page that asks for a cookie.
    assert_eq!(ann.get("/sign-in?cookies&next=%2Fapp").await.status.as_u16(), 200);
    assert_eq!(ann.leads_to().as_deref(), Some("/app"));
}
