//! Moving the database between the data folder and PostgreSQL, as processes.

mod kills;
mod people;
mod refused;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use super::serving::Server;
use super::{KEY, gatepost, refusal};
use crate::harness::postgres::Server as Database;

/// A place that a database can be in: a data folder with a key, and a configuration.
pub(super) struct End {
    folder: TempDir,
    schema: Option<String>,
}

impl End {
    /// The data folder itself.
    fn sled() -> Self {
        Self::with("", None)
    }

    /// A new schema.
    fn postgres(database: &Database) -> Self {
        static ENDS: AtomicU32 = AtomicU32::new(0);
        let schema = format!("end_{}", ENDS.fetch_add(1, Ordering::Relaxed));
        let url = database.url("gatepost");
        let store = format!("[store]\nurl = \"{url}\"\nschema = \"{schema}\"\ndurable = \"one\"\n");
        let end = Self::with(&store, Some(schema));
        end.answer(&["store", "init"]);
        end
    }

    /// The same with an empty database, which the first start of a server would not make beside a key.
    fn created(self) -> Self {
        if self.schema.is_none() {
            self.answer(&["store", "create"]);
        }
        self
    }

    /// One with these lines in its configuration.
    fn with(store: &str, schema: Option<String>) -> Self {
        let end = Self { folder: tempfile::tempdir().unwrap(), schema };
        fs::create_dir(end.data()).unwrap();
        end.put_key(KEY);
        end.configure(&format!("data_dir = \"{}\"\n{store}", end.data().display()));
        end
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    fn configure(&self, text: &str) {
        fs::write(self.file(), text).unwrap();
    }

    fn put_key(&self, key: &str) {
        use std::os::unix::fs::PermissionsExt;
        for (path, mode) in [(self.data(), 0o700), (self.data().join("key"), 0o600)] {
            if mode == 0o600 {
                fs::write(&path, key).unwrap();
            }
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
    }

    /// The same with an email server that answers at a port.
    fn mailing(self, port: u16) -> Self {
        let text = fs::read_to_string(self.file()).unwrap();
        let url = format!("smtp://127.0.0.1:{port}?tls=none");
        self.configure(&format!("{text}[mail]\ntransport = \"smtp\"\nsmtp_url = \"{url}\"\n"));
        self
    }

    fn begin(&self, arguments: &[&str]) -> Command {
        let mut command = gatepost(arguments);
        command.arg("--config").arg(self.file()).current_dir(self.folder.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.begin(arguments).output().unwrap()
    }

    #[track_caller]
    fn answer(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    fn refused(&self, arguments: &[&str]) -> String {
        refusal(&self.run(arguments))
    }

    /// Why no server starts here.
    #[track_caller]
    fn unserved(&self) -> String {
        let mut command = Command::new("timeout");
        command.args(["100", env!("CARGO_BIN_EXE_gatepost"), "serve", "--listen", "127.0.0.1:0", "--config"]);
        refusal(&command.arg(self.file()).env_clear().current_dir(self.folder.path()).output().unwrap())
    }

    fn serve(&self) -> Server {
        let mut command = gatepost(&[]);
        command.arg("--config").arg(self.file());
        Server::start_as(command, &self.data())
    }

    fn moving(&self, to: &Path) -> Command {
        let mut command = self.begin(&["store", "move"]);
        command.arg("--to").arg(to);
        command
    }

    #[track_caller]
    fn move_to(&self, to: &Self) -> String {
        let output = self.moving(&to.file()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{text}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Why nothing is moved.
    #[track_caller]
    fn unmoved(&self, to: &Self) -> String {
        refusal(&self.moving(&to.file()).output().unwrap())
    }

    /// The addresses of all accounts.
    #[track_caller]
    fn accounts(&self) -> Vec<String> {
        addresses(&self.answer(&["account", "list", "--json"]))
    }
}

fn addresses(listed: &str) -> Vec<String> {
    let email = |line: &str| {
        let account: serde_json::Value = serde_json::from_str(line).unwrap();
        account["email"].as_str().unwrap().to_owned()
    };
    listed.lines().map(email).collect()
}

/// Kills a move that is about to write something into a table that it moves to.
async fn killed_at(database: &Database, from: &End, to: &End, act: &str, what: &str) {
    let schema = to.schema.as_deref().unwrap();
    let trigger = format!(
        "CREATE FUNCTION {schema}.wait() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN IF {what} THEN PERFORM pg_sleep(600); END IF; RETURN NEW; END $$;
         CREATE TRIGGER waits BEFORE {act} ON {schema}.kv FOR EACH ROW EXECUTE FUNCTION {schema}.wait()"
    );
    database.ask(&trigger).await;
    let mut child = from.moving(&to.file()).spawn().unwrap();
    let asleep = format!("FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE '%{schema}%'");
    database.wait_until(&format!("SELECT count(*) > 0 {asleep}")).await;
    child.kill().unwrap();
    child.wait().unwrap();
    database.ask(&format!("SELECT pg_terminate_backend(pid) {asleep}")).await;
    database.ask(&format!("DROP TRIGGER waits ON {schema}.kv; DROP FUNCTION {schema}.wait()")).await;
}
