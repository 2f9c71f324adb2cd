//! What is refused at the start, each in one line that names the setting and what helps.

use std::fs;

use super::{Database, KEY, Place, Site};
use crate::harness::postgres::Pooler;

#[tokio::test(flavor = "multi_thread")]
async fn wrong_names_are_refused_at_once() {
    let Some(database) = Database::shared() else { return };
    let site = Site::new(database);
    let line = site.unserved();
    assert!(line.contains(&format!("there is no schema {}", site.schema)), "{line}");
    assert!(line.contains("store.schema") && line.contains("gatepost store init"), "{line}");
    let site = Site::new(database).with("GATEPOST_STORE__URL", database.url("stranger"));
    assert!(site.unserved().contains("check user and password in store.url"));
    let url = database.url("gatepost").replace("/postgres?", "/elsewhere?");
    let site = Site::new(database).with("GATEPOST_STORE__URL", url);
    assert!(site.unserved().contains("check the name of the database in store.url"));
}

/// A command waits for 10 s, a server for longer, because a database may just be starting.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_there_is_named_with_the_setting_and_never_with_the_password() {
    let url = "postgres://gatepost:hunter2@127.0.0.1:1/gatepost";
    let place = Place::new();
    place.put_key(KEY, 0o600);
    let site = Site {
        place,
        environment: vec![("GATEPOST_STORE__URL", url.into()), ("GATEPOST_STORE__DURABLE", "one".into())],
        schema: String::new(),
    };
    let output = site.command(&["account", "list"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("127.0.0.1:1") && text.contains("store.url"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_rights_is_told_which_it_lacks() {
    let Some(database) = Database::shared() else { return };
    let site = Site::made(database);
    let schema = site.schema.clone();
    database.ask(&format!("CREATE ROLE guest_{schema} LOGIN")).await;
    let site = site.with("GATEPOST_STORE__URL", database.url(&format!("guest_{schema}")));
    let line = site.unserved();
    assert!(line.contains(&format!("GRANT USAGE ON SCHEMA \"{schema}\" TO guest_{schema};")), "{line}");
    let refused = Site::new(database).with("GATEPOST_STORE__URL", database.url(&format!("guest_{schema}")));
    let line = refused.refused(&["store", "init"]);
    assert!(line.contains("cannot make the tables") && line.contains("permission denied"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_of_another_version_is_refused() {
    let Some(database) = Database::shared() else { return };
    let site = Site::made(database);
    let function = format!("{}.settle(bytea, bytea)", site.schema);
    database.ask(&format!("DROP FUNCTION {function}")).await;
    for line in [site.unserved(), site.refused(&["store", "init"])] {
        assert!(line.contains("are not the ones of this version") && line.contains("store.schema"), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_with_one_server_is_refused_unless_that_is_enough() {
    let Some(database) = Database::shared() else { return };
    let site = Site::new(database).with("GATEPOST_STORE__DURABLE", "majority");
    for line in [site.unserved(), site.refused(&["store", "init"])] {
        assert!(line.contains("synchronous_standby_names is empty"), "{line}");
        assert!(line.contains("store.durable = \"one\""), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_sync_is_refused() {
    let Some(database) = Database::start("fsync = off\\n") else { return };
    let line = Site::new(&database).unserved();
    assert!(line.contains("fsync is off") && line.contains("set it to on"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_in_transaction_mode_is_refused() {
    let Some(database) = Database::start("") else { return };
    let Some(pooler) = Pooler::before(&database) else { return };
    let site = Site::made(&database);
    let url = format!("postgres://gatepost@{}/postgres", pooler.host());
    let line = site.with("GATEPOST_STORE__URL", url).unserved();
    assert!(line.contains("a pooler in transaction mode is in between"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_not_served_with_a_different_key_and_none_is_made_for_it() {
    let Some(database) = Database::shared() else { return };
    let site = Site::made(database);
    site.serve().stop();
    let key = site.place.data().join("key");
    let right = fs::read_to_string(&key).unwrap();
    site.place.put_key(KEY, 0o600);
    for line in [site.unserved(), site.refused(&["account", "list"])] {
        assert!(line.contains("belongs to a different key"), "{line}");
    }
    fs::remove_file(&key).unwrap();
    for line in [site.unserved(), site.refused(&["account", "list"])] {
        assert!(line.contains("the key for this database is missing"), "{line}");
    }
    assert!(!key.exists(), "no other key is made");
    site.place.put_key(&right, 0o600);
    site.serve().stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_in_place_of_one_with_accounts_is_refused() {
    let Some(database) = Database::shared() else { return };
    let site = Site::made(database);
    let server = site.serve();
    site.answer(&["account", "add", "ann@example.org"]);
    server.stop();
    site.answer(&["account", "list"]);
    database.ask(&format!("TRUNCATE {}.kv", site.schema)).await;
    let line = site.unserved();
    assert!(
        line.contains("/node: ") && line.contains("store.url") && line.contains("gatepost store restore"),
        "{line}"
    );
    let line = site.refused(&["account", "list"]);
    assert!(line.contains("no database found"), "{line}");
    fs::remove_file(site.place.data().join("node")).unwrap();
    site.serve().stop();
    // The same if the accounts are in the data folder.
    let place = Place::with_store();
    let site = Site { place, ..Site::made(database) };
    let line = site.unserved();
    assert!(line.contains("this data folder has a database") && line.contains("data_dir"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_that_makes_a_database_is_for_one_kind_of_it() {
    let Some(database) = Database::shared() else { return };
    let site = Site::new(database);
    assert!(site.refused(&["store", "create"]).contains("run `gatepost store init`"));
    assert!(Place::new().refused(&["store", "init"]).contains("set store.url"));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_database_than_the_last_one_is_used_only_once_it_is_accepted() {
    let (Some(one), Some(other)) = (Database::start(""), Database::start("")) else { return };
    let site = Site::made(&one);
    site.serve().stop();
    let schema = site.schema.clone();
    let elsewhere = Site { place: Place::new(), ..Site::made(&other) }.with("GATEPOST_STORE__SCHEMA", schema);
    elsewhere.answer(&["store", "init"]);
    let key = fs::read_to_string(site.place.data().join("key")).unwrap();
    elsewhere.place.put_key(&key, 0o600);
    elsewhere.serve().stop();
    let site = site.with("GATEPOST_STORE__URL", other.url("gatepost"));
    let line = site.unserved();
    assert!(line.contains("is a different one; run `gatepost store verify --accept`"), "{line}");
    assert!(site.refused(&["account", "list"]).contains("this is not the database that"));
    let accepted = site.answer(&["store", "verify", "--accept"]);
    assert!(accepted.contains("the next start ends all sessions"), "{accepted}");
    site.serve().stop();
}
