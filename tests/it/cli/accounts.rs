//! The commands about accounts, with a running server and without one.

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

const NO_ACCOUNT: &str = "no account for bob@example.org";

impl Place {
    /// Runs a command on the data folder of this place.
    pub(super) fn command(&self, arguments: &[&str]) -> std::process::Output {
        gatepost(arguments).arg("--data").arg(self.data()).current_dir("/").output().unwrap()
    }

    /// The output of a command, which must succeed and write nothing to standard error.
    #[track_caller]
    pub(super) fn answer(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments);
        let beside = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), beside.as_str()), (Some(0), ""), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The output of a command as JSON.
    #[track_caller]
    pub(super) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.answer(&[arguments, &["--json"]].concat())).unwrap()
    }

    /// All accounts, as JSON.
    #[track_caller]
    pub(super) fn listed(&self) -> Vec<Value> {
        let answer = self.answer(&["account", "list", "--json"]);
        answer.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The single line with which a command is refused. It must have no other output.
    #[track_caller]
    pub(super) fn refused(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments);
        assert!(output.stdout.is_empty(), "{output:?}");
        refusal(&output)
    }
}

/// Runs a scenario without a server and with one.
pub(super) fn both_ways(scenario: impl Fn(&Place)) {
    scenario(&Place::with_store());
    let place = Place::with_store();
    let _server = Server::start(&place.data(), &[]);
    scenario(&place);
}

/// The link in an output for people, on the last line.
pub(super) fn link_in(answer: &str) -> String {
    let link = answer.lines().last().unwrap();
    assert!(link.starts_with("http://localhost:") && link.contains("/link/"), "{answer}");
    link.to_owned()
}

