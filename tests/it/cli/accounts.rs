//! Accounts by the operator's hand: each command with a running server and without one.

use std::fs;

use gatepost::domain::operator::Role;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::time::Timestamp;
use serde_json::{Value, json};

use super::serving::Server;
use super::{Place, gatepost, refusal};
use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door};

impl Place {
    /// Runs a command on this place.
    pub(super) fn command(&self, arguments: &[&str]) -> std::process::Output {
        gatepost(arguments).arg("--data").arg(self.data()).current_dir("/").output().unwrap()
    }

    /// What it answers. It must have worked, without a word beside.
    #[track_caller]
    pub(super) fn answer(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments);
        let beside = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), beside.as_str()), (Some(0), ""), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What it answers to programs.
    #[track_caller]
    pub(super) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.answer(&[arguments, &["--json"]].concat())).unwrap()
    }

    /// What it lists to programs.
    #[track_caller]
    pub(super) fn listed(&self) -> Vec<Value> {
        let answer = self.answer(&["account", "list", "--json"]);
        answer.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Why it refuses, in its one line. Nothing is answered then.
    #[track_caller]
    pub(super) fn refused(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments);
        assert!(output.stdout.is_empty(), "{output:?}");
        refusal(&output)
    }
}

/// Runs a scenario without a server, and beside one.
pub(super) fn both_ways(scenario: impl Fn(&Place)) {
    scenario(&Place::new());
    let place = Place::new();
    let _server = Server::start(&place.data(), &[]);
    scenario(&place);
}

/// The link in an answer for people: alone on its line, the last one.
pub(super) fn link_in(answer: &str) -> String {
    let link = answer.lines().last().unwrap();
    assert!(link.starts_with("http://localhost:") && link.contains("/link/"), "{answer}");
    link.to_owned()
}

