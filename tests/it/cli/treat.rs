//! Disabling, enabling, signing out and deleting accounts, with a running server and without one.

use gatepost::domain::operator::Role;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::event::EventName::{
    AccountAdded, AccountDeleted, AccountDisabled, AccountEnabled, AllSignedOut,
};
use serde_json::Value;

use super::Place;
use super::accounts::{both_ways, link_in};
use super::serving::Server;
use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door};

#[tokio::test(flavor = "multi_thread")]
async fn ending_sessions_takes_effect_with_the_next_request() {
    let place = Place::with_store();
    let server = Server::start(&place.data(), &[]);
    for door in [Door::Pages, Door::Json] {
        let email = format!("{door:?}@example.org").to_lowercase();
        place.answer(&["account", "add", &email]);
        for (command, is_shut) in [("sign-out", false), ("disable", true)] {
            let mut caller = Caller::new(door, server.address);
            let link = link_in(&place.answer(&["account", "link", &email]));
            let waiting = link_in(&place.answer(&["account", "link", &email]));
            assert_eq!(caller.follow_deliberately(&link).await, Answer::Done);
            assert!(caller.who().await.is_some());
            place.answer(&["account", command, &email]);
            assert_eq!(caller.who().await, None, "{command}");
            // Links created before no longer work, even after the account is enabled again.
            if is_shut {
                place.refused(&["account", "link", &email]);
                place.answer(&["account", "enable", &email]);
            }
            assert_eq!(caller.follow_deliberately(&waiting).await, Answer::refused(410, "invalid_link"));
            assert_eq!(caller.who().await, None, "{command}");
        }
        let link = link_in(&place.answer(&["account", "link", &email]));
        let mut caller = Caller::new(door, server.address);
        assert_eq!(caller.follow_deliberately(&link).await, Answer::Done);
        place.answer(&["account", "delete", &email]);
        assert_eq!(caller.who().await, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_action_on_an_account_is_reported_in_a_sentence() {
    let place = Place::with_store();
    let report = |command: &str| place.answer(&["account", command, "ann@example.org"]);
    place.answer(&["account", "add", "ann@example.org"]);
    let server = Server::start(&place.data(), &[]);
    let sign_in = async |devices: usize| {
        for _ in 0..devices {
            let link = link_in(&place.answer(&["account", "link", "ann@example.org"]));
            let mut caller = Caller::new(Door::Json, server.address);
            assert_eq!(caller.follow_deliberately(&link).await, Answer::Done);
        }
    };
    assert_eq!(report("sign-out"), "ann@example.org was not signed in on any device.\n");
    sign_in(1).await;
    assert_eq!(report("sign-out"), "Signed out ann@example.org on 1 device.\n");
    sign_in(3).await;
    assert_eq!(report("sign-out"), "Signed out ann@example.org on 3 devices.\n");
    sign_in(2).await;
    assert_eq!(report("disable"), "Disabled ann@example.org and signed it out on 2 devices.\n");
    assert_eq!(report("disable"), "ann@example.org is already disabled.\n");
    assert_eq!(report("enable"), "Enabled ann@example.org.\n");
    assert_eq!(report("enable"), "ann@example.org is not disabled.\n");
    assert_eq!(report("disable"), "Disabled ann@example.org. It was not signed in on any device.\n");
    let deleted = "Deleted ann@example.org permanently. Its owner is notified by email.\n";
    assert_eq!(report("delete"), deleted);
}

#[test]
fn an_account_is_disabled_enabled_and_deleted() {
    both_ways(|place| {
        place.answer(&["account", "add", "ann@example.org"]);
        let shown = place.answer(&["account", "disable", "ann@example.org", "--json"]);
        assert!(shown.contains(r#""disabled":true"#), "{shown}");
        let shown = place.answer(&["account", "enable", "ann@example.org", "--json"]);
        assert!(shown.contains(r#""disabled":false"#), "{shown}");
        place.answer(&["account", "sign-out", "ann@example.org"]);
        place.answer(&["account", "delete", "ann@example.org"]);
        for command in ["show", "disable", "enable", "sign-out", "delete"] {
            let refusal = place.refused(&["account", command, "ann@example.org"]);
            assert!(refusal.contains("no account for ann@example.org"), "{command}: {refusal}");
        }
        place.answer(&["account", "add", "ann@example.org"]);
    });
}

#[test]
fn json_shows_the_account_as_it_is_or_was() {
    both_ways(|place| {
        let added = place.json(&["account", "add", "ann@example.org"])["account"].clone();
        assert_eq!(added["email"], "ann@example.org");
        for command in ["sign-out", "delete"] {
            assert_eq!(place.json(&["account", command, "ann@example.org"]), added, "{command}");
        }
        place.refused(&["account", "show", "ann@example.org"]);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_of_a_deleted_account_is_notified_by_email() {
    let place = Place::with_store();
    for (email, is_served) in [("ann@example.org", false), ("bob@example.org", true)] {
        let mut server = None;
        place.answer(&["account", "add", email]);
        if is_served {
            server = Some(Server::start(&place.data(), &[]));
        }
        place.answer(&["account", "delete", email]);
        let server = server.unwrap_or_else(|| Server::start(&place.data(), &[]));
        let mut program = Caller::new(Door::Json, server.address);
        let letters = program.get(&format!("/api/mailbox?to={email}&wait=30")).await.json();
        let letters = letters["letters"].as_array().unwrap();
        assert_eq!(letters.len(), 1, "{letters:?}");
        assert_eq!((&letters[0]["to"], &letters[0]["link"]), (&email.into(), &Value::Null));
        assert!(letters[0]["subject"].as_str().unwrap().contains("deleted"), "{letters:?}");
    }
}

#[tokio::test]
async fn every_action_on_an_account_writes_an_event_and_no_change_writes_none() {
    let app = App::start().await;
    let gatepost = &app.house.gatepost;
    let (ann, operator) = (EmailAddress::parse("ann@example.org").unwrap(), &Client::server());
    gatepost.add_account(&ann, Role::Member, operator).await.unwrap();
    let id = app.account("ann@example.org").await.id;
    let events = async || {
        let events = app.all_events().await;
        events.iter().filter(|event| event.account == Some(id) && event.device == "Gatepost").count()
    };
    assert_eq!(events().await, 1);
    gatepost.disable_account(&ann, operator).await.unwrap();
    gatepost.disable_account(&ann, operator).await.unwrap();
    assert_eq!(events().await, 2);
    gatepost.enable_account(&ann, operator).await.unwrap();
    gatepost.enable_account(&ann, operator).await.unwrap();
    assert_eq!(events().await, 3);
    gatepost.sign_out_account(&ann, operator).await.unwrap();
    assert_eq!(events().await, 4);
    app.expect_events_in_the_commits_of_their_acts().await;
    gatepost.delete_account_of(&ann, operator).await.unwrap();
    gatepost.delete_account_of(&ann, operator).await.unwrap_err();
    app.news_to("ann@example.org").await;
    // By now they may be those of no one.
    let names = app.events().await;
    for name in [AccountAdded, AccountDisabled, AccountEnabled, AllSignedOut, AccountDeleted] {
        assert_eq!(names.iter().filter(|it| **it == name).count(), 1, "{name:?}");
    }
}
