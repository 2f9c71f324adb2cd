//! Moves that do not happen, and why.

use std::fs;

use rustix::process::Signal;

use super::{End, killed_at};
use crate::harness::postgres::Server as Database;

const OTHER_KEY: &str = "gatepost-key-1 1 AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";

/// A place with an account.
fn full(end: End) -> End {
    let end = end.created();
    end.serve().stop();
    end.answer(&["account", "add", "ann@example.org"]);
    end
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_moved_while_a_server_uses_either_place() {
    let Some(database) = Database::shared() else { return };
    let (from, to) = (full(End::sled()), End::postgres(database));
    let server = from.serve();
    let line = from.unmoved(&to);
    assert!(line.contains(&format!("process {} uses this data folder", server.child.id())), "{line}");
    server.stop();
    let other = full(End::sled());
    let server = other.serve();
    let line = from.unmoved(&other);
    assert!(line.contains(&format!("process {} uses this data folder", server.child.id())), "{line}");
    server.stop();
    // A server in another folder is found by what it writes.
    let from = full(End::postgres(database));
    let beside = End::sled();
    let [old, new] = [&from, &beside].map(|end| end.data().display().to_string());
    beside.configure(&fs::read_to_string(from.file()).unwrap().replace(&old, &new));
    let server = beside.serve();
    let (to, name) = (End::sled(), rustix::system::uname().nodename().to_string_lossy().into_owned());
    let line = from.unmoved(&to);
    assert!(line.contains(&format!("this database is in use by {name}")), "{line}");
    // It did not begin.
    assert!(!to.data().join("store.mark").exists());
    // One that was killed is not alive, and has ended if it is not dead after all.
    server.signal(Signal::STOP);
    from.move_to(&to);
    server.signal(Signal::CONT);
    let mut server = server;
    assert_eq!(server.exit_code(), Some(1));
    let gone = format!("SELECT count(*) FROM {}.kv WHERE substring(k for 5) = 'gone/'", from.schema.unwrap());
    assert!(database.ask(&gone).await.parse::<u64>().unwrap() >= 1);
    assert_eq!(to.accounts(), ["ann@example.org"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_moved_to_a_place_with_a_database_or_to_its_own() {
    let Some(database) = Database::shared() else { return };
    for (from, same) in [(full(End::sled()), "data_dir"), (full(End::postgres(database)), "store.schema")] {
        let line = from.unmoved(&from);
        assert!(line.contains("this is where the database is already") && line.contains(same), "{line}");
        for taken in [full(End::sled()), full(End::postgres(database))] {
            let line = from.unmoved(&taken);
            assert!(line.contains("there is a database already"), "{line}");
            assert_eq!(taken.accounts(), ["ann@example.org"]);
        }
        assert_eq!(from.accounts(), ["ann@example.org"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_moved_without_the_right_key_in_the_new_place() {
    let Some(database) = Database::shared() else { return };
    let from = full(End::sled());
    for to in [End::sled(), End::postgres(database)] {
        to.put_key(OTHER_KEY);
        let line = from.unmoved(&to);
        assert!(line.contains("belongs to a different key (1)"), "{line}");
        fs::remove_file(to.data().join("key")).unwrap();
        let line = from.unmoved(&to);
        assert!(line.contains("/data/key: the key of the database is not where it is moved to"), "{line}");
        // Neither place was touched.
        assert!(!to.data().join("store.mark").exists());
        to.put_key(super::KEY);
        from.accounts();
        if to.schema.is_none() {
            continue;
        }
        from.move_to(&to);
        assert_eq!(to.accounts(), ["ann@example.org"]);
    }
}

#[test]
fn the_mistakes_of_the_other_configuration_are_all_named_and_the_environment_does_not_count_for_it() {
    let (from, to) = (full(End::sled()), End::sled());
    let text = fs::read_to_string(to.file()).unwrap();
    to.configure(&format!("{text}[store]\nurl = \"etcd://db1\"\n[session]\nidle = \"soon\"\n"));
    let output = from.moving(&to.file()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("store.url") && said.contains("session.idle"), "{said}");
    let output = from.moving(&to.folder.path().join("none.toml")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("none.toml"));
    to.configure(&text);
    let moved = from.moving(&to.file()).env("GATEPOST_DATA_DIR", from.data()).output().unwrap();
    assert_eq!(moved.status.code(), Some(0), "{}", String::from_utf8_lossy(&moved.stderr));
    assert_eq!(to.accounts(), ["ann@example.org"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_a_move_has_begun_to_fill_is_of_no_use_until_the_move_is_done() {
    let Some(database) = Database::shared() else { return };
    let (from, to, other) = (full(End::sled()), End::postgres(database), full(End::sled()));
    // It has said that it begins, and has written nothing else.
    killed_at(database, &from, &to, "INSERT", "NEW.k <> 'state'").await;
    let folder = End::sled();
    let mark = format!("gatepost moving here 1\n{}\n", "00".repeat(16));
    fs::write(folder.data().join("store.mark"), mark).unwrap();
    for place in [&to, &folder] {
        for arguments in [&["store", "verify"][..], &["store", "verify", "--accept"], &["account", "list"]] {
            let line = place.refused(arguments);
            assert!(line.contains("being moved"), "{line}");
        }
        assert!(place.unserved().contains("being moved"));
        let line = other.unmoved(place);
        assert!(line.contains("the records of another database are being moved there"), "{line}");
    }
    assert_eq!(from.accounts(), ["ann@example.org"], "the old place is still the one to use");
    from.move_to(&to);
    assert_eq!(to.accounts(), ["ann@example.org"]);
}
