//! What depends on a key, counted among many accounts, and what a password of a retired key costs to check.

use std::fmt::Write;
use std::fs;

use hyper::Method;

use super::Place;
use super::accounts::both_ways;
use super::keys::{PASSWORD, UNLIMITED, member, uses};
use super::serving::Server;
use crate::harness::caller::{Answer, Caller, Door};

/// More than two pages of them.
const MANY: u64 = 1_201;

#[test]
fn passwords_are_counted_among_more_accounts_than_are_read_at_once() {
    both_ways(|place| {
        let file = place.0.path().join("accounts");
        let hash = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        let mut rows = String::new();
        for number in 0..MANY {
            writeln!(rows, "{{\"email\":\"m{number}@example.org\",\"password_hash\":\"{hash}\"}}").unwrap();
        }
        fs::write(&file, rows + "{\"email\":\"none@example.org\"}\n").unwrap();
        place.answer(&["account", "import", file.to_str().unwrap()]);
        place.answer(&["key", "rotate"]);
        assert_eq!(place.keys(), [uses(2, true, [0; 3]), uses(1, false, [MANY, 0, 0])]);
        let line = place.refused(&["key", "retire", "1"]);
        assert!(
            line.contains(&format!("key 1 is still in use: {MANY} passwords, 0 sessions, 0 links.")),
            "{line}"
        );
    });
}

/// How many hashes a wrong or lost password costs at an address.
async fn hashes(server: &Server, email: &str) -> u64 {
    let count = async || {
        let mut caller = Caller::new(Door::Json, server.address);
        let token = [("authorization", "Bearer a-token-for-the-metrics")];
        let text = caller.send(Method::GET, "/metrics", &token, "").await.body;
        let line = text.lines().find_map(|line| line.strip_prefix("gatepost_password_hashes_total "));
        line.unwrap().parse::<u64>().unwrap()
    };
    let before = count().await;
    let mut caller = Caller::new(Door::Json, server.address);
    let refused = caller.sign_in_with_password(email, PASSWORD).await;
    assert_eq!(refused, Answer::refused(401, "invalid_credentials"));
    count().await - before
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_of_a_retired_key_costs_the_usual_hash() {
    let place = Place::with_store();
    let environment = [&UNLIMITED[..], &[("GATEPOST_METRICS_TOKEN", "a-token-for-the-metrics")]].concat();
    let server = Server::start(&place.data(), &environment);
    member(&server, "ann@example.org").await;
    place.answer(&["account", "add", "bob@example.org"]);
    place.answer(&["key", "rotate"]);
    place.answer(&["key", "retire", "1", "--force"]);
    for email in ["ann@example.org", "bob@example.org", "no-one@example.org"] {
        assert_eq!(hashes(&server, email).await, 1, "{email}");
    }
}
