//! Separate processes for tests that kill one, limit its files, or damage the files it reads: sled
//! keeps its threads and locks until its process ends. Each is this test binary, running one ignored
//! test with a data folder as its working directory; its lines for the test begin with an `@`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use gatepost::domain::ports::Change;
use gatepost::domain::ports::Committed;
use gatepost::domain::ports::Store;
use gatepost::domain::ports::StoreError;
use gatepost::domain::record::Record;
use gatepost::store::sled::SledStore;

use super::{Accept, everything, get, key, open, settings, value, verify};

/// This file, as tests are named.
const OWN: &str = "store::process";

/// A started process and its output.
pub(super) struct Process {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Process {
    /// Starts the ignored test `role` of this file in `folder`.
    pub(super) fn start(role: &str, folder: &Path) -> Self {
        Self::start_of(&format!("{OWN}::{role}"), folder)
    }

    /// The same for a test of another file.
    pub(super) fn start_of(name: &str, folder: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        Self::spawn(command.args(["--exact", name, "--ignored", "--nocapture"]), folder)
    }

    /// The same, started by another program.
    pub(super) fn start_with(mut command: Command, role: &str, folder: &Path) -> Self {
        let program = std::env::current_exe().unwrap();
        Self::spawn(command.arg(program).args(arguments(role)), folder)
    }

    /// The same with a limit on the size of files, to simulate a failing disk.
    pub(super) fn start_with_file_limit(role: &str, folder: &Path, kib: usize) -> Self {
        let mut command = Command::new("sh");
        // `ulimit -f` counts blocks of half a KiB. The signal is ignored, so that writing beyond the
        // limit is an error instead.
        let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", kib * 2);
        let program = std::env::current_exe().unwrap();
        Self::spawn(command.args(["-c", &script]).arg(program).args(arguments(role)), folder)
    }

    fn spawn(command: &mut Command, folder: &Path) -> Self {
        let command = command.current_dir(folder).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its next line for the test; `None` when it has ended.
    pub(super) fn next(&mut self) -> Option<String> {
        let mut line = String::new();
        while self.lines.read_line(&mut line).unwrap() > 0 {
            if let Some(said) = line.strip_prefix('@') {
                return said.strip_suffix('\n').map(str::to_owned);
            }
            line.clear();
        }
        None
    }

    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(super) fn ended_well(mut self) -> bool {
        self.child.wait().unwrap().success()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn arguments(role: &str) -> [String; 4] {
    ["--exact".into(), format!("{OWN}::{role}"), "--ignored".into(), "--nocapture".into()]
}

pub(super) fn say(line: &str) {
    // The test harness may have left a line unfinished.
    println!("\n@{line}");
}

/// One number for everything that can be read.
pub(super) async fn contents(store: &dyn Store) -> Result<u64, StoreError> {
    let (mut rest, mut text) = (everything(), Vec::new());
    loop {
        let page = store.scan(&rest, 100).await?;
        let Some((last, _)) = page.last() else {
            return Ok(xxhash_rust::xxh3::xxh3_64(&text));
        };
        rest = rest.after(last);
        text.extend(format!("{page:?}").into_bytes());
    }
}

#[test]
#[ignore = "a process of other tests"]
fn holds_the_store() {
    let _store = open(Path::new("."));
    say("open");
    std::io::stdin().lines().for_each(drop);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a process of other tests"]
async fn commits_without_end() {
    say("started");
    let store = Arc::new(open(Path::new(".")));
    let tasks = (0..8u8).map(|task| {
        let store = store.clone();
        tokio::spawn(async move {
            let already = get(&*store, &format!("{task} a")).await.map_or(0, |(record, _)| number(&record));
            for number in already + 1.. {
                commit_pair(&*store, task, number).await;
                say(&format!("{task} {number}"));
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a process of other tests"]
async fn commits_until_it_ends() {
    let store = Arc::new(open(Path::new(".")));
    let tasks = (0..8u8).map(|task| {
        let store = store.clone();
        tokio::spawn(async move {
            let already = get(&*store, &format!("{task} a")).await.map_or(0, |(record, _)| number(&record));
            for number in already + 1..=already + 30 {
                commit_pair(&*store, task, number).await;
                say(&format!("{task} {number}"));
                if number % 10 == 0 {
                    // As long as a record may be.
                    let mut change = Change::new();
                    change.put(key(&format!("{task} long")), super::long_record(50_000));
                    assert_eq!(store.commit(change).await, Ok(Committed::Yes));
                }
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    // Nothing is closed: the power is cut.
    std::process::exit(0);
}

/// Two keys with the same number, and a third that grows with it.
async fn commit_pair(store: &dyn Store, task: u8, number: u64) {
    let mut change = Change::new();
    for name in ["a", "b"] {
        change.put(key(&format!("{task} {name}")), numbered(number));
    }
    change.put(key(&format!("{task} log {number:06}")), numbered(number));
    assert_eq!(store.commit(change).await, Ok(Committed::Yes));
}

fn numbered(number: u64) -> Record {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Record::KeyCheck(bytes)
}

pub(super) fn number(record: &Record) -> u64 {
    let Record::KeyCheck(bytes) = record else { panic!("{record:?}") };
    u64::from_be_bytes(*bytes.first_chunk().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a process of other tests"]
async fn reads_everything() {
    let said = match SledStore::open(Path::new("."), &settings()) {
        Err(refusal) => {
            assert_eq!(verify(Path::new("."), Accept::No).unwrap_err(), refusal);
            format!("refused {refusal}")
        }
        Ok(store) => match contents(&store).await {
            Ok(contents) => format!("served {contents:016x}"),
            Err(error) => format!("unreadable {error}"),
        },
    };
    say(&said.replace('\n', "<line break>"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a process of other tests"]
async fn commits_until_the_disk_fails() {
    let store = open(Path::new("."));
    let mut last = 0;
    let error = loop {
        let mut change = Change::new();
        change.put(key("last"), numbered(last + 1));
        change.put(key(&format!("log {last:06}")), value(1));
        match store.commit(change).await {
            Ok(_) => last += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::InDoubt(_)), "{error:?}");
    assert!(matches!(store.writable(), Err(StoreError::Refused(_))));
    // The commit in doubt is not visible; the acknowledged ones still are.
    let (record, _) = get(&store, "last").await.unwrap();
    assert_eq!(number(&record), last);
    let later = store.commit(super::put("later", 1)).await;
    assert!(matches!(later, Err(StoreError::Refused(_))), "{later:?}");
    let reason = store.failed().await;
    store.close().await;
    say(&format!("{last} {reason}"));
}
