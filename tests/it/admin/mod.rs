//! The pages for administrators and `/api/admin`.

mod deceit;
mod lists;
mod overview;
mod retry;
mod settings;
mod stop;
mod who;

use gatepost::domain::operator::Role;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;

use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door};

pub(crate) const ADMIN: &str = "adm@example.org";
const MAIL: &str = "/admin/mail";

/// An email as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Listed {
    id: String,
    to: String,
    state: String,
}

/// An administrator who has just signed in, with a link that the operator made.
pub(crate) async fn admin(app: &App, door: Door) -> Caller {
    with_role(app, door, ADMIN, Role::Admin).await
}

/// The same administrator, signed in once more.
async fn again(app: &App, door: Door) -> Caller {
    let address = EmailAddress::parse(ADMIN).unwrap();
    let handed_out = app.house.gatepost.hand_out_link(&address, &Client::operator()).await.unwrap();
    signed_in_with(app, door, handed_out.token.as_str()).await
}

async fn signed_in_with(app: &App, door: Door, token: &str) -> Caller {
    let mut caller = app.caller(door);
    let link = format!("http://localhost/link/{token}");
    assert_eq!(caller.follow_deliberately(&link).await, Answer::Done);
    caller
}

/// Someone with this role who has just signed in.
async fn with_role(app: &App, door: Door, email: &str, role: Role) -> Caller {
    let address = EmailAddress::parse(email).unwrap();
    let added = app.house.gatepost.add_account(&address, role, &Client::operator()).await.unwrap();
    signed_in_with(app, door, added.token.as_str()).await
}

/// Has the server queue an email to an address.
async fn queue(app: &App, to: &str) {
    let to = EmailAddress::parse(to).unwrap();
    app.house.gatepost.request_sign_in(&to, None, &[], &Client::server()).await.unwrap();
}

/// A page of the list, and the `after` of the next one.
async fn page(caller: &mut Caller, query: &str) -> (Vec<Listed>, Option<String>) {
    let reply = caller.opened(&format!("{MAIL}?{query}")).await;
    assert_eq!(reply.status, 200, "{query}: {}", reply.body);
    if caller.door == Door::Json {
        let json = reply.json();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let emails = json["emails"].as_array().unwrap().iter();
        let listed =
            emails.map(|it| Listed { id: text(&it["id"]), to: text(&it["to"]), state: text(&it["state"]) });
        return (listed.collect(), json["next"].as_str().map(str::to_owned));
    }
    let between = |text: &str, from: &str, to: &str| {
        let (_, rest) = text.split_once(from).unwrap();
        rest.split_once(to).unwrap().0.to_owned()
    };
    let rows = reply.body.split("<li id=\"email-").skip(1).map(|row| Listed {
        id: row[..24].to_owned(),
        to: between(row, "<bdi>", "</bdi>"),
        state: word(&between(row, "<span class=\"tag\">", "</span>")).to_owned(),
    });
    let next = reply.body.contains("after=").then(|| between(&reply.body, "after=", "\""));
    (rows.collect(), next.filter(|_| reply.body.contains("Next emails")))
}

/// A state as the API names it.
fn word(in_words: &str) -> &str {
    match in_words {
        "Waiting to be sent" => "waiting",
        "Sent" => "sent",
        "Not delivered" => "failed",
        "Not sent" => "dropped",
        other => panic!("{other}"),
    }
}

/// All emails of a list, page by page.
async fn all(caller: &mut Caller, query: &str) -> Vec<Listed> {
    let (mut listed, mut next) = page(caller, query).await;
    while let Some(after) = next {
        let (more, rest) = page(caller, &format!("{query}&after={after}")).await;
        listed.extend(more);
        next = rest;
    }
    listed
}

/// The newest email to an address.
async fn newest(caller: &mut Caller, to: &str) -> Listed {
    page(caller, &format!("to={to}")).await.0.remove(0)
}

/// Returns when the newest email to an address is in this state.
async fn until(caller: &mut Caller, to: &str, state: &str) -> Listed {
    loop {
        let listed = page(caller, &format!("to={to}")).await.0;
        if let Some(listed) = listed.into_iter().next().filter(|it| it.state == state) {
            return listed;
        }
        tokio::task::yield_now().await;
    }
}

async fn retry(caller: &mut Caller, id: &str) -> Answer {
    caller.act(&format!("{MAIL}/{id}/retry"), &[]).await
}

async fn stop(caller: &mut Caller, id: &str) -> Answer {
    caller.act(&format!("{MAIL}/{id}/drop"), &[]).await
}

fn gone() -> Answer {
    Answer::refused(410, "gone")
}
