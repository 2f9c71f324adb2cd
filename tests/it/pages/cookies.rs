//! Browsers that keep no cookies are told so, before anything is lost.

use super::{count, page};
use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door, path_of};
use crate::profile::{ANN, readdress, registered};

const NEEDED: &str = "<h1>Cookies are needed</h1>";

/// A browser that keeps no cookies.
struct Forgetful(Caller);

impl Forgetful {
    fn new(app: &App, is_htmx: bool) -> Self {
        Self(app.caller(Door::Pages).with_script(is_htmx))
    }

    /// Sends a form, and returns where it leads.
    async fn post(&mut self, path: &str, body: &str) -> String {
        let reply = self.0.post_form(path, body).await;
        self.0.cookies.clear();
        reply.header("location").or(reply.header("hx-redirect")).unwrap_or_default().to_owned()
    }

    /// Opens a page as a whole.
    async fn open(&mut self, path: &str) {
        self.0 = self.0.clone().with_script(false);
        self.0.get(path).await;
        self.0.cookies.clear();
    }
}

#[tokio::test]
async fn the_page_after_a_form_says_that_cookies_are_needed() {
    let app = App::start_unlimited().await;
    registered(&app, Door::Pages, "bob@example.org").await;
    for is_htmx in [false, true] {
        for (path, body, place) in [
            ("/register", "email=ann%40example.org&password=three+quiet+otters", "/unconfirmed?cookies"),
            ("/forgot-password", "email=ann%40example.org", "/check-inbox?cookies"),
            ("/sign-in/password", "email=bob%40example.org&password=three+quiet+otters", "/?cookies"),
            (
                "/sign-in/password",
                "email=bob%40example.org&password=three+quiet+otters&next=%2Fprofile%3Fa%3D1%23b",
                "/profile?cookies&a=1#b",
            ),
            ("/profile/email/cancel", "", "/sign-in?cookies&next=%2Fprofile"),
        ] {
            let mut browser = Forgetful::new(&app, is_htmx);
            assert_eq!(browser.post(path, body).await, place, "{path} {is_htmx}");
            browser.open(place).await;
            assert_eq!(count(&browser.0, NEEDED), 1, "{}", page(&browser.0));
        }
    }
    let mut browser = Forgetful::new(&app, false);
    assert_eq!(browser.post("/sign-in", "email=ann%40example.org").await, "/check-inbox?cookies");
    app.read_all().await;
}

/// There is no page after this form, so the fragment finds out.
#[tokio::test]
async fn the_answer_to_the_sign_in_form_leads_on_to_say_that_cookies_are_needed() {
    let app = App::start().await;
    let mut browser = Forgetful::new(&app, true);
    assert_eq!(browser.post("/sign-in", "email=ann%40example.org").await, "");
    assert_eq!(count(&browser.0, "hx-get=\"/check-inbox?cookies\" hx-trigger=\"load\""), 1);
    let reply = browser.0.get("/check-inbox?cookies").await;
    assert_eq!((reply.status.as_u16(), reply.header("hx-redirect")), (200, Some("/check-inbox?cookies")));
    browser.open("/check-inbox?cookies").await;
    assert_eq!(count(&browser.0, NEEDED), 1);
    app.letter_to(ANN).await;
    // A browser that keeps cookies stays where it is.
    let mut usual = app.caller(Door::Pages).with_script(true);
    usual.ask("bob@example.org").await;
    app.letter_to("bob@example.org").await;
    let reply = usual.get("/check-inbox?cookies").await;
    assert_eq!((reply.status.as_u16(), reply.header("hx-redirect")), (200, None));
}

#[tokio::test]
async fn a_link_is_not_used_up_by_a_browser_without_cookies() {
    let app = App::start().await;
    app.caller(Door::Pages).ask(ANN).await;
    let link = app.letter_to(ANN).await.link;
    let path = path_of(&link);
    let mut browser = Forgetful::new(&app, false);
    browser.open(&path).await;
    assert_eq!(count(&browser.0, "<input type=\"hidden\" name=\"cookies\" value=\"yes\">"), 1);
    let told = format!("{path}?cookies");
    assert_eq!(browser.post(&path, "cookies=yes&confirm=yes").await, told);
    browser.open(&told).await;
    assert_eq!(count(&browser.0, NEEDED), 1);
    assert_eq!(count(&browser.0, "Your link has not been used."), 1);
    assert_eq!(count(&browser.0, &format!("href=\"{path}\"")), 1);
    // Once cookies are allowed, the same link works, without a detour.
    let mut browser = browser.0;
    browser.get(&path).await;
    let reply = browser.post_form(&path, "cookies=yes&confirm=yes").await;
    assert_eq!((reply.status.as_u16(), reply.header("location")), (303, Some("/")));
    assert_eq!(browser.who().await.as_deref(), Some(ANN));
}

