//! Pages in their main states, and the emails that follow from them, with and without their script.

use gatepost::domain::operator::Role;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::registration::{DomainRule, Domains, RegistrationMode};

use super::visible::visible;
use super::{Shown, assert_plain};
use crate::harness::app::App;
use crate::harness::caller::{Caller, Door, path_of};

const ANN: &str = "ann@example.org";
const PASSWORD: &str = "correct horse battery staple";

/// A browser that keeps every page it is shown.
struct Reader {
    caller: Caller,
    shown: Vec<Shown>,
}

impl Reader {
    fn new(app: &App, is_htmx: bool) -> Self {
        Self { caller: app.caller(Door::Pages).with_script(is_htmx), shown: vec![] }
    }

    async fn get(&mut self, path: &str) {
        let reply = self.caller.get(path).await;
        self.keep(format!("GET {path}: {}", reply.status), &reply.body);
    }

    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let reply = self.caller.post_form(path, &body).await;
        self.keep(format!("POST {path} {body}: {}", reply.status), &reply.body);
        // A redirect leads to the page that shows the notice.
        if let Some(location) = reply.header("location").or_else(|| reply.header("hx-redirect")) {
            let location = location.to_owned();
            self.get(&location).await;
        }
    }

    fn keep(&mut self, source: String, body: &str) {
        self.shown.push(Shown::new(source, visible(body)));
    }
}

async fn signed_out(reader: &mut Reader) {
    for path in [
        "/sign-in",
        "/sign-in/password",
        "/register",
        "/forgot-password",
        "/mailbox",
        "/api/docs",
        "/nothing",
        "/sign-out",
        "/link/nothing",
        "/sign-in?next=https%3A%2F%2Fevil.example",
    ] {
        reader.get(path).await;
    }
    for (path, fields) in [
        ("/sign-in", &[("email", "ann")][..]),
        ("/sign-in", &[]),
        ("/sign-in", &[("email", "a@b@c")]),
        ("/sign-in/password", &[("email", ANN), ("password", "wrong")]),
        ("/register", &[("email", ANN), ("password", "short")]),
        ("/register", &[("email", ANN), ("password", "password1234")]),
        ("/register", &[("email", ANN), ("password", "ann@example.org")]),
        ("/forgot-password", &[("email", "")]),
        ("/code", &[("code", "123456")]),
        ("/resend", &[]),
        ("/link/nothing", &[("confirm", "yes")]),
        ("/sign-out", &[]),
    ] {
        reader.post(path, fields).await;
    }
}

/// Waits for an email, uses up its code, registers, and opens the links here and elsewhere.
async fn arriving(app: &App, reader: &mut Reader, elsewhere: &mut Reader) {
    reader.post("/sign-in", &[("email", ANN)]).await;
    reader.post("/resend", &[]).await;
    let wrong = app.letter_to(ANN).await.wrong_code();
    for _ in 0..6 {
        reader.post("/code", &[("code", &wrong)]).await;
    }
    reader.get("/check-inbox").await;
    reader.get("/sign-in").await;
    reader.post("/register", &[("email", "ben@example.org"), ("password", PASSWORD)]).await;
    let link = path_of(&app.letter_to("ben@example.org").await.link);
    reader.get("/unconfirmed").await;
    reader.post("/sign-in/password", &[("email", "ben@example.org"), ("password", PASSWORD)]).await;
    links(&link, reader, elsewhere).await;
    reader.post(&link, &[]).await;
    reader.post("/sign-out", &[]).await;
    elsewhere.post("/register", &[("email", "ben@example.org"), ("password", PASSWORD)]).await;
    let link = path_of(&app.letter_to("ben@example.org").await.link);
    links(&link, elsewhere, reader).await;
    reader.post("/forgot-password", &[("email", "unknown@example.org")]).await;
    reader.post("/forgot-password", &[("email", "ben@example.org")]).await;
    app.news_to("unknown@example.org").await;
    let letter = app.letter_to("ben@example.org").await;
    reader.get("/check-inbox").await;
    let link = path_of(&letter.link);
    links(&link, reader, elsewhere).await;
    reader.post("/code", &[("code", &letter.code), ("password", "short")]).await;
    reader.post(&link, &[("password", PASSWORD)]).await;
    app.news_to("ben@example.org").await;
    reader.get(&link).await;
}

