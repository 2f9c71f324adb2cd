//! What an import counts: lines it skips, and hashes it warns about or refuses.

use gatepost::domain::operator::{ImportStep, NewAccount, Role};
use gatepost::domain::ports::Clock;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::event::{Event, EventName};
use gatepost::domain::record::time::Timestamp;
use serde_json::{Value, json};

use super::Place;
use super::import::{HASH, counts};
use super::serving::Server;
use crate::harness::app::App;

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
            "Warning: password hashes that are cheap to guess (`m` times `t` below 7168): 2. Each is replaced at its \
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

#[tokio::test]
async fn an_import_writes_one_event_in_the_commit_of_its_last_step() {
    let app = App::start().await;
    let row = |name: &str, role| NewAccount {
        address: EmailAddress::parse(&format!("{name}@example.org")).unwrap(),
        registered_at: Timestamp::default(),
        confirmed_at: Timestamp::default(),
        role,
        disabled: false,
        password: None,
    };
    let (first, last) = ([row("ann", Role::Member), row("bob", Role::Admin)], [row("carl", Role::Member)]);
    let import = async |rows: &[NewAccount], step| {
        app.house.gatepost.import_accounts(rows, step, &Client::operator()).await.unwrap();
        app.all_events().await
    };
    assert!(import(&first, ImportStep::Earlier).await.is_empty());
    // It is interrupted here, and continues with the same file.
    assert!(import(&first, ImportStep::Earlier).await.is_empty());
    let events = import(&last, ImportStep::Last).await;
    let name = EventName::AccountsImported { accounts: 3, admins: 1 };
    assert_eq!(events, [Event::new(app.clock.now(), name, None, &Client::operator())]);
    let records = app.all_records().await;
    let version = |key: &[u8]| {
        let mut versions = records.iter().filter(|(it, _)| it.as_bytes().starts_with(key));
        versions.next().map(|(_, found)| found.version)
    };
    let carl = version(b"e/carl@example.org");
    assert!(carl.is_some() && carl == version(b"v/"), "in another commit than the last account");
    assert_eq!((version(b"i/"), version(b"h/")), (None, None), "nothing is left, and nothing per account");
    // The same file again adds nothing.
    import(&first, ImportStep::Earlier).await;
    assert_eq!(import(&last, ImportStep::Last).await.len(), 1);
    // An import that was interrupted right before its event has it when it continues.
    let more = [row("dora", Role::Member)];
    import(&more, ImportStep::Earlier).await;
    let events = import(&more, ImportStep::Last).await;
    let names: Vec<EventName> = events.iter().map(|event| event.name).collect();
    assert_eq!(names.len(), 2);
    assert!(names.contains(&EventName::AccountsImported { accounts: 1, admins: 0 }), "{names:?}");
}
