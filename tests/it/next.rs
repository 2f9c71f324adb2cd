//! Where people go after signing in.

use std::time::Duration;

use gatepost::web::{api, pages};
use hyper::Method;

use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door};
use crate::profile::{ANN, OTHER, PASSWORD, WAIT, also, registered};

const NOT_THERE: &str = "We couldn't take you to the page you asked for, so we brought you here instead.";

/// What an app can ask for, and what a header says.
const PLACES: [[&str; 2]; 10] = [
    ["/app", "/app"],
    ["/app/a%2Fb?x=%26&y=1#z", "/app/a%2Fb?x=%26&y=1#z"],
    ["/go//https://example.org/", "/go//https://example.org/"],
    ["/app/../other/./x", "/app/../other/./x"],
    ["/..//x", "/..//x"],
    ["/app?q=a+b&next=/c", "/app?q=a+b&next=/c"],
    ["/app/\"<b>'", "/app/\"<b>'"],
    ["/bücher?größe=1", "/b%C3%BCcher?gr%C3%B6%C3%9Fe=1"],
    ["/a b", "/a%20b"],
    ["/app?%0d%0aSet-Cookie:x=y", "/app?%0d%0aSet-Cookie:x=y"],
];

/// Every way to sign in, or to confirm who is signed in, on the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Password,
    Link,
    Code,
    CodeAfterResend,
    RegistrationLink,
    RegistrationCode,
    RegistrationWithoutNext,
    UnconfirmedPassword,
    ResetLink,
    ResetCode,
    AnEarlierCode,
    ConfirmedWithPassword,
    ConfirmedWithCode,
}

const ALL: [Way; 13] = [
    Way::Password,
    Way::Link,
    Way::Code,
    Way::CodeAfterResend,
    Way::RegistrationLink,
    Way::RegistrationCode,
    Way::RegistrationWithoutNext,
    Way::UnconfirmedPassword,
    Way::ResetLink,
    Way::ResetCode,
    Way::AnEarlierCode,
    Way::ConfirmedWithPassword,
    Way::ConfirmedWithCode,
];

fn encoded(next: &str) -> String {
    form_urlencoded::byte_serialize(next.as_bytes()).collect()
}

/// Sends the first form of the page at `path` that goes to `action`, with its hidden fields and these.
async fn submit(caller: &mut Caller, path: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
    let page = caller.get(path).await.body;
    submit_from(caller, &page, action, fields).await
}

async fn submit_from(caller: &mut Caller, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
    let start = format!("action=\"{action}\"");
    let (_, form) = page.split_once(&start).unwrap_or_else(|| panic!("no form for {action}: {page}"));
    let (form, _) = form.split_once("</form>").unwrap();
    let mut all = Vec::new();
    for input in form.split("<input type=\"hidden\" ").skip(1) {
        let mut parts = input.split('"');
        let (name, value) = (parts.nth(1).unwrap(), parts.nth(1).unwrap());
        let value = value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
        all.push((name, value.replace("&amp;", "&")));
    }
    all.extend(fields.iter().map(|(name, value)| (*name, (*value).to_owned())));
    caller.act(action, &all).await
}

