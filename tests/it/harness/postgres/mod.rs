//! PostgreSQL servers that the tests start themselves, from a temporary folder and as a user without rights. They sync
//! like any other server, since what is acknowledged is what the tests are about.

mod cluster;
mod pooler;
mod proxy;
mod treatment;

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use gatepost::store::postgres::{Durable, Host, PostgresSettings, PostgresStore, Schema};
use gatepost::world;
use tempfile::TempDir;

pub(crate) use self::cluster::Cluster;
pub(crate) use self::pooler::Pooler;
pub(crate) use self::proxy::{Fate, Flow, Proxy};
use super::installed::is_installed;

/// Moves the clock of the program that loads it.
pub(crate) const MOVED_CLOCKS: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

/// Starts a server in a folder of its own and prints that folder. Once the tests end, however they do, its input ends,
/// and the server with it. A signal that ends the tests must not end the script before that.
const SCRIPT: &str = r#"
set -eu
trap '' HUP INT TERM
# In memory, where there is room, since each test syncs some hundred times.
free=$(df -k --output=avail /dev/shm | tail -n 1) || free=0
place=/tmp
[ "$free" -lt 2000000 ] || place=/dev/shm
folder=$(mktemp -d "$place/gatepost-postgres.XXXXXX")
trap 'rm -rf "$folder"' EXIT
exec 3>&1 >"$folder/log" 2>&1
cd "$folder"
if [ -n "$4" ]; then
    "$1/pg_basebackup" -D data -h "$4" -p "$5" -U gatepost -R --checkpoint=fast --no-sync
    chmod 700 data
else
    "$1/initdb" -D data -U gatepost -A trust -E UTF8 --no-locale --no-sync
fi
cat >>data/postgresql.conf <<EOF
listen_addresses = '127.0.0.1'
port = $2
unix_socket_directories = '$folder'
shared_buffers = 32MB
max_connections = 400
max_wal_size = 256MB
EOF
printf '%b' "$3" >>data/postgresql.conf
if [ -n "$6" ]; then
    export LD_PRELOAD="$7" FAKETIME_TIMESTAMP_FILE="$6" FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1
fi
"$1/pg_ctl" -D data -l server.log -w start
unset LD_PRELOAD
echo "$folder" >&3
exec 3>&-
cat >/dev/null
"$1/pg_ctl" -D data -m immediate stop
"#;

/// A running server.
pub(crate) struct Server {
    folder: PathBuf,
    port: u16,
    script: Child,
}