/// A link where it was requested, elsewhere, and without what it needs there.
async fn links(link: &str, here: &mut Reader, elsewhere: &mut Reader) {
    here.get(link).await;
    elsewhere.get(link).await;
    elsewhere.post(link, &[]).await;
}

async fn account(app: &App, reader: &mut Reader, elsewhere: &mut Reader) {
    for path in ["/", "/profile", "/reauthenticate", "/nothing", "/sign-out", "/link/nothing"] {
        reader.get(path).await;
    }
    for (path, fields) in [
        ("/profile/password", &[("password", "short"), ("current_password", PASSWORD)][..]),
        ("/profile/password", &[("password", PASSWORD), ("current_password", "wrong")]),
        ("/profile/email", &[("email", "ben")]),
        ("/profile/email", &[("email", "ben@example.org")]),
        ("/profile/delete", &[("confirm", "no")]),
        ("/profile/email", &[("email", "ben@example.net")]),
        ("/profile/email/cancel", &[]),
        ("/profile/notices", &[("new_device", "maybe")]),
        ("/profile/notices", &[("new_device", "no")]),
        ("/profile/notices", &[("new_device", "yes")]),
        ("/profile/sessions/end-others", &[]),
        ("/reauthenticate", &[("password", "wrong")]),
    ] {
        reader.post(path, fields).await;
        reader.get("/profile").await;
    }
    app.read_all().await;
    reader.post("/profile/email", &[("email", "ben@example.net")]).await;
    reader.get("/profile").await;
    let link = path_of(&app.letter_to("ben@example.net").await.link);
    links(&link, reader, elsewhere).await;
    app.read_all().await;
    reader.post(&link, &[]).await;
    let undo = path_of(&app.news_to("ben@example.org").await.link.unwrap());
    links(&undo, reader, elsewhere).await;
    elsewhere.post(&undo, &[("confirm", "yes")]).await;
    app.read_all().await;
    secured(app, reader, elsewhere).await;
}

/// A sign-in on a new device, and the link in its email.
async fn secured(app: &App, reader: &mut Reader, elsewhere: &mut Reader) {
    reader.post("/register", &[("email", "dan@example.org"), ("password", PASSWORD)]).await;
    let link = path_of(&app.letter_to("dan@example.org").await.link);
    reader.post(&link, &[]).await;
    elsewhere.post("/sign-in/password", &[("email", "dan@example.org"), ("password", PASSWORD)]).await;
    let link = path_of(&app.device_emails().await.remove(0).link.unwrap());
    links(&link, reader, elsewhere).await;
    reader.post(&link, &[("confirm", "yes")]).await;
    reader.get(&link).await;
    elsewhere.get(&link).await;
    app.read_all().await;
}

/// An account without a password, signed in a while ago, until it is deleted.
async fn stale(app: &App, reader: &mut Reader) {
    reader.post("/sign-in", &[("email", "cat@example.org")]).await;
    let code = app.letter_to("cat@example.org").await.code;
    reader.post("/code", &[("code", &code)]).await;
    app.pass(std::time::Duration::from_mins(11)).await;
    reader.get("/profile").await;
    reader.post("/profile/password", &[("password", PASSWORD)]).await;
    reader.get("/reauthenticate").await;
    reader.post("/reauthenticate/mail", &[]).await;
    let code = app.news_to("cat@example.org").await.code.unwrap();
    reader.post("/code", &[("code", code.as_str())]).await;
    reader.post("/profile/password", &[("password", PASSWORD)]).await;
    reader.post("/profile/password/remove", &[]).await;
    reader.get("/profile").await;
    reader.post("/profile/delete", &[("confirm", "delete")]).await;
    app.read_all().await;
}

