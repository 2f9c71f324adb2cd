//! The shared engine, compared with the same statements in bare loops on the same server, one of pgbench and, for
//! reads, one of the client that the engine uses: `cargo bench -- shared=FOLDER:PORT`, with the folder of the server's
//! socket.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use gatepost::domain::ports::{Change, Committed, Store};
use gatepost::domain::record::Record;
use gatepost::domain::record::key::Key;
use gatepost::store::postgres::{Durable, Host, PostgresSettings, PostgresStore, Schema};
use gatepost::world;
use tokio::net::UnixStream;

use crate::{median, nodes, row, stopwatch};

const WINDOWS: usize = 3;
const SECONDS: u32 = 3;
/// As many as 16 connections leave for commits.
const COMMITTERS: u32 = 11;

const COMMIT: &str = r"\set n random(1, 2000000000)
SELECT bench.commit_change('{}', '{}', ARRAY[convert_to('bare/' || :n || '/1', 'UTF8'), convert_to('bare/' || :n || '/2', 'UTF8'), convert_to('bare/' || :n || '/3', 'UTF8')], ARRAY['\x01020304050607080102030405060708010203040506070801020304050607080102030405060708'::bytea, '\x01020304050607080102030405060708010203040506070801020304050607080102030405060708', '\x01020304050607080102030405060708010203040506070801020304050607080102030405060708'], :n, uuid_send(gen_random_uuid()), clock_timestamp() + interval '1 minute');
";
const GET: &str =
    "SELECT k, ver, v FROM bench.kv WHERE k = ANY(ARRAY['session'::bytea, 'account'::bytea]);\n";

/// Prints a row for each number of waiters.
pub(crate) async fn measure(server: &str) {
    let (folder, port) = server.rsplit_once(':').expect("FOLDER:PORT");
    let server = Server { folder: folder.into(), port: port.parse().expect("a port") };
    let side = tempfile::tempdir().expect("a folder");
    let settings = || server.settings(side.path());
    PostgresStore::create(settings(), world::real()).await.expect("a schema");
    let store = Arc::new(PostgresStore::open(settings(), world::real()).await.expect("a database"));
    let mut records = Change::new();
    records.put(Key::from_bytes(b"session".to_vec()), Record::KeyCheck([7; 32]));
    records.put(Key::from_bytes(b"account".to_vec()), Record::KeyCheck([7; 32]));
    assert_eq!(store.commit(records).await, Ok(Committed::Yes));
    for (what, statement, is_commit) in
        [("three-key commits", COMMIT, true), ("reads of two keys", GET, false)]
    {
        for waiters in [1_u32, 8, 64] {
            let (mut ours, mut bare, mut client) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..WINDOWS {
                ours.push(acts_a_second(&store, waiters, is_commit).await);
                bare.push(server.bare_a_second(statement, waiters.min(COMMITTERS)));
                if !is_commit {
                    client.push(server.bare_reads_a_second(waiters.min(COMMITTERS) as usize).await);
                }
            }
            let what = format!("{what} on PostgreSQL, {waiters} at a time");
            let ours = median(ours);
            let print = |bare: f64, loop_of: &str| {
                let reference = format!("{bare:.0} /s in a bare loop of {loop_of}");
                row(&what, &format!("{ours:.0} /s"), &reference, Some(ours / bare));
            };
            print(median(bare), "pgbench");
            if !is_commit {
                print(median(client), "the same client");
            }
        }
    }
    drop(store);
    let folders = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    nodes::measure(&server, [folders[0].path(), folders[1].path()]).await;
}

async fn acts_a_second(store: &Arc<PostgresStore>, waiters: u32, is_commit: bool) -> f64 {
    let elapsed = Arc::new(stopwatch());
    let tasks: Vec<_> = (0..waiters)
        .map(|waiter| {
            let (store, elapsed) = (Arc::clone(store), Arc::clone(&elapsed));
            tokio::spawn(async move {
                let mut acts = 0_u32;
                while elapsed().as_secs() < u64::from(SECONDS) {
                    if is_commit {
                        commit(&store, waiter, acts).await;
                    } else {
                        read(&store).await;
                    }
                    acts += 1;
                }
                acts
            })
        })
        .collect();
    let mut acts = 0;
    for task in tasks {
        acts += task.await.expect("every act succeeds");
    }
    f64::from(acts) / elapsed().as_secs_f64()
}

