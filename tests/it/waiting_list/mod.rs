//! Registrations that are not confirmed yet, as administrators see them and what they do with them.

mod acts;
mod list;

use gatepost::domain::Settings;
use gatepost::domain::record::password::Cost;

use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::limits::unlimited;

const WAITING: &str = "/admin/accounts/waiting";
const UNA: &str = "una@example.org";
const PASSWORD: &str = "three quiet otters";

/// Passwords that take no time: here it is not about them.
fn settings() -> Settings {
    Settings { password_cost: Cost { memory_kib: 64, passes: 1, lanes: 1 }, ..unlimited() }
}

async fn start() -> App {
    App::start_as(settings()).await
}

/// Someone who has registered an address and not confirmed it, and the email.
async fn registered(app: &App, door: Door, email: &str) -> (Caller, crate::harness::app::SignInLetter) {
    let mut caller = app.caller(door);
    assert_eq!(caller.register(email, PASSWORD).await, Answer::Done);
    let letter = app.letter_to(email).await;
    (caller, letter)
}

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    email: String,
    emails: u64,
}

/// A page of the list, and the `after` of the next one.
async fn page(admin: &mut Caller, query: &str) -> (Vec<Row>, Option<String>) {
    let reply = admin.opened(&format!("{WAITING}?{query}")).await;
    assert_eq!(reply.status, 200, "{query}: {}", reply.body);
    if admin.door == Door::Json {
        let json = reply.json();
        let rows = json["registrations"].as_array().unwrap().iter().map(|it| Row {
            email: it["email"].as_str().unwrap().to_owned(),
            emails: it["emails"].as_u64().unwrap(),
        });
        return (rows.collect(), json["next"].as_str().map(str::to_owned));
    }
    let between = |text: &str, from: &str, to: &str| {
        let (_, rest) = text.split_once(from).unwrap();
        rest.split_once(to).unwrap().0.to_owned()
    };
    let list = reply.body.split("id=\"registrations\"").nth(1).unwrap();
    let rows = list.split("<li>").skip(1).filter(|row| row.contains("Emails sent")).map(|row| Row {
        email: between(row, "<bdi>", "</bdi>"),
        emails: between(&between(row, "Emails sent", "</dd>"), "\">", "</a>").parse().unwrap(),
    });
    let next = list.contains("Next registrations").then(|| between(list, "after=", "\""));
    (rows.collect(), next)
}

/// The addresses of a list, page by page.
async fn all(admin: &mut Caller, query: &str) -> Vec<String> {
    let (mut rows, mut next) = page(admin, query).await;
    while let Some(after) = next {
        let (more, rest) = page(admin, &format!("{query}&after={after}")).await;
        rows.extend(more);
        next = rest;
    }
    rows.into_iter().map(|row| row.email).collect()
}

async fn resend(admin: &mut Caller, email: &str) -> Answer {
    admin.act(&format!("{WAITING}/resend"), &[("email", email.to_owned())]).await
}

async fn remove(admin: &mut Caller, email: &str) -> Answer {
    admin.act(&format!("{WAITING}/drop"), &[("email", email.to_owned())]).await
}
