//! Every way to sign in on the pages, taken as a person takes it: `next` is given once, where they start.

use std::time::Duration;

use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door};
use crate::profile::{ANN, PASSWORD, WAIT, also, registered};

/// Every way to sign in, or to confirm who is signed in, on the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
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

pub(super) const ALL: [Way; 13] = [
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

pub(crate) fn encoded(next: &str) -> String {
    form_urlencoded::byte_serialize(next.as_bytes()).collect()
}

/// Sends the first form of the page at `path` that goes to `action`, with its hidden fields and these.
pub(super) async fn submit(caller: &mut Caller, path: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
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
    pub(super) async fn take(self, app: &App, next: &str, is_htmx: bool) -> Caller {
        let mut ann = app.caller(Door::Pages);
        let next = encoded(next);
        let at = |page: &str| format!("{page}?next={next}");
        let email = ("email", ANN);
        let done = match self {
            Self::RegistrationLink | Self::RegistrationCode => {
                let fields = [("email", "new@example.org"), ("password", PASSWORD)];
                submit(&mut ann, &at("/register"), "/register", &fields).await;
                let letter = app.letter_to("new@example.org").await;
                if self == Self::RegistrationLink {
                    ann.follow(&letter.link).await
                } else {
                    ann = ann.with_script(is_htmx);
                    ann.type_code(&letter.code).await
                }
            }
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
                ann.get("/check-inbox").await;
                ann.type_code(&app.letter_to(ANN).await.code).await
            }
            Self::RegistrationWithoutNext => {
                ann.register("newest@example.org", PASSWORD).await;
                let letter = app.letter_to("newest@example.org").await;
                app.clock.advance(WAIT);
                // The newest wish counts, after a resend too.
                submit(&mut ann, &at("/unconfirmed"), "/resend", &[]).await;
                ann.get("/unconfirmed").await;
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
                other.get("/unconfirmed").await;
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
                let (_, place) = page.split_once("href=\"/check-inbox?next=").unwrap();
                let place = format!("/check-inbox?next={}", place.split('"').next().unwrap());
                submit(&mut ann, &place, "/code", &[("code", &code)]).await
            }
            Self::ConfirmedWithPassword | Self::ConfirmedWithCode => {
                ann = also(app, Door::Pages, ANN, PASSWORD).await;
                app.clock.advance(Duration::from_mins(10));
                ann.who().await;
                self.confirm(app, &mut ann, &at("/reauthenticate"), is_htmx).await
            }
        };
        assert_eq!(done, Answer::Done, "{self:?}");
        ann
    }

    /// Confirms who is signed in.
    async fn confirm(self, app: &App, ann: &mut Caller, page: &str, is_htmx: bool) -> Answer {
        if self == Self::ConfirmedWithPassword {
            let page = ann.get(page).await.body;
            *ann = ann.clone().with_script(is_htmx);
            return submit_from(ann, &page, "/reauthenticate", &[("password", PASSWORD)]).await;
        }
        submit(ann, page, "/reauthenticate/mail", &[]).await;
        let code = app.news_to(ANN).await.code.unwrap();
        *ann = ann.clone().with_script(is_htmx);
        ann.type_code(code.as_str()).await
    }

    /// Where it leads if `next` is nothing we lead anyone to.
    pub(super) fn home(self) -> &'static str {
        if matches!(self, Self::ConfirmedWithPassword | Self::ConfirmedWithCode) { "/profile" } else { "/" }
    }
}

pub(crate) async fn with_ann() -> App {
    let app = App::start_unlimited().await;
    registered(&app, Door::Pages, ANN).await;
    app.clock.advance(WAIT);
    app
}