async fn commit(store: &PostgresStore, waiter: u32, number: u32) {
    let mut change = Change::new();
    for part in 0..3 {
        let key = format!("bench/{waiter}/{number}/{part}");
        change.put(Key::from_bytes(key.into_bytes()), Record::KeyCheck([7; 32]));
    }
    assert_eq!(store.commit(change).await, Ok(Committed::Yes));
}

async fn read(store: &PostgresStore) {
    let keys = [&b"session"[..], b"account"].map(|key| Key::from_bytes(key.to_vec()));
    assert!(store.get(&keys).await.expect("a read").iter().all(Option::is_some));
}

/// A running PostgreSQL.
pub(crate) struct Server {
    folder: PathBuf,
    port: u16,
}

impl Server {
    /// A node of it, which keeps its own files in this folder.
    pub(crate) fn settings(&self, folder: &Path) -> PostgresSettings {
        PostgresSettings {
            hosts: vec![Host::Unix(self.folder.clone(), self.port)],
            user: "gatepost".into(),
            password: None,
            database: "postgres".into(),
            tls: None,
            schema: Schema::named("bench").expect("a plain name"),
            connections: 16,
            timeout: Duration::from_secs(5),
            durable: Durable::One,
            folder: folder.to_owned(),
        }
    }

    /// Reads of two keys by the client that the engine uses, each task on a connection of its own.
    pub(crate) async fn bare_reads_a_second(&self, clients: usize) -> f64 {
        let elapsed = Arc::new(stopwatch());
        let mut tasks = Vec::new();
        for _ in 0..clients {
            let mut config = tokio_postgres::Config::new();
            config.user("gatepost").dbname("postgres");
            let socket = self.folder.join(format!(".s.PGSQL.{}", self.port));
            let socket = UnixStream::connect(socket).await.expect("a running server");
            let (client, connection) =
                config.connect_raw(socket, tokio_postgres::NoTls).await.expect("a connection");
            tokio::spawn(connection);
            let statement = "SELECT k, ver, v FROM bench.kv WHERE k = ANY($1)";
            let statement = client.prepare(statement).await.expect("a statement");
            tasks.push((client, statement));
        }
        let begun = elapsed();
        let tasks: Vec<_> = tasks
            .into_iter()
            .map(|(client, statement)| {
                let elapsed = Arc::clone(&elapsed);
                tokio::spawn(async move {
                    let mut reads = 0_u32;
                    while elapsed().saturating_sub(begun).as_secs() < u64::from(SECONDS) {
                        let keys: [&[u8]; 2] = [b"session", b"account"];
                        let rows = client.query(&statement, &[&keys.as_slice()]).await;
                        assert_eq!(rows.expect("a read").len(), 2);
                        reads += 1;
                    }
                    reads
                })
            })
            .collect();
        let mut reads = 0;
        for task in tasks {
            reads += task.await.expect("every read succeeds");
        }
        f64::from(reads) / elapsed().saturating_sub(begun).as_secs_f64()
    }

    fn bare_a_second(&self, statement: &str, clients: u32) -> f64 {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), statement).expect("room on the disk");
        let mut pgbench = Command::new("pgbench");
        pgbench.args([
            "-n",
            "-M",
            "prepared",
            "-j",
            "2",
            "-U",
            "gatepost",
            "-p",
            &self.port.to_string(),
            "-h",
        ]);
        pgbench.arg(&self.folder).args(["-c", &clients.to_string(), "-T", &SECONDS.to_string(), "-f"]);
        let ended = pgbench.arg(file.path()).arg("postgres").output().expect("pgbench");
        let told = String::from_utf8_lossy(&ended.stdout).into_owned();
        let tps = told.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        tps.unwrap_or_else(|| panic!("{told}{}", String::from_utf8_lossy(&ended.stderr)))
    }
}