/// Opens a link in a browser that did not request it. It works once, after the box was ticked.
pub(super) async fn open_once(server: &Server, link: &str, email: &str, door: Door) {
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
async fn the_link_of_an_added_account_signs_in_once() {
    let place = Place::with_store();
    let alone = link_in(&place.answer(&["account", "add", "Ann@Example.org"]));
    let server = Server::start(&place.data(), &[]);
    let beside = link_in(&place.answer(&["account", "add", "bob@example.org"]));
    assert!(beside.starts_with(&format!("http://localhost:{}/", server.address.port())), "{beside}");
    open_once(&server, &alone, "Ann@example.org", Door::Pages).await;
    open_once(&server, &beside, "bob@example.org", Door::Json).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_created_only_for_an_address_with_an_account() {
    let place = Place::with_store();
    place.answer(&["account", "add", "ann@example.org"]);
    let alone = link_in(&place.answer(&["account", "link", "ann@example.org"]));
    assert!(place.refused(&["account", "link", "bob@example.org"]).ends_with(NO_ACCOUNT));
    let server = Server::start(&place.data(), &[]);
    open_once(&server, &alone, "ann@example.org", Door::Json).await;
    let beside = place.json(&["account", "link", "ANN@example.org"]);
    assert_eq!(beside["account"]["email"], "ann@example.org");
    open_once(&server, beside["link"].as_str().unwrap(), "ann@example.org", Door::Pages).await;
    assert!(place.refused(&["account", "link", "bob@example.org"]).ends_with(NO_ACCOUNT));
}

#[test]
fn an_added_account_exists_at_once_and_its_address_is_taken() {
    both_ways(|place| {
        let added = place.json(&["account", "add", "Ann@Example.org"]);
        let (confirmed, over) = (&added["account"]["confirmed_at"], &added["expires_at"]);
        assert_eq!(added["account"]["registered_at"], *confirmed);
        let hours = 24 * 3_600_000;
        assert_eq!(milliseconds(over), milliseconds(confirmed) + hours, "the link is valid for a day");
        let id = &added["account"]["id"];
        let shown = json!({
            "id": id, "email": "Ann@example.org", "registered_at": confirmed, "confirmed_at": confirmed,
            "admin": false, "has_password": false, "pending_email": null, "new_device_emails": true,
            "disabled": false,
        });
        assert_eq!(added["account"], shown);
        assert_eq!(place.shown("ann@example.org"), shown);
        assert_eq!(place.listed(), [shown]);
        let line = place.refused(&["account", "add", "ANN@example.org", "--admin"]);
        assert_eq!(line, "gatepost: ANN@example.org already has an account");
        assert_eq!(place.json(&["account", "show", "ann@example.org"])["admin"], false);
        assert!(place.refused(&["account", "show", "bob@example.org"]).ends_with(NO_ACCOUNT));
    });
}

fn milliseconds(time: &Value) -> u64 {
    let time: jiff::Timestamp = time.as_str().unwrap().parse().unwrap();
    Timestamp(time.as_millisecond().try_into().unwrap()).0
}

#[tokio::test(flavor = "multi_thread")]
async fn admin_rights_take_effect_with_the_next_request() {
    let place = Place::with_store();
    let server = Server::start(&place.data(), &[]);
    place.answer(&["account", "add", "eve@example.org", "--admin"]);
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
    assert!(place.refused(&["admin", "grant", "bob@example.org"]).ends_with(NO_ACCOUNT));
}

#[test]
fn admin_rights_can_be_granted_without_a_server() {
    let place = Place::with_store();
    place.answer(&["account", "add", "ann@example.org"]);
    assert_eq!(place.json(&["admin", "grant", "Ann@example.org"])["admin"], true);
    assert_eq!(place.json(&["account", "show", "ann@example.org"])["admin"], true);
    assert_eq!(place.json(&["account", "add", "bob@example.org", "--admin"])["account"]["admin"], true);
    assert_eq!(place.json(&["admin", "revoke", "ann@example.org"])["admin"], false);
}

#[test]
fn accounts_are_listed_by_address() {
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
fn an_empty_list_is_a_sentence_for_people_and_empty_for_programs() {
    let place = Place::with_store();
    let _server = Server::start(&place.data(), &[]);
    assert_eq!(place.answer(&["account", "list"]), "No accounts yet.\n");
    assert_eq!(place.answer(&["account", "list", "--json"]), "");
}

#[test]
fn an_account_is_shown_as_a_table() {
    let place = Place::with_store();
    place.answer(&["account", "add", "ann@example.org"]);
    let table = place.answer(&["account", "show", "ann@example.org"]);
    let (table, way_in) = table.split_once("\n\n").unwrap();
    assert_eq!(way_in, "Nothing is in the way.\n");
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
async fn adding_an_account_voids_a_strangers_registration_unnoticed() {
    const ANN: &str = "ann@example.org";
    const PASSWORD: &str = "the stranger's own words";
    let place = Place::with_store();
    let server = Server::start(&place.data(), &[]);
    let mut stranger = Caller::new(Door::Json, server.address);
    assert_eq!(stranger.register(ANN, PASSWORD).await, Answer::Done);
    let letters = stranger.get("/api/mailbox?to=ann@example.org&wait=30").await.json();
    let (link, code) = (&letters["letters"][0]["link"], &letters["letters"][0]["code"]);
    let unconfirmed = Answer::refused(403, "unconfirmed");
    assert_eq!(stranger.sign_in_with_password(ANN, PASSWORD).await, unconfirmed);
    place.answer(&["account", "add", ANN]);
    assert_eq!(stranger.sign_in_with_password(ANN, PASSWORD).await, unconfirmed);
    let late = Answer::refused(410, "invalid_request");
    assert_eq!(stranger.type_code(code.as_str().unwrap()).await, late);
    assert_eq!(stranger.follow(link.as_str().unwrap()).await, Answer::refused(410, "invalid_link"));
    assert_eq!(place.json(&["account", "show", ANN])["has_password"], false);
}

#[test]
fn no_command_creates_a_store() {
    for arguments in [
        &["account", "add", "ann@example.org"][..],
        &["account", "list"],
        &["account", "show", "ann@example.org"],
        &["account", "link", "ann@example.org"],
        &["admin", "grant", "ann@example.org"],
    ] {
        let place = Place::new();
        assert!(place.refused(arguments).contains("no database found"), "{arguments:?}");
        assert!(!place.data().exists());
    }
}

#[test]
fn an_invalid_address_is_a_usage_error() {
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
fn a_link_from_the_command_line_is_not_logged() {
    let place = Place::with_store();
    let mut server = Server::start(&place.data(), &[]);
    let link = link_in(&place.answer(&["account", "add", "ann@example.org"]));
    server.signal(rustix::process::Signal::TERM);
    let mut log = String::new();
    std::io::Read::read_to_string(&mut server.log, &mut log).unwrap();
    let created = log.lines().find(|line| line.contains("user_created")).unwrap();
    assert!(created.contains(r#""by":"operator","means":"command""#), "{created}");
    assert!(!log.contains(link.rsplit('/').next().unwrap()) && !log.contains("ann@"), "{log}");
    assert_eq!(server.exit_code(), Some(0));
    assert!(!fs::exists(place.data().join("gatepost.sock")).unwrap());
}

#[tokio::test]
async fn every_change_of_an_account_writes_an_event_and_no_change_writes_none() {
    let app = App::start().await;
    let gatepost = &app.house.gatepost;
    let [ann, bob] = ["ann@example.org", "bob@example.org"].map(|it| EmailAddress::parse(it).unwrap());
    let client = &Client::server();
    let events = async || app.records().await.events;
    gatepost.add_account(&ann, Role::Admin, client).await.unwrap();
    assert_eq!(events().await, 2, "one for the account and one for its admin rights");
    gatepost.add_account(&ann, Role::Admin, client).await.unwrap_err();
    gatepost.set_role(&ann, Role::Admin, client).await.unwrap();
    gatepost.set_role(&ann, Role::Member, client).await.unwrap_err();
    assert_eq!(events().await, 2, "the last administrator stays one");
    gatepost.add_account(&bob, Role::Admin, client).await.unwrap();
    gatepost.set_role(&ann, Role::Member, client).await.unwrap();
    gatepost.set_role(&ann, Role::Member, client).await.unwrap();
    assert_eq!(events().await, 5);
    gatepost.hand_out_link(&ann, client).await.unwrap();
    assert_eq!(events().await, 6);
    app.expect_no_letter().await;
}
