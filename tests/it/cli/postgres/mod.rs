//! The server and the commands on PostgreSQL, as processes beside a real database.

mod away;
mod refused;

use std::fs;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use super::serving::Server;
use super::{KEY, Place, refusal};
use crate::harness::postgres::Server as Database;

/// A data folder and the database that belongs to it.
pub(super) struct Site {
    pub(super) place: Place,
    environment: Vec<(&'static str, String)>,
    pub(super) schema: String,
}

impl Site {
    /// A folder with a key, and a schema of its own.
    fn new(database: &Database) -> Self {
        static SITES: AtomicU32 = AtomicU32::new(0);
        let schema = format!("site_{}", SITES.fetch_add(1, Ordering::Relaxed));
        let environment = vec![
            ("GATEPOST_STORE__URL", database.url("gatepost")),
            ("GATEPOST_STORE__SCHEMA", schema.clone()),
            ("GATEPOST_STORE__DURABLE", "one".to_owned()),
        ];
        Self { place: Place::new(), environment, schema }
    }

    /// The same with a schema that is made.
    pub(super) fn made(database: &Database) -> Self {
        let site = Self::new(database);
        site.answer(&["store", "init"]);
        site
    }

    /// Another data folder for the same database, with the same key.
    pub(super) fn beside(&self) -> Self {
        let place = Place::new();
        if let Ok(key) = fs::read_to_string(self.place.data().join("key")) {
            place.put_key(&key, 0o600);
        }
        Self { place, environment: self.environment.clone(), schema: self.schema.clone() }
    }

    /// The same with something else in the environment.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.retain(|(known, _)| *known != name);
        self.environment.push((name, value.into()));
        self
    }

