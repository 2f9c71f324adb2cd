//! What an import counts: lines it skips, and hashes it warns about or refuses.

use serde_json::{Value, json};

use super::Place;
use super::import::{HASH, counts};
use super::serving::Server;

#[test]
fn a_line_whose_address_no_one_confirmed_is_skipped_and_counted() {
    let place = Place::with_store();
    let file = place.file(&format!(
        "{}\n{}\n{}",
        json!({"email": "ann@example.org", "confirmed_at": null, "password_hash": HASH}),
        json!({"email": "bob@example.org"}),
        json!({"email": "carl@example.org", "confirmed_at": null, "admin": true}),
    ));
    let file = file.to_str().unwrap();
    let told = place.answer(&["account", "import", file]);
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].starts_with("Imported 1, skipped 0 (already exist), "), "{told}");
    assert_eq!(lines[1], "Skipped 2: no one confirmed the address (`confirmed_at` is null).");
    let listed: Vec<Value> = place.listed().iter().map(|account| account["email"].clone()).collect();
    assert_eq!(listed, ["bob@example.org"], "no account for a mailbox that no one proved");
    // The same through a running server.
    let server = Server::start(&place.data(), &[]);
    let mut expected = counts(0, 1);
    expected["unconfirmed"] = json!(2);
    assert_eq!(place.json(&["account", "import", file]), expected);
    drop(server);
}

#[test]
fn cheap_hashes_are_imported_with_a_warning_and_too_many_different_costs_are_refused() {
    let place = Place::with_store();
    let row = |number: usize, cost: &str| {
        let hash = HASH.replace("m=8192,t=3,p=2", cost);
        json!({"email": format!("p{number}@example.org"), "password_hash": hash}).to_string() + "\n"
    };
    let file = place.file(&(row(1, "m=512,t=2,p=2") + &row(2, "m=7167,t=1,p=1") + &row(3, "m=7168,t=1,p=1")));
    let told = place.answer(&["account", "import", file.to_str().unwrap()]);
    assert_eq!(
        told.lines().nth(1),
        Some(
            "Warning: 2 password hashes are cheap to guess (`m` times `t` below 7168). Each is replaced at its \
             owner's next sign-in."
        )
    );
    let costs = ["m=8192,t=1,p=1", "m=8192,t=2,p=1", "m=8192,t=3,p=1", "m=8192,t=4,p=1", "m=8192,t=5,p=1"];
    let rows: Vec<String> = costs.iter().enumerate().map(|(number, cost)| row(10 + number, cost)).collect();
    let file = place.file(&rows.concat());
    let output = place.command(&["account", "import", file.to_str().unwrap()]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("\n  line 5: password_hash: its m, t and p differ from 4 others in this file"),
        "{told}"
    );
    // What the database already holds counts too.
    let file = place.file(&rows[..2].concat());
    let line = place.refused(&["account", "import", file.to_str().unwrap()]);
    assert!(line.contains("imported passwords of more than 4 different costs"), "{line}");
    assert_eq!(place.listed().len(), 3);
}