impl Server {
    /// The server that all tests of this process share. Nothing may be set for the whole of it.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Server>> = OnceLock::new();
        SHARED.get_or_init(|| Self::start("")).as_ref()
    }

    /// A server of its own, with these lines in its configuration.
    pub(crate) fn start(lines: &str) -> Option<Self> {
        Self::run(lines, None, "")
    }

    /// A server of its own whose clock a file moves, such as by `+60s`.
    pub(crate) fn start_with_clock(file: &Path) -> Option<Self> {
        Self::run("", None, file.to_str().unwrap())
    }

    /// A standby of this server.
    pub(crate) fn standby(&self, lines: &str) -> Self {
        Self::run(lines, Some(self), "").unwrap()
    }

    fn run(lines: &str, primary: Option<&Self>, clock: &str) -> Option<Self> {
        let programs = programs()?;
        let port = free_port();
        let (folder_of, port_of) = match primary {
            Some(primary) => (primary.folder.to_str().unwrap(), primary.port.to_string()),
            None => ("", String::new()),
        };
        let mut script = without_rights("sh");
        script.args(["-c", SCRIPT, "sh", &programs, &port.to_string(), lines, folder_of, &port_of]);
        script.args([clock, MOVED_CLOCKS]);
        let mut script = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut folder = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut folder).unwrap();
        assert!(!folder.is_empty(), "the server did not start");
        Some(Self { folder: PathBuf::from(folder.trim_end()), port, script })
    }

    /// What a statement returns, as text.
    pub(crate) async fn ask(&self, statement: &str) -> String {
        let asked = self.psql().args(["-c", statement]).output().await.unwrap();
        assert!(asked.status.success(), "{statement}: {}", String::from_utf8_lossy(&asked.stderr));
        String::from_utf8(asked.stdout).unwrap().trim_end().to_owned()
    }

    /// A client with a role that may do everything, and that waits for no standby.
    pub(crate) fn psql(&self) -> tokio::process::Command {
        let mut psql = tokio::process::Command::new("psql");
        psql.env(
            "PGOPTIONS",
            "-c synchronous_commit=local -c search_path=public -c default_transaction_read_only=off",
        );
        psql.args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-U",
            "gatepost",
            "-d",
            "postgres",
            "-p",
            &self.port.to_string(),
            "-h",
        ]);
        psql.arg(&self.folder);
        psql
    }

    /// Writes a file beside its data that only the server can read.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.folder.join("data").join(name);
        let mut tee = without_rights("sh");
        tee.args(["-c", "umask 077; printf %s \"$1\" >\"$2\"", "sh", text]).arg(path);
        assert!(tee.status().unwrap().success());
    }

    /// Changes a setting of the whole server, and returns when it is in force.
    pub(crate) async fn set(&self, name: &str, value: &str) {
        self.ask(&format!("ALTER SYSTEM SET {name} = '{value}'")).await;
        self.ask("SELECT pg_reload_conf()").await;
        self.wait_until(&format!("SELECT setting = '{value}' FROM pg_settings WHERE name = '{name}'")).await;
    }

    /// Asks until a statement returns true.
    pub(crate) async fn wait_until(&self, statement: &str) {
        for _ in 0..3000 {
            if self.ask(statement).await == "t" {
                return;
            }
        }
        panic!("never true: {statement}");
    }

    /// Ends the server as a crash does.
    pub(crate) async fn crash(&self) {
        self.control(&["-m", "immediate", "stop"]).await;
    }

    /// Starts it again.
    pub(crate) async fn start_again(&self) {
        let log = self.folder.join("server.log");
        self.control(&["-l", log.to_str().unwrap(), "start"]).await;
    }

    /// Makes the primary of a standby.
    pub(crate) async fn promote(&self) {
        self.control(&["promote"]).await;
    }

    async fn control(&self, arguments: &[&str]) {
        let mut control = without_rights(&format!("{}/pg_ctl", programs().unwrap()));
        control.arg("-D").arg(self.folder.join("data")).arg("-w").args(arguments);
        // The server must not keep a pipe of ours open.
        control.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let is_done = tokio::process::Command::from(control).status().await.unwrap().success();
        assert!(is_done, "{arguments:?}: {}", self.log());
    }

    pub(crate) fn socket(&self) -> Host {
        Host::Unix(self.folder.clone(), self.port)
    }

    /// Where it is, as a setting.
    pub(crate) fn url(&self, user: &str) -> String {
        format!("postgres://{user}@/postgres?host={}&port={}", self.folder.display(), self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Settings that lead to this server.
    pub(crate) fn settings(&self, schema: &str, folder: &Path) -> PostgresSettings {
        settings(vec![self.socket()], schema, folder)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.goes_on();
        drop(self.script.stdin.take());
        // It has ended in any case.
        let _ = self.script.wait();
    }
}

/// Settings that lead to these servers, of which each counts alone.
pub(crate) fn settings(hosts: Vec<Host>, schema: &str, folder: &Path) -> PostgresSettings {
    PostgresSettings {
        hosts,
        user: "gatepost".into(),
        password: None,
        database: "postgres".into(),
        tls: None,
        schema: Schema::named(schema).unwrap(),
        connections: 8,
        timeout: Duration::from_secs(5),
        durable: Durable::One,
        folder: folder.to_owned(),
    }
}

/// A new, empty store on the server that all tests share, and the folder of its side file.
pub(crate) async fn store() -> Option<(Arc<PostgresStore>, TempDir)> {
    static STORES: AtomicU32 = AtomicU32::new(0);
    let schema = format!("store_{}", STORES.fetch_add(1, Ordering::Relaxed));
    let folder = tempfile::tempdir().unwrap();
    // Thousands of commits run beside other tests, and none of them is about a disk that stalls for a while.
    let patient = |settings| PostgresSettings { timeout: Duration::from_secs(30), ..settings };
    let settings = || Some(patient(Server::shared()?.settings(&schema, folder.path())));
    PostgresStore::create(settings()?, world::real()).await.unwrap();
    let store = PostgresStore::open(settings()?, world::real()).await.unwrap();
    Some((Arc::new(store), folder))
}

/// Whether there are servers to start. On CI, there must be.
pub(crate) fn is_available() -> bool {
    programs().is_some()
}

/// The folder of the server's programs.
fn programs() -> Option<String> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok();
    let folders = versions.into_iter().flatten().flatten().map(|version| version.path().join("bin"));
    let folder = folders.filter(|folder| folder.join("initdb").exists()).max();
    let folder =
        folder.map_or_else(|| "/usr/lib/postgresql/15/bin".into(), |folder| folder.display().to_string());
    is_installed(&format!("{folder}/initdb")).then_some(folder)
}

/// The server refuses to run as root.
fn without_rights(program: &str) -> Command {
    if !rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", program]);
    command
}

/// A port that no connection gets as its own end, so that it is still free when a server starts on it, and when it starts
/// there again.
fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let ports = std::iter::repeat_with(|| {
        // Other processes that test begin elsewhere.
        let number = std::process::id() * 101 + NEXT.fetch_add(1, Ordering::Relaxed);
        20_000 + u16::try_from(number % 12_000).unwrap()
    });
    ports.take(1000).find(is_free).expect("a free port")
}