/// What an administrator sees.
async fn administration(app: &App, reader: &mut Reader) {
    let address = EmailAddress::parse("adm@example.org").unwrap();
    let added = app.house.gatepost.add_account(&address, Role::Admin, &Client::operator()).await.unwrap();
    reader.post(&format!("/link/{}", added.token.as_str()), &[("confirm", "yes")]).await;
    let lists = ["", "?state=all", "?to=ben", "?to=no.one", "?state=none", "?after=none"];
    for path in lists.iter().map(|query| format!("/admin/mail{query}")) {
        reader.get(&path).await;
    }
    for path in ["/admin", "/admin/settings", "/admin/nothing"] {
        reader.get(path).await;
    }
    for act in ["retry", "drop"] {
        reader.post(&format!("/admin/mail/0123456789abcdef01234567/{act}"), &[]).await;
    }
    app.pass(std::time::Duration::from_mins(11)).await;
    reader.get("/admin/mail?state=all").await;
}

async fn closed(is_htmx: bool) -> Vec<Shown> {
    let app = App::start_with(RegistrationMode::Closed).await;
    let mut reader = Reader::new(&app, is_htmx);
    reader.get("/register").await;
    reader.post("/sign-in", &[("email", ANN)]).await;
    app.read_all().await;
    reader.shown.extend(emails(&app));
    reader.shown
}

/// Where only some domains can register.
async fn by_domain(is_htmx: bool) -> Vec<Shown> {
    let rules = ["example.com", "*.example.net"].map(|rule| DomainRule::parse(rule).unwrap());
    let app = App::start_with(RegistrationMode::Domains(Domains::new(rules.into()).unwrap())).await;
    let mut reader = Reader::new(&app, is_htmx);
    reader.get("/register").await;
    reader.post("/register", &[("email", ANN), ("password", PASSWORD)]).await;
    reader.post("/sign-in", &[("email", "ann@example.com")]).await;
    let code = app.letter_to("ann@example.com").await.code;
    reader.post("/code", &[("code", &code)]).await;
    reader.get("/profile").await;
    reader.post("/profile/email", &[("email", ANN)]).await;
    reader.shown
}

fn emails(app: &App) -> Vec<Shown> {
    let parts = |letter: &gatepost::domain::ports::ShownLetter| {
        let source = format!("email to {}: {}", letter.to, letter.title);
        let text =
            format!("{}\n{}\n{}\n{}", letter.title, letter.subject, letter.text, visible(&letter.html));
        Shown::new(source, text)
    };
    app.letters().iter().map(parts).collect()
}

#[tokio::test]
async fn pages_and_emails_use_plain_words() {
    let mut shown = Vec::new();
    for is_htmx in [false, true] {
        let app = App::start().await;
        let (mut reader, mut elsewhere) = (Reader::new(&app, is_htmx), Reader::new(&app, is_htmx));
        signed_out(&mut reader).await;
        arriving(&app, &mut reader, &mut elsewhere).await;
        account(&app, &mut reader, &mut elsewhere).await;
        stale(&app, &mut elsewhere).await;
        elsewhere.get("/admin/mail").await;
        administration(&app, &mut reader).await;
        shown.extend(emails(&app));
        shown.extend(reader.shown);
        shown.extend(elsewhere.shown);
        shown.extend(closed(is_htmx).await);
        shown.extend(by_domain(is_htmx).await);
    }
    let pages = shown.iter().filter(|it| it.source.contains("200 OK")).count();
    assert!(pages > 60, "only {pages} pages were shown");
    let refusals = shown.iter().filter(|it| it.source.contains(": 4")).count();
    assert!(refusals > 60, "only {refusals} refusals were shown");
    assert_plain(&shown);
}
