//! The side file: which database this process used last, and its timeline.
//!
//! A server that was the primary before a failover takes writes without objection when it comes back. Its timeline is
//! lower than the one that was used since, and this file knows that one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::fault::Fault;
use super::life::Life;

const NAME: &str = "node";

#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    system: String,
    timeline: u32,
}

#[derive(Debug)]
pub(super) struct Floor {
    path: PathBuf,
    known: Mutex<Option<Known>>,
}

impl Floor {
    /// Reads the side file, if there is one.
    pub(super) fn load(folder: &Path) -> Result<Self, Fault> {
        let path = folder.join(NAME);
        let unusable = |what: &str| Fault::Unfit(format!("cannot use {}: {what}", path.display()));
        let known = match fs::read_to_string(&path) {
            Ok(text) => Some(parse(&text).ok_or_else(|| unusable("it is damaged"))?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(unusable(&error.to_string())),
        };
        Ok(Self { known: Mutex::new(known), path })
    }

    /// Whether a server may be used: not if it is another database, or was left behind by a failover.
    pub(super) fn check(&self, life: &Life) -> Result<(), Fault> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some(known) if known.system != life.system => Err(Fault::Unfit(format!(
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
        let new = Known { system: life.system.clone(), timeline: life.timeline };
        if self.known.lock().unwrap_or_else(PoisonError::into_inner).as_ref() == Some(&new) {
            return Ok(());
        }
        let (path, text) = (self.path.clone(), render(&new));
        let written = tokio::task::spawn_blocking(move || write(&path, &text)).await;
        let written = written.unwrap_or_else(|error| Err(io::Error::other(error)));
        written
            .map_err(|error| Fault::Unreachable(format!("cannot write {}: {error}", self.path.display())))?;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(new);
        Ok(())
    }
}

fn render(known: &Known) -> String {
    format!("gatepost node 1\nsystem {}\ntimeline {}\n", known.system, known.timeline)
}

fn parse(text: &str) -> Option<Known> {
    let mut lines = text.strip_prefix("gatepost node 1\n")?.lines();
    let system = lines.next()?.strip_prefix("system ")?.to_owned();
    let timeline = lines.next()?.strip_prefix("timeline ")?.parse().ok()?;
    Some(Known { system, timeline })
}

/// Replaces the file, so that a crash leaves the old one or the new one.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let draft = path.with_extension("new");
    let mut file = File::create(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