/// The visitor cookie has expired while the page was open, for example.
#[tokio::test]
async fn a_browser_that_lost_its_cookie_is_given_another_and_not_told_off() {
    let app = App::start().await;
    app.caller(Door::Pages).ask(ANN).await;
    let path = path_of(&app.letter_to(ANN).await.link);
    let mut browser = app.caller(Door::Pages);
    browser.get(&path).await;
    browser.cookies.clear();
    let reply = browser.post_form(&path, "cookies=yes&confirm=yes").await;
    let place = reply.header("location").unwrap().to_owned();
    browser.get(&place).await;
    assert_eq!((count(&browser, NEEDED), count(&browser, "id=\"confirm\"")), (0, 1));
    assert_eq!(browser.post_form(&path, "confirm=yes").await.header("location"), Some("/"));
}

/// An app cannot ask for our cookies: it would send the browser back to an empty form, over and over.
#[tokio::test]
async fn a_browser_without_cookies_is_told_so_before_it_is_sent_on_to_an_app() {
    let app = App::start().await;
    registered(&app, Door::Pages, ANN).await;
    let mut browser = Forgetful::new(&app, false);
    browser.open("/sign-in/password?next=/app?a=1&b=2").await;
    assert_eq!(count(&browser.0, "name=\"cookies\""), 1);
    let form = "email=ann%40example.org&password=three+quiet+otters&next=%2Fapp%3Fa%3D1%26b%3D2&cookies=yes";
    let place = "/sign-in?cookies&next=%2Fapp%3Fa%3D1%26b%3D2";
    assert_eq!(browser.post("/sign-in/password", form).await, place);
    browser.open(place).await;
    assert_eq!(count(&browser.0, NEEDED), 1);
    // In the header, and as the button.
    assert_eq!(count(&browser.0, "href=\"/sign-in?next=%2Fapp%3Fa%3D1%26b%3D2\""), 2);
}

#[tokio::test]
async fn restoring_an_address_needs_no_cookies() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    let undo = path_of(&readdress(&app, &mut ann, ANN, "new@example.org").await);
    let mut browser = Forgetful::new(&app, false);
    browser.open(&undo).await;
    assert_eq!(count(&browser.0, "name=\"cookies\""), 0);
    assert_eq!(browser.post(&undo, "confirm=yes").await, "/sign-in?cookies");
    app.read_all().await;
}

#[tokio::test]
async fn a_browser_that_keeps_cookies_gets_one_to_be_recognised_by_and_is_asked_nothing() {
    let app = App::start().await;
    let mut ann = app.caller(Door::Pages);
    let first = ann.get("/sign-in").await;
    let cookie = first.header("set-cookie").unwrap();
    let (value, attributes) = cookie.split_once(';').unwrap();
    assert_eq!(value.len(), "gatepost_visitor=".len() + 22);
    assert_eq!(attributes, " Max-Age=86400; Path=/; HttpOnly; SameSite=Lax");
    for path in ["/sign-in", "/register", "/sign-in/password", "/forgot-password"] {
        let reply = ann.get(path).await;
        assert_eq!(reply.header("set-cookie"), None, "{path}");
        assert!(!reply.body.contains("name=\"cookies\""), "{path}");
    }
    let response = ann.post_form("/sign-in", "email=ann%40example.org").await;
    assert_eq!(response.header("location"), Some("/check-inbox"));
    let link = app.letter_to(ANN).await.link;
    assert_eq!(ann.follow(&link).await, Answer::Done);
    // Someone signed in is recognised by the session.
    ann.cookies.retain(|(name, _)| name != "gatepost_visitor");
    ann.get("/").await;
    assert_eq!(ann.get("/profile").await.header("set-cookie"), None);
}
