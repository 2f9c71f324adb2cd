//! What has happened, as administrators see it.

mod looking;

use std::time::Duration;

use gatepost::domain::operator::Role;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use serde_json::{Value, json};

use crate::admin::{ADMIN, admin};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::limits::unlimited;

both_doors! {
    each_event_says_what_happened_to_whom_and_who_did_it,
    refusals_are_counted_and_listed_with_their_number,
    a_deleted_account_is_not_named,
    a_page_links_to_what_came_from_the_same_client,
}

const EVENTS: &str = "/admin/events";
const PASSWORD: &str = "three quiet otters";

/// A page of events as the API shows it, for whichever door the administrator came through.
async fn listed(admin: &Caller, query: &str) -> Value {
    let reply = admin.in_program().get(&format!("/api{EVENTS}?{query}")).await;
    assert_eq!(reply.status, 200, "{query}: {}", reply.body);
    reply.json()
}

/// What happened, by its sentences.
async fn sentences(admin: &mut Caller, query: &str) -> Vec<String> {
    if admin.door == Door::Json {
        let json = listed(admin, query).await;
        let events = json["events"].as_array().unwrap().iter();
        return events.map(|it| it["what"].as_str().unwrap().to_owned()).collect();
    }
    let shown = admin.get(&format!("{EVENTS}?{query}")).await;
    assert_eq!(shown.status, 200, "{query}: {}", shown.body);
    let list = shown.body.split("id=\"events\"").nth(1).unwrap().to_owned();
    let rows = list.split("<h2>").skip(1);
    rows.map(|row| row.split("</h2>").next().unwrap().to_owned()).collect()
}

async fn each_event_says_what_happened_to_whom_and_who_did_it(door: Door) {
    let app = App::start_unlimited().await;
    let mut admin = admin(&app, door).await;
    let bob = app.signed_in(door, "bob@example.org").await.account().await.unwrap();
    let invite = [("email", "carl@example.org".to_owned())];
    assert_eq!(admin.act("/admin/accounts/invite", &invite).await, Answer::Done);
    app.news_to("carl@example.org").await;
    app.disable("bob@example.org").await;
    let json = listed(&admin, "").await;
    let events: Vec<&Value> = json["events"].as_array().unwrap().iter().collect();
    let find =
        |what: &str| events.iter().find(|event| event["what"] == what).unwrap_or_else(|| panic!("{json}"));
    let disabled = find("Account disabled.");
    assert_eq!(disabled["by"], json!({ "kind": "operator", "account": null, "email": null }));
    assert_eq!((&disabled["account"], &disabled["ip"]), (&json!(bob), &Value::Null));
    let invited = find("Invited by an administrator.");
    let adm = app.account(ADMIN).await.id.to_string();
    assert_eq!(invited["by"], json!({ "kind": "admin", "account": adm, "email": ADMIN }));
    assert_eq!((&invited["name"], &invited["means"]), (&json!("user_created"), &json!("session")));
    assert_eq!((&invited["ip"], &invited["count"]), (&json!("127.0.0.1"), &json!(1)));
    let made = find("Email address confirmed. Account created.");
    assert_eq!(made["by"], json!({ "kind": "person", "account": bob, "email": "bob@example.org" }));
    assert_eq!(made["device"], "Firefox on Linux");
    let sent = find("An email was sent.");
    assert_eq!(sent["by"]["kind"], "server");
    let at: Vec<&str> = events.iter().map(|event| event["at"].as_str().unwrap()).collect();
    assert!(at.is_sorted_by(|one, other| one >= other), "{at:?}");
    // The page says the same.
    let of_page = sentences(&mut admin.in_browser(), "").await;
    let of_api: Vec<String> = events.iter().map(|it| it["what"].as_str().unwrap().to_owned()).collect();
    assert_eq!(of_page, of_api);
    assert_eq!(sentences(&mut admin, &format!("account={bob}&name=authn_login_lock")).await.len(), 1);
    // No page shows a link, a code, a token or a nonce.
    let shown = admin.in_browser().get(EVENTS).await.body;
    assert!(!shown.contains("/link/") && !shown.contains(&admin.session()), "{shown}");
    assert!(shown.contains("Administrator <a") && shown.contains("<bdi>adm@example.org</bdi>"), "{shown}");
}