/// A link is followed here as by whoever got it by hand.
async fn follow_by_hand(server: &Server, link: &str, email: &str, door: Door) {
    let mut caller = Caller::new(door, server.address);
    assert_eq!(caller.look_at(link).await, Answer::Done);
    let field = Answer::refused_field(422, "confirmation_required", "confirm");
    assert_eq!(caller.act(&crate::harness::caller::path_of(link), &[]).await, field);
    assert_eq!(caller.follow_deliberately(link).await, Answer::Done);
    assert_eq!(caller.who().await.as_deref(), Some(email));
    let mut second = Caller::new(door, server.address);
    assert_eq!(second.follow_deliberately(link).await, Answer::refused(410, "invalid_link"));
    assert_eq!(second.who().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_added_account_is_signed_in_by_its_link_once() {
    let place = Place::new();
    let alone = link_in(&place.answer(&["account", "add", "Ann@Example.org"]));
    let server = Server::start(&place.data(), &[]);
    let beside = link_in(&place.answer(&["account", "add", "bob@example.org"]));
    assert!(beside.starts_with(&format!("http://localhost:{}/", server.address.port())), "{beside}");
    follow_by_hand(&server, &alone, "Ann@example.org", Door::Pages).await;
    follow_by_hand(&server, &beside, "bob@example.org", Door::Json).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_made_for_an_account_and_for_nobody_else() {
    let place = Place::new();
    place.answer(&["account", "add", "ann@example.org"]);
    let alone = link_in(&place.answer(&["account", "link", "ann@example.org"]));
    assert!(
        place.refused(&["account", "link", "bob@example.org"]).ends_with("bob@example.org has no account")
    );
    let server = Server::start(&place.data(), &[]);
    follow_by_hand(&server, &alone, "ann@example.org", Door::Json).await;
    let beside = place.json(&["account", "link", "ANN@example.org"]);
    assert_eq!(beside["account"]["email"], "ann@example.org");
    follow_by_hand(&server, beside["link"].as_str().unwrap(), "ann@example.org", Door::Pages).await;
    assert!(
        place.refused(&["account", "link", "bob@example.org"]).ends_with("bob@example.org has no account")
    );
}

#[test]
fn an_account_is_there_at_once_and_its_address_is_taken() {
    both_ways(|place| {
        let added = place.json(&["account", "add", "Ann@Example.org"]);
        let (confirmed, over) = (&added["account"]["confirmed_at"], &added["expires_at"]);
        assert_eq!(added["account"]["registered_at"], *confirmed);
        let hours = 24 * 3_600_000;
        assert_eq!(milliseconds(over), milliseconds(confirmed) + hours, "the link is good for a day");
        let id = &added["account"]["id"];
        let shown = json!({
            "id": id, "email": "Ann@example.org", "registered_at": confirmed, "confirmed_at": confirmed,
            "admin": false, "has_password": false, "pending_email": null, "disabled": false,
        });
        assert_eq!(added["account"], shown);
        assert_eq!(place.json(&["account", "show", "ann@example.org"]), shown);
        assert_eq!(place.listed(), [shown]);
        let line = place.refused(&["account", "add", "ANN@example.org", "--admin"]);
        assert_eq!(line, "gatepost: ANN@example.org has an account already");
        assert_eq!(place.json(&["account", "show", "ann@example.org"])["admin"], false);
        assert!(
            place
                .refused(&["account", "show", "bob@example.org"])
                .ends_with("bob@example.org has no account")
        );
    });
}

fn milliseconds(time: &Value) -> u64 {
    let time: jiff::Timestamp = time.as_str().unwrap().parse().unwrap();
    Timestamp(time.as_millisecond().try_into().unwrap()).0
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_is_one_from_the_next_request_on() {
    let place = Place::new();
    let server = Server::start(&place.data(), &[]);
    let added = place.json(&["account", "add", "ann@example.org", "--admin"]);
    let mut ann = Caller::new(Door::Json, server.address);
    ann.follow_deliberately(added["link"].as_str().unwrap()).await;
    let mut is_admin = async || ann.get("/api/session").await.json()["account"]["admin"] == true;
    assert!(is_admin().await);
    for _ in 0..2 {
        assert_eq!(place.json(&["admin", "revoke", "ann@example.org"])["admin"], false);
        assert!(!is_admin().await);
    }
    assert!(place.answer(&["admin", "grant", "ann@example.org"]).contains("role        admin\n"));
    assert!(is_admin().await);
    assert!(
        place.refused(&["admin", "grant", "bob@example.org"]).ends_with("bob@example.org has no account")
    );
}

#[test]
fn an_admin_is_made_without_a_server_too() {
    let place = Place::new();
    place.answer(&["account", "add", "ann@example.org"]);
    assert_eq!(place.json(&["admin", "grant", "Ann@example.org"])["admin"], true);
    assert_eq!(place.json(&["account", "show", "ann@example.org"])["admin"], true);
    assert_eq!(place.json(&["admin", "revoke", "ann@example.org"])["admin"], false);
    assert_eq!(place.json(&["account", "add", "bob@example.org", "--admin"])["account"]["admin"], true);
}

#[test]
fn accounts_are_listed_in_the_order_of_their_addresses() {
    both_ways(|place| {
        let long = format!("{}@{}.example", "l".repeat(64), ["d"; 60].join("."));
        for address in ["bob@example.org", "Carl@example.org", long.as_str(), "ann@example.org"] {
            place.answer(&["account", "add", address]);
        }
        place.answer(&["admin", "grant", "ann@example.org"]);
        let emails: Vec<Value> = place.listed().into_iter().map(|account| account["email"].clone()).collect();
        assert_eq!(emails, ["ann@example.org", "bob@example.org", "Carl@example.org", &long]);
        let table = place.answer(&["account", "list"]);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines[0], "CONFIRMED   ROLE    PASSWORD  STATE     ADDRESS");
        assert!(lines[1].ends_with("  admin   no        active    ann@example.org"), "{table}");
        assert!(lines[4].ends_with(&format!("  member  no        active    {long}")), "{table}");
        let columns: Vec<usize> = lines.iter().map(|line| line.rfind(' ').unwrap()).collect();
        assert!(columns.iter().all(|column| *column == columns[0]), "{table}");
    });
}

#[test]
fn an_empty_list_says_so_to_people_and_nothing_to_programs() {
    let place = Place::new();
    let _server = Server::start(&place.data(), &[]);
    assert_eq!(place.answer(&["account", "list"]), "There is no account yet.\n");
    assert_eq!(place.answer(&["account", "list", "--json"]), "");
}

#[test]
fn an_account_is_shown_as_a_table() {
    let place = Place::new();
    place.answer(&["account", "add", "ann@example.org"]);
    let table = place.answer(&["account", "show", "ann@example.org"]);
    let values: Vec<(&str, &str)> = table.lines().map(|line| line.split_at(12)).collect();
    let names = ["address", "id", "registered", "confirmed", "role", "password", "state"];
    assert_eq!(values.iter().map(|(name, _)| name.trim_end()).collect::<Vec<_>>(), names);
    assert_eq!(
        (values[0].1, values[4].1, values[5].1, values[6].1),
        ("ann@example.org", "member", "no", "active")
    );
    assert!(values[3].1.ends_with(" UTC") && values[3].1.starts_with("20"), "{table}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stranger_registered_dies_with_an_added_account() {
    const PASSWORD: &str = "the stranger's own words";
    let place = Place::new();
    let server = Server::start(&place.data(), &[]);
    let mut stranger = Caller::new(Door::Json, server.address);
    let fields = [("email", "ann@example.org".to_owned()), ("password", PASSWORD.to_owned())];
    assert_eq!(stranger.act("/register", &fields).await, Answer::Done);
    assert_eq!(stranger.act("/sign-in/password", &fields).await, Answer::refused(403, "unconfirmed"));
    place.answer(&["account", "add", "ann@example.org"]);
    assert_eq!(stranger.act("/sign-in/password", &fields).await, Answer::refused(401, "invalid_credentials"));
}

#[test]
fn where_there_is_no_store_none_is_made_to_be_looked_at() {
    for arguments in [
        &["account", "list"][..],
        &["account", "show", "ann@example.org"],
        &["account", "link", "ann@example.org"],
        &["admin", "grant", "ann@example.org"],
    ] {
        let place = Place::new();
        assert!(place.refused(arguments).contains("there is no store in "), "{arguments:?}");
        assert!(!place.data().exists());
    }
}

#[test]
fn what_is_no_address_is_a_mistake_of_usage() {
    for arguments in [
        &["account", "add", "ann"][..],
        &["account", "add"],
        &["account", "show", "ann@example.org,bob@example.org"],
        &["account", "link", "ann@example.org", "--admin"],
        &["account", "import"],
        &["admin", "grant", "@example.org"],
        &["admin", "ann@example.org"],
    ] {
        let place = Place::new();
        let output = place.command(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !place.data().exists());
    }
}

#[test]
fn a_link_from_the_command_line_stands_in_no_log() {
    let place = Place::new();
    let mut server = Server::start(&place.data(), &[]);
    let link = link_in(&place.answer(&["account", "add", "ann@example.org"]));
    server.signal(rustix::process::Signal::TERM);
    let mut log = String::new();
    std::io::Read::read_to_string(&mut server.log, &mut log).unwrap();
    assert!(log.contains("user_created"), "{log}");
    assert!(!log.contains(link.rsplit('/').next().unwrap()) && !log.contains("ann@"), "{log}");
    assert_eq!(server.exit_code(), Some(0));
    assert!(!fs::exists(place.data().join("gatepost.sock")).unwrap());
}

#[tokio::test]
async fn every_act_leaves_its_event_and_what_is_so_already_none() {
    let app = App::start().await;
    let gatepost = &app.house.gatepost;
    let (ann, client) = (EmailAddress::parse("ann@example.org").unwrap(), &Client::server());
    let events = async || app.records().await.events;
    gatepost.add_account(&ann, Role::Admin, client).await.unwrap();
    assert_eq!(events().await, 2, "it was added, and made an admin");
    gatepost.add_account(&ann, Role::Admin, client).await.unwrap_err();
    gatepost.set_role(&ann, Role::Admin, client).await.unwrap();
    assert_eq!(events().await, 2);
    gatepost.set_role(&ann, Role::Member, client).await.unwrap();
    gatepost.set_role(&ann, Role::Member, client).await.unwrap();
    assert_eq!(events().await, 3);
    gatepost.hand_out_link(&ann, client).await.unwrap();
    assert_eq!(events().await, 4);
    app.expect_no_letter().await;
}
