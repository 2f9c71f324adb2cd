//! The side file: which database this process used last, its timeline, and what a run remembers for the next one.
//!
//! A server that was the primary before a failover takes writes without objection when it comes back. Its timeline is
//! lower than the one that was used since, and this file knows that one.

use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::fault::Fault;
use super::life::Life;
use crate::store::side_file;

const NAME: &str = "node";
const FIRST_LINE: &str = "gatepost node 1\n";

#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    system: String,
    timeline: u32,
    /// Whether there were records in it.
    is_used: bool,
    memory: Option<Vec<u8>>,
}

#[derive(Debug)]
pub(super) struct Floor {
    path: PathBuf,
    known: Mutex<Option<Known>>,
    /// Whether there is a file, or may be one.
    is_kept: AtomicBool,
    /// Whether another database may take the place of the known one, if what was remembered is found in it.
    admits_another: AtomicBool,
    /// Whether one has, and that is not accepted yet.
    is_another: AtomicBool,
    /// Held by whoever writes the file.
    writing: tokio::sync::Mutex<()>,
}

impl Floor {
    /// Reads the side file, if there is one.
    pub(super) fn load(folder: &Path) -> Result<Self, Fault> {
        let path = folder.join(NAME);
        let unusable = |what: &str| Fault::Unfit(format!("cannot use {}: {what}", path.display()));
        let content = side_file::content(&path).map_err(|error| unusable(&error.to_string()))?;
        let known =
            content.map(|bytes| parse(&bytes).ok_or_else(|| unusable("it is damaged"))).transpose()?;
        let (known, is_kept) = (Mutex::new(known), AtomicBool::new(true));
        let (admits_another, is_another) = (AtomicBool::new(false), AtomicBool::new(false));
        Ok(Self { path, known, is_kept, admits_another, is_another, writing: tokio::sync::Mutex::default() })
    }

    /// Says whether another database may take the place of the known one. The file stays as it is until something is
    /// remembered: by a run that has found in it what its last run left.
    pub(super) fn admit_another(&self, admits: bool) {
        self.admits_another.store(admits, Ordering::Relaxed);
    }

    /// Whether another database is used than the one that the file belongs to.
    pub(super) fn is_another(&self) -> bool {
        self.is_another.load(Ordering::Relaxed)
    }

    /// Whether a server has another database than the known one.
    pub(super) fn differs(&self, life: &Life) -> bool {
        self.known().is_some_and(|known| known.system != life.system)
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a database with records was used before.
    pub(super) fn is_used(&self) -> bool {
        self.known().is_some_and(|known| known.is_used)
    }

    /// Remembers that there are records in the database, so that it is missed if it is empty one day.
    pub(super) async fn note_records(&self) -> io::Result<()> {
        self.write(|known| known.map(|known| Known { is_used: true, ..known })).await
    }

    /// Makes no file if there is none: a command leaves nothing behind.
    pub(super) fn make_nothing(&self) {
        self.is_kept.store(self.known().is_some(), Ordering::Relaxed);
    }

    /// Forgets which database was used before: any is accepted now. The file stays as it is until `keep`, so that
    /// nothing has been accepted if this process is interrupted.
    pub(super) fn forget(&self) {
        self.is_kept.store(false, Ordering::Relaxed);
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Writes which database is used now, and that its last run is unknown. Synced when this returns.
    pub(super) async fn keep(&self) -> io::Result<()> {
        self.is_kept.store(true, Ordering::Relaxed);
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.write(|_| known).await
    }

    /// Whether a server may be used: not if it is another database, or was left behind by a failover.
    pub(super) fn check(&self, life: &Life) -> Result<(), Fault> {
        let admits = self.admits_another.load(Ordering::Relaxed);
        match self.known() {
            Some(Known { system, memory: Some(_), .. }) if system != life.system && admits => Ok(()),
            Some(known) if known.system != life.system => Err(Fault::Foreign(format!(
                "this is not the database that {} belongs to; check store.url, or restore the right one",
                self.path.display()
            ))),
            Some(known) if known.timeline > life.timeline => Err(Fault::Unfit(format!(
                "the server has timeline {}, but {} was used since: it was the primary before a failover; make it a \
                 standby",
                life.timeline, known.timeline
            ))),
            _ => Ok(()),
        }
    }

    /// Remembers a server before anything that it says is believed. Synced when this returns.
    pub(super) async fn raise(&self, life: &Life) -> Result<(), Fault> {
        self.check(life)?;
        if self.differs(life) {
            self.is_another.store(true, Ordering::Relaxed);
            self.is_kept.store(false, Ordering::Relaxed);
        }
        let written = self.write(|known| {
            let (is_used, memory) = known.map_or((false, None), |known| (known.is_used, known.memory));
            Some(Known { system: life.system.clone(), timeline: life.timeline, is_used, memory })
        });
        let unwritten = |error| Fault::Unreachable(format!("cannot write {}: {error}", self.path.display()));
        written.await.map_err(unwritten)
    }

    /// What a run remembers.
    pub(super) fn remembered(&self) -> Option<Vec<u8>> {
        self.known().and_then(|known| known.memory)
    }

    /// Remembers something. Synced when this returns.
    pub(super) async fn remember(&self, memory: Vec<u8>) -> io::Result<()> {
        if self.is_another.swap(false, Ordering::Relaxed) {
            self.is_kept.store(true, Ordering::Relaxed);
        }
        // Nothing is remembered before there is a database that it is about.
        self.write(|known| known.map(|known| Known { memory: Some(memory), ..known })).await
    }

    async fn write(&self, new: impl FnOnce(Option<Known>) -> Option<Known>) -> io::Result<()> {
        let _turn = self.writing.lock().await;
        let known = self.known();
        let Some(new) = new(known.clone()).filter(|new| known.as_ref() != Some(new)) else { return Ok(()) };
        let (path, text) = (self.path.clone(), render(&new));
        if !self.is_kept.load(Ordering::Relaxed) {
            *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(new);
            return Ok(());
        }
        let written = tokio::task::spawn_blocking(move || side_file::replace(&path, text.as_bytes())).await;
        written.unwrap_or_else(|error| Err(io::Error::other(error)))?;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(new);
        Ok(())
    }

    fn known(&self) -> Option<Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn render(Known { system, timeline, is_used, memory }: &Known) -> String {
    let mut text = format!("{FIRST_LINE}system {system}\ntimeline {timeline}\n");
    if *is_used {
        text.push_str("used\n");
    }
    if let Some(memory) = memory {
        text.push_str("memory ");
        for byte in memory {
            // Writing to a text cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text.push('\n');
    }
    text
}

fn parse(bytes: &[u8]) -> Option<Known> {
    let mut lines = std::str::from_utf8(bytes).ok()?.strip_prefix(FIRST_LINE)?.lines();
    let system = lines.next()?.strip_prefix("system ")?.to_owned();
    let timeline = lines.next()?.strip_prefix("timeline ")?.parse().ok()?;
    let mut known = Known { system, timeline, is_used: false, memory: None };
    for line in lines {
        match line.split_once(' ') {
            None if line == "used" => known.is_used = true,
            Some(("memory", hex)) => known.memory = Some(unhex(hex)?),
            _ => return None,
        }
    }
    Some(known)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
