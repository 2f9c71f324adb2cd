//! From a form to an app beside us.

use gatepost::path::is_page;

use super::way::{ALL, Way, encoded, with_ann};
use crate::harness::app::App;
use crate::harness::caller::{Caller, Door, path_of};
use crate::profile::{ANN, PASSWORD, WAIT, registered};

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

/// Sends a form and follows its redirects as a browser does: each of them has to stay on our pages.
async fn chain(caller: &mut Caller, path: &str, form: &str) -> (usize, Option<String>) {
    let mut reply = caller.post_form(path, form).await;
    let mut redirects = 0;
    while let Some(place) = reply.header("location").map(str::to_owned) {
        assert!(is_page(&place), "{path} leads to {place} as part of its chain");
        redirects += 1;
        reply = caller.get(&place).await;
    }
    (redirects, reply.leads_to())
}

/// The browser is signed in meanwhile, in another tab, so the waiting pages lead it on.
#[tokio::test]
async fn a_waiting_page_that_a_form_leads_to_goes_on_to_an_app_with_a_page() {
    let app = with_ann().await;
    let place = Some("/app".to_owned());
    let mut ann = app.caller(Door::Pages);
    ann.ask_for(ANN, Some("/app")).await;
    app.letter_to(ANN).await;
    app.clock.advance(WAIT);
    ann.sign_in_with_password(ANN, PASSWORD).await;
    assert_eq!(chain(&mut ann, "/resend", "").await, (1, place.clone()));
    app.letter_to(ANN).await;
    // The email of a registration that is not confirmed yet.
    let mut new = app.caller(Door::Pages);
    new.register("new@example.org", PASSWORD).await;
    app.letter_to("new@example.org").await;
    let form = format!("email=new%40example.org&password={}&next=%2Fapp", encoded(PASSWORD));
    assert_eq!(chain(&mut ann, "/sign-in/password", &form).await, (1, place.clone()));
    // Its notice would come up on a page that has nothing to do with it.
    assert!(ann.cookies.iter().all(|(name, _)| name != "gatepost_notice"), "{:?}", ann.cookies);
    // Nothing tells these pages whether a form led to them.
    for page in ["/check-inbox", "/unconfirmed"] {
        let reply = ann.get(&format!("{page}?next=%2Fapp")).await;
        assert_eq!((reply.status.as_u16(), reply.leads_to()), (200, place.clone()), "{page}");
    }
    // htmx navigates by itself.
    let reply = ann.with_script(true).get("/check-inbox?next=%2Fapp").await;
    assert_eq!((reply.header("hx-redirect"), reply.body.as_str()), (Some("/app"), ""));
}

/// A used link leads on to its own `next`.
#[tokio::test]
async fn a_used_link_that_a_form_leads_to_goes_on_to_an_app_with_a_page() {
    let app = with_ann().await;
    let mut ann = app.caller(Door::Pages);
    ann.ask_for(ANN, Some("/app")).await;
    let link = path_of(&app.letter_to(ANN).await.link);
    assert_eq!(chain(&mut ann, &link, "").await, (0, Some("/app".into())));
    // A tab with the sign-in page, while the person is still signed in with the link.
    let form = format!("email=ann%40example.org&next={}", encoded(&link));
    assert_eq!(chain(&mut ann, "/sign-in", &form).await, (1, Some("/app".into())));
    let around = format!("email=ann%40example.org&next=%2Fsign-in%3Fnext%3D{}", encoded(&encoded(&link)));
    let place = format!("/sign-in?next={}", encoded(&link));
    assert_eq!(chain(&mut ann, "/sign-in", &around).await, (0, Some(place)));
    // Without a form there is nothing in the way.
    let led = ann.get(&link).await;
    assert_eq!((led.status.as_u16(), led.header("location")), (303, Some("/app")));
}