impl Way {
    /// Goes this way with `next` given only where the person starts. The last reply leads on.
    async fn take(self, app: &App, next: &str, is_htmx: bool) -> Caller {
        let mut ann = app.caller(Door::Pages);
        let next = encoded(next);
        let at = |page: &str| format!("{page}?next={next}");
        let email = ("email", ANN);
        let done = match self {
            Self::Password => {
                ann = ann.with_script(is_htmx);
                submit(
                    &mut ann,
                    &at("/sign-in/password"),
                    "/sign-in/password",
                    &[email, ("password", PASSWORD)],
                )
                .await
            }
            Self::Link => {
                submit(&mut ann, &at("/sign-in"), "/sign-in", &[email]).await;
                ann.follow(&app.letter_to(ANN).await.link).await
            }
            Self::Code => {
                ann = ann.with_script(is_htmx);
                submit(&mut ann, &at("/sign-in"), "/sign-in", &[email]).await;
                ann.type_code(&app.letter_to(ANN).await.code).await
            }
            Self::CodeAfterResend => {
                submit(&mut ann, &at("/sign-in"), "/sign-in", &[email]).await;
                app.letter_to(ANN).await;
                app.clock.advance(WAIT);
                submit(&mut ann, "/check-inbox", "/resend", &[]).await;
                ann.type_code(&app.letter_to(ANN).await.code).await
            }
            Self::RegistrationLink => {
                let fields = [("email", "new@example.org"), ("password", PASSWORD)];
                submit(&mut ann, &at("/register"), "/register", &fields).await;
                ann.follow(&app.letter_to("new@example.org").await.link).await
            }
            Self::RegistrationCode => {
                let fields = [("email", "newer@example.org"), ("password", PASSWORD)];
                submit(&mut ann, &at("/register"), "/register", &fields).await;
                ann = ann.with_script(is_htmx);
                ann.type_code(&app.letter_to("newer@example.org").await.code).await
            }
            Self::RegistrationWithoutNext => {
                ann.register("newest@example.org", PASSWORD).await;
                let letter = app.letter_to("newest@example.org").await;
                app.clock.advance(WAIT);
                // The newest wish counts, after a resend too.
                submit(&mut ann, &at("/unconfirmed"), "/resend", &[]).await;
                app.letter_to("newest@example.org").await;
                ann.follow(&letter.link).await
            }
            Self::UnconfirmedPassword => {
                ann.register("unconfirmed@example.org", PASSWORD).await;
                let letter = app.letter_to("unconfirmed@example.org").await;
                let mut other = app.caller(Door::Pages);
                let fields = [("email", "unconfirmed@example.org"), ("password", PASSWORD)];
                let sign_in = "/sign-in/password";
                let refused = submit(&mut other, &at(sign_in), sign_in, &fields).await;
                assert_eq!(refused, Answer::refused(403, "unconfirmed"));
                ann = other;
                ann.follow(&letter.link).await
            }
            Self::ResetLink => {
                submit(&mut ann, &at("/forgot-password"), "/forgot-password", &[email]).await;
                ann.reset_by_link(&app.letter_to(ANN).await.link, PASSWORD).await
            }
            Self::ResetCode => {
                submit(&mut ann, &at("/forgot-password"), "/forgot-password", &[email]).await;
                let code = app.letter_to(ANN).await.code;
                let done = ann.with_script(is_htmx);
                ann = done;
                ann.reset_by_code(&code, PASSWORD).await
            }
            Self::AnEarlierCode => {
                ann.ask(ANN).await;
                let code = app.letter_to(ANN).await.code;
                // The sign-in page offers to enter the code that is already there.
                let page = ann.get(&at("/sign-in")).await.body;
                let place = at("/check-inbox");
                assert!(page.contains(&format!("href=\"{place}\"")), "{page}");
                submit(&mut ann, &place, "/code", &[("code", &code)]).await
            }
            Self::ConfirmedWithPassword => {
                ann = also(app, Door::Pages, ANN, PASSWORD).await;
                app.clock.advance(Duration::from_mins(10));
                ann.who().await;
                let page = ann.get(&at("/reauthenticate")).await.body;
                ann = ann.with_script(is_htmx);
                submit_from(&mut ann, &page, "/reauthenticate", &[("password", PASSWORD)]).await
            }
            Self::ConfirmedWithCode => {
                ann = also(app, Door::Pages, ANN, PASSWORD).await;
                app.clock.advance(Duration::from_mins(10));
                submit(&mut ann, &at("/reauthenticate"), "/reauthenticate/mail", &[]).await;
                let code = app.news_to(ANN).await.code.unwrap();
                ann = ann.with_script(is_htmx);
                ann.type_code(code.as_str()).await
            }
        };
        assert_eq!(done, Answer::Done, "{self:?}");
        ann
    }

