//! "My apps": what each person finds on the start page and in the API.

use std::fs;

use gatepost::domain::operator::Role;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::web::Site;
use hyper::Method;
use serde_json::{Value, json};

use super::{ANN, BOB, apps_beside, in_front_of};
use crate::harness::app::App;
use crate::harness::caller::{Caller, Door};
use crate::harness::http::send;

const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

/// In this order: one for the family, one for Bob, one that is not listed, and two bookmarks.
const APPS: &str = r#"
[groups]
family = ["ann@example.org"]
[[apps]]
url = "https://wiki.example.org"
name = "Wiki <1>"
description = "Notes & recipes"
icon = "wiki.svg"
start = "/home?a=1&b=2"
allow = ["group:family"]
[[apps]]
url = "https://git.example.net:8443"
icon = "git.png"
allow = ["bob@example.net"]
[[apps]]
url = "https://hidden.example.net"
name = "Hidden"
listed = false
allow = ["*"]
[[links]]
url = "https://calendar.example.com/month"
name = "Calendar"
allow = ["*"]
[[links]]
url = "https://plans.example.com/"
name = "Plans"
allow = ["admin"]
"#;

async fn app() -> App {
    let (app, folder) = (App::start().await, tempfile::tempdir().unwrap());
    fs::write(folder.path().join("wiki.svg"), SVG).unwrap();
    fs::write(folder.path().join("git.png"), PNG).unwrap();
    let site = Site { apps: apps_beside(&folder, APPS), ..(*app.house.site).clone() };
    app.work.turn(site);
    app
}

/// What the API lists for someone.
async fn listed(person: &Caller) -> Vec<Value> {
    let reply = person.in_program().get("/api/apps").await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()["apps"].as_array().unwrap().clone()
}

/// The start page of someone.
async fn home(person: &mut Caller) -> String {
    let reply = person.get("/").await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body
}

#[tokio::test]
async fn each_person_sees_exactly_the_apps_that_they_may_open() {
    let app = app().await;
    for (email, names, others) in [
        (ANN, vec!["Wiki <1>", "Calendar"], ["git.example.net", "Hidden", "Plans"]),
        (BOB, vec!["git.example.net", "Calendar"], ["Wiki", "Hidden", "Plans"]),
    ] {
        let mut person = app.signed_in(Door::Pages, email).await;
        let given = listed(&person).await;
        let found: Vec<&str> = given.iter().map(|app| app["name"].as_str().unwrap()).collect();
        assert_eq!(found, names);
        let page = home(&mut person).await;
        assert!(page.contains("<h1 id=\"apps\">My apps</h1>") && page.contains(email), "{page}");
        for app in &given {
            let url = app["url"].as_str().unwrap().replace('&', "&amp;");
            assert_eq!(page.matches(&format!("href=\"{url}\"")).count(), 1, "{url}: {page}");
        }
        assert_eq!(page.matches("class=\"app\"").count(), names.len(), "{page}");
        for other in others {
            assert!(!page.contains(other), "{other}: {page}");
        }
    }
}

#[tokio::test]
async fn a_bookmark_for_administrators_appears_with_the_role() {
    let app = app().await;
    let mut bob = app.signed_in(Door::Pages, BOB).await;
    assert!(!home(&mut bob).await.contains("Plans"));
    let address = EmailAddress::parse(BOB).unwrap();
    app.house.gatepost.set_role(&address, Role::Admin, &Client::server()).await.unwrap();
    assert!(home(&mut bob).await.contains("Plans"));
}

#[tokio::test]
async fn a_card_says_what_it_is_and_where_it_leads() {
    let app = app().await;
    let mut ann = app.signed_in(Door::Pages, ANN).await;
    let given = listed(&ann).await;
    let own = format!("http://localhost:{}/assets/", app.server.port());
    let icon = given[0]["icon"].as_str().unwrap();
    assert!(icon.starts_with(&own) && icon.contains(".svg"), "{icon}");
    assert_eq!(
        given,
        [
            json!({
                "kind": "app",
                "name": "Wiki <1>",
                "description": "Notes & recipes",
                "url": "https://wiki.example.org/home?a=1&b=2",
                "icon": icon,
            }),
            json!({
                "kind": "link",
                "name": "Calendar",
                "description": "",
                "url": "https://calendar.example.com/month",
                "icon": null,
            }),
        ]
    );
    let page = home(&mut ann).await;
    for text in ["Wiki &lt;1&gt;", "Notes &amp; recipes", "wiki.example.org</span>", ">C</span>"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(!page.contains("target="), "in the same tab: {page}");
}

#[tokio::test]
async fn an_icon_is_kept_by_browsers_and_runs_no_script() {
    let app = app().await;
    for (email, media_type, body) in [(ANN, "image/svg+xml", SVG.as_bytes()), (BOB, "image/png", PNG)] {
        let given = listed(&app.signed_in(Door::Pages, email).await).await;
        let (_, path) = given[0]["icon"].as_str().unwrap().split_once("/assets/").unwrap();
        let host = format!("localhost:{}", app.server.port());
        let path = format!("/assets/{path}");
        let reply = send(app.server, Method::GET, &path, &[("host", host.as_str())], "").await;
        assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, Some(media_type)));
        assert_eq!(reply.body, String::from_utf8_lossy(body));
        assert_eq!(reply.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        if media_type == "image/svg+xml" {
            let policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
            assert_eq!(reply.header("content-security-policy"), Some(policy));
        }
    }
}

#[tokio::test]
async fn someone_without_apps_reads_what_to_do() {
    let app = in_front_of("").await;
    let mut ann = app.signed_in(Door::Pages, ANN).await;
    assert!(listed(&ann).await.is_empty());
    let page = home(&mut ann).await;
    assert!(page.contains("No apps yet. Ask your administrator."), "{page}");
    assert!(!page.contains("[[apps]]"), "{page}");
    let address = EmailAddress::parse(ANN).unwrap();
    app.house.gatepost.set_role(&address, Role::Admin, &Client::server()).await.unwrap();
    let page = home(&mut ann).await;
    assert!(page.contains("No apps yet.") && page.contains("[[apps]]\nurl = "), "{page}");
}

#[tokio::test]
async fn apps_are_shown_only_to_someone_who_is_signed_in() {
    let app = app().await;
    let reply = app.caller(Door::Json).get("/api/apps").await;
    assert_eq!((reply.status.as_u16(), reply.json()["code"].as_str()), (401, Some("sign_in_required")));
    let reply = app.caller(Door::Pages).get("/").await;
    assert!(!reply.body.contains("Calendar"), "{reply:?}");
}