    pub(super) fn variables(&self) -> Vec<(&str, &str)> {
        self.environment.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    pub(super) fn serve(&self) -> Server {
        Server::start(&self.place.data(), &self.variables())
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Output {
        // A server that is not refused would run on.
        let mut command = Command::new("timeout");
        command.args(["100", env!("CARGO_BIN_EXE_gatepost")]).args(arguments).env_clear();
        command.envs(self.variables()).arg("--data").arg(self.place.data()).current_dir(self.place.0.path());
        command.output().unwrap()
    }

    #[track_caller]
    pub(super) fn answer(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments);
        let beside = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*beside), (Some(0), ""), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Why a command or the server is refused, in one line.
    #[track_caller]
    pub(super) fn refused(&self, arguments: &[&str]) -> String {
        refusal(&self.command(arguments))
    }

    /// Why the server does not start.
    #[track_caller]
    pub(super) fn unserved(&self) -> String {
        self.refused(&["serve", "--listen", "127.0.0.1:0"])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_and_every_command_work_on_postgresql() {
    let Some(database) = Database::shared() else { return };
    let site = Site::new(database);
    let made = site.answer(&["store", "init"]);
    assert!(made.contains(&format!("schema {}.", site.schema)), "{made}");
    assert!(made.contains(&format!("GRANT USAGE ON SCHEMA \"{}\" TO ROLE;", site.schema)), "{made}");
    assert_eq!(site.answer(&["store", "init"]), made, "it is complete already");
    let no_database = site.refused(&["account", "list"]);
    assert!(no_database.contains("the key for this database is missing"), "{no_database}");
    let server = site.serve();
    assert_eq!(server.start_line()["engine"], "postgres");
    site.answer(&["account", "add", "ann@example.org"]);
    let beside = site.answer(&["store", "verify"]);
    assert!(beside.starts_with("The database is intact: "), "{beside}");
    let accept = site.refused(&["store", "verify", "--accept"]);
    assert!(accept.contains("uses this data folder; stop it first"), "{accept}");
    server.stop();
    // No server runs, so the commands use the database themselves.
    assert!(site.answer(&["account", "list"]).contains("ann@example.org"));
    site.answer(&["account", "add", "bea@example.org"]);
    site.answer(&["account", "disable", "ann@example.org"]);
    assert!(site.answer(&["key", "list"]).contains('1'));
    site.answer(&["key", "rotate"]);
    assert!(site.answer(&["store", "verify"]).starts_with("The database is intact: "));
    assert!(site.answer(&["config", "check"]).contains(&format!("schema {}.", site.schema)));
    let people = site.place.0.path().join("people.jsonl");
    fs::write(&people, "{\"email\":\"cid@example.org\"}\n").unwrap();
    site.answer(&["account", "import", people.to_str().unwrap()]);
    let doctor = String::from_utf8(site.command(&["doctor"]).stdout).unwrap();
    assert!(doctor.contains(&format!("schema {} can be used", site.schema)), "{doctor}");
    let server = site.serve();
    assert!(site.answer(&["account", "list"]).contains("cid@example.org"));
    server.stop();
    let files: Vec<_> = fs::read_dir(site.place.data()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(files.iter().any(|name| name == "node"), "{files:?}");
    assert!(files.iter().all(|name| !name.to_string_lossy().starts_with("store")), "{files:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_fills_an_empty_schema_of_its_role() {
    let Some(database) = Database::shared() else { return };
    let site = Site::new(database);
    database.ask(&format!("CREATE SCHEMA {}", site.schema)).await;
    let line = site.refused(&["store", "verify"]);
    assert!(line.contains("there is no database in schema"), "{line}");
    site.serve().stop();
    assert!(site.answer(&["store", "verify"]).starts_with("The database is intact: "));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_moves_between_the_data_folder_and_postgresql() {
    let Some(database) = Database::shared() else { return };
    let place = Place::with_store();
    place.answer(&["account", "add", "ann@example.org"]);
    let backup = place.0.path().join("all.backup");
    let backup = backup.to_str().unwrap();
    place.answer(&["store", "backup", backup]);
    let site = Site::made(database);
    let line = site.refused(&["store", "restore", backup]);
    assert!(line.contains("a backup does not have the key"), "{line}");
    site.place.put_key(KEY, 0o600);
    let restored = site.answer(&["store", "restore", backup]);
    assert!(restored.contains(&format!("schema {}.", site.schema)), "{restored}");
    assert!(site.answer(&["account", "list"]).contains("ann@example.org"));
    let line = site.refused(&["store", "restore", backup]);
    assert!(line.contains("has a database already") && line.contains("store.schema"), "{line}");
    // Back again, while a server runs.
    let server = site.serve();
    let again = site.place.0.path().join("again.backup");
    let again = again.to_str().unwrap();
    site.answer(&["store", "backup", again]);
    server.stop();
    let other = Place::new();
    other.put_key(KEY, 0o600);
    other.answer(&["store", "restore", again]);
    assert!(other.answer(&["account", "list"]).contains("ann@example.org"));
    assert!(other.answer(&["store", "verify"]).starts_with("The database is intact: "));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_did_not_finish_is_done_again_and_nothing_serves_before_that() {
    let Some(database) = Database::shared() else { return };
    let place = Place::with_store();
    place.answer(&["account", "add", "ann@example.org"]);
    let backup = place.0.path().join("all.backup");
    let backup = backup.to_str().unwrap();
    place.answer(&["store", "backup", backup]);
    let site = Site::made(database);
    site.place.put_key(KEY, 0o600);
    // What is there after the first steps: the sign, and a record that is in no backup.
    let kv = format!("{}.kv", site.schema);
    database
        .ask(&format!("INSERT INTO {kv} VALUES ('\\x0066696c6c696e67', 1, ''), ('left over', 1, 'x')"))
        .await;
    for line in [site.unserved(), site.refused(&["account", "list"])] {
        assert!(line.contains("did not finish") && line.contains("gatepost store restore FILE"), "{line}");
    }
    site.answer(&["store", "restore", backup]);
    assert_eq!(
        database
            .ask(&format!("SELECT count(*) FROM {kv} WHERE k IN ('left over', '\\x0066696c6c696e67')"))
            .await,
        "0"
    );
    assert!(site.answer(&["store", "verify"]).starts_with("The database is intact: "));
    site.serve().stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_byte_is_found_by_verifying_and_other_people_are_served() {
    let Some(database) = Database::shared() else { return };
    let site = Site::made(database);
    site.serve().stop();
    for email in ["ann@example.org", "bea@example.org"] {
        site.answer(&["account", "add", email]);
    }
    let kv = format!("{}.kv", site.schema);
    let anns = format!("k = (SELECT k FROM {kv} WHERE k >= 'e/' ORDER BY k LIMIT 1)");
    database
        .ask(&format!(
            "UPDATE {kv} SET v = set_byte(v, length(v) - 1, 255 - get_byte(v, length(v) - 1)) WHERE {anns}"
        ))
        .await;
    let line = site.command(&["store", "verify"]);
    let text = String::from_utf8_lossy(&line.stderr).into_owned();
    assert_eq!(line.status.code(), Some(1), "{text}");
    assert!(text.contains("e/(address) is not as it was written"), "{text}");
    assert!(site.answer(&["account", "show", "bea@example.org"]).contains("bea@example.org"));
    site.refused(&["account", "show", "ann@example.org"]);
}