    /// Where it leads if `next` is nothing we lead anyone to.
    fn home(self) -> &'static str {
        if matches!(self, Self::ConfirmedWithPassword | Self::ConfirmedWithCode) { "/profile" } else { "/" }
    }
}

async fn with_ann() -> App {
    let app = App::start().await;
    registered(&app, Door::Pages, ANN).await;
    app.clock.advance(WAIT);
    app
}

#[tokio::test]
async fn next_comes_back_exactly_as_it_was_given_however_people_sign_in() {
    for way in ALL {
        for is_htmx in [false, true] {
            for [next, place] in [PLACES[1], PLACES[7]] {
                let app = with_ann().await;
                let ann = way.take(&app, next, is_htmx).await;
                assert_eq!(ann.leads_to().as_deref(), Some(place), "{way:?} {is_htmx}");
                app.read_all().await;
            }
        }
    }
}

#[tokio::test]
async fn every_path_of_this_origin_comes_back_as_it_was_given() {
    let app = with_ann().await;
    let longest = format!("/{}", "%2F".repeat(682) + "x");
    assert_eq!(longest.len(), 2048);
    for [next, place] in PLACES.into_iter().chain([[longest.as_str(); 2]]) {
        for is_htmx in [false, true] {
            let ann = Way::Password.take(&app, next, is_htmx).await;
            assert_eq!(ann.leads_to().as_deref(), Some(place));
        }
        // Someone who is signed in already is led there at once.
        let mut ann = Way::Password.take(&app, "/", false).await;
        for page in ["/sign-in", "/sign-in/password", "/register", "/reauthenticate"] {
            let led = ann.get(&format!("{page}?next={}", encoded(next))).await;
            assert_eq!((led.status.as_u16(), led.header("location")), (303, Some(place)), "{page}");
        }
        // Written as it is, it reaches to the end of the query. A browser sends no fragment.
        let (raw, _) = place.split_once('#').unwrap_or((place, ""));
        if !raw.contains(['"', '<', '\'']) {
            let led = ann.get(&format!("/sign-in?next={raw}")).await;
            assert_eq!(led.header("location"), Some(raw));
        }
    }
}

#[tokio::test]
async fn any_other_next_leads_home_and_the_page_there_says_so() {
    let too_long = format!("/{}", "a".repeat(2048));
    let very_long = format!("/{}", "a".repeat(8000));
    for next in ["//evil.example", "/\\evil.example", "https://evil.example", "/a\tb", &too_long, &very_long]
    {
        let app = with_ann().await;
        let mut ann = Way::Password.take(&app, next, false).await;
        assert_eq!(ann.leads_to().as_deref(), Some("/"), "{next}");
        let home = ann.get("/").await.body;
        assert!(home.contains("You're signed in.") && home.contains(NOT_THERE), "{home}");
        assert!(!ann.get("/").await.body.contains(NOT_THERE), "once");
        ann.get(&format!("/sign-in?next={}", encoded(next))).await;
        assert!(ann.get("/").await.body.contains(NOT_THERE), "{next}");
    }
    for way in ALL {
        for is_htmx in [false, true] {
            let app = with_ann().await;
            let mut ann = way.take(&app, "//evil.example", is_htmx).await;
            assert_eq!(ann.leads_to().as_deref(), Some(way.home()), "{way:?}");
            ann = ann.with_script(false);
            let home = ann.get(way.home()).await.body;
            assert!(home.contains(NOT_THERE) && !home.contains("evil"), "{way:?}: {home}");
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

/// An app can't show it, and later it would have nothing to do with the page it is on.
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

/// The redirect of such a page is part of the same chain.
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
    let ann = Way::Password.take(&app, "/sign-in", false).await;
    assert_eq!(ann.last.as_ref().unwrap().status.as_u16(), 200);
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