async fn refusals_are_counted_and_listed_with_their_number(door: Door) {
    let app = App::start_as(unlimited()).await;
    let mut admin = admin(&app, door).await;
    let mut bob = app.signed_in(door, "bob@example.org").await;
    assert_eq!(bob.change_password(PASSWORD, None).await, Answer::Done);
    app.news_to("bob@example.org").await;
    let mut stranger = app.caller(door);
    // Of the same millisecond, events come before counts.
    app.clock.advance(Duration::from_secs(1));
    for number in 0..3 {
        stranger.sign_in_with_password("bob@example.org", &format!("quite another one {number}")).await;
    }
    app.refusals_written(3).await;
    assert_eq!(sentences(&mut admin, "name=authn_login_fail").await, ["3 wrong passwords entered."]);
    let id = bob.account().await.unwrap();
    for query in ["name=authn_login_fail".to_owned(), format!("account={id}&name=authn_login_fail")] {
        let json = listed(&admin, &query).await;
        let event = &json["events"][0];
        assert_eq!((&event["count"], &event["account"]), (&json!(3), &json!(id)), "{query}");
        assert!(event["first_at"].is_string() && event["means"] == "password", "{event}");
        assert_eq!(event["by"], json!({ "kind": "person", "account": null, "email": null }));
    }
    let all = sentences(&mut admin, &format!("account={id}")).await;
    assert_eq!(all[0], "3 wrong passwords entered.");
    assert!(all.contains(&"Password changed.".to_owned()), "{all:?}");
}

async fn a_deleted_account_is_not_named(door: Door) {
    let app = App::start_unlimited().await;
    let mut admin = admin(&app, door).await;
    let mut bob = app.signed_in(door, "bob@example.org").await;
    let id = bob.account().await.unwrap();
    assert_eq!(bob.delete_account("delete").await, Answer::Done);
    app.news_to("bob@example.org").await;
    for is_swept in [false, true] {
        if is_swept {
            app.sweep().await;
        }
        let json = listed(&admin, "").await;
        assert!(!json.to_string().contains(&id) && !json.to_string().contains("bob@"), "{json}");
        let said = sentences(&mut admin, "name=user_deleted").await;
        assert_eq!(said, ["Account deleted."], "it happened all the same");
        assert_eq!(sentences(&mut admin, &format!("account={id}")).await, [""; 0]);
        assert_eq!(sentences(&mut admin, "ip=127.0.0.1&name=user_deleted").await, [""; 0]);
    }
}

async fn a_page_links_to_what_came_from_the_same_client(door: Door) {
    let app = App::start_unlimited().await;
    let address = EmailAddress::parse("adm@example.org").unwrap();
    app.house.gatepost.add_account(&address, Role::Admin, &Client::operator()).await.unwrap();
    let mut admin = crate::admin::again(&app, door).await;
    let other = app.caller(door).coming_from([127, 0, 0, 9].into());
    let mut other = other.with_agent("<script>alert(1)</script>");
    assert_eq!(other.ask("bob@example.org").await, Answer::Done);
    app.letter_to("bob@example.org").await;
    assert_eq!(sentences(&mut admin, "ip=127.0.0.9").await, ["An email was requested."]);
    assert_eq!(sentences(&mut admin, "ip=127.0.0.10").await, [""; 0]);
    let shown = admin.in_browser().get(&format!("{EVENTS}?ip=127.0.0.9")).await.body;
    assert!(shown.contains("<a href=\"/admin/events?ip=127.0.0.9\">127.0.0.9</a>"), "{shown}");
    assert!(!shown.contains("<script>alert"), "{shown}");
}
