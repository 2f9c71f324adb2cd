//! Reading the configuration again while the server runs, at SIGHUP: all of it or nothing. What changes counts from
//! the next request on. The key file alone is read again whenever it changed, if nodes share the store.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::Signal;
use tokio::task::spawn_blocking;

use super::furnish;
use super::operator::Desk;
use super::running::Switch;
use crate::config::again::{Reader, Reread};
use crate::config::key_file::KeyPlace;
use crate::config::{Config, Mistakes};
use crate::path::Origin;

/// Between two looks at the key file: as often as a node tells the others which keys it has.
const LOOK: Duration = Duration::from_secs(5);

/// Reads the key file again when it changed, if other nodes may use the store. Their operator copies it there, and each
/// of them takes it up by itself.
pub(super) async fn follow_key_file(desk: &Desk) {
    let KeyPlace::File(path) = desk.key_place().clone() else { return };
    if !desk.is_shared() {
        return;
    }
    let (mut read, mut refused) = (None, None);
    loop {
        desk.pause(LOOK).await;
        let looked_at = path.clone();
        let stamp = spawn_blocking(move || Stamp::of(&looked_at)).await.ok().flatten();
        // One that is not there is being replaced.
        if stamp.is_none() || stamp == read {
            continue;
        }
        let turn = desk.turn_at_keys().await;
        let taken = match desk.read_keys(&turn).await {
            Ok(keys) => desk.take_keys(keys, &turn).await,
            Err(reason) => Err(reason),
        };
        match taken {
            Ok(()) => read = stamp,
            Err(reason) if refused != stamp => {
                tracing::error!(
                    reason,
                    "the key file was changed and cannot be used; the keys are as before"
                );
                refused = stamp;
            }
            Err(_) => {}
        }
    }
}

/// What changes when a file does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    bytes: u64,
    written: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let file = fs::metadata(path).ok()?;
        Some(Self {
            inode: file.ino(),
            bytes: file.len(),
            written: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        })
    }
}

/// A list in one line, whose parts may be sentences.
fn numbered(parts: &[String]) -> String {
    let numbered = parts.iter().zip(1..).map(|(part, number)| format!("{number}) {part}"));
    numbered.collect::<Vec<_>>().join("; ")
}

/// Reads the configuration again.
pub(super) struct Reload {
    running: Arc<(Config, Reader)>,
    origin: Origin,
    switch: Switch,
    desk: Desk,
}

impl Reload {
    /// For a server that runs with this configuration, at this public address.
    pub(super) fn new(running: (Config, Reader), origin: Origin, switch: Switch, desk: Desk) -> Self {
        Self { running: Arc::new(running), origin, switch, desk }
    }

    /// Does it at every signal. Signals that arrive meanwhile are one more.
    pub(super) async fn run(mut self, mut hangups: Signal) {
        while hangups.recv().await.is_some() {
            match self.read().await {
                Ok(reread) => self.take(reread),
                Err(mistakes) => tracing::error!(
                    mistakes = numbered(&mistakes),
                    "the configuration was read again and has mistakes, so nothing was changed"
                ),
            }
        }
    }

    /// Reads the configuration and the keys, and takes up the keys: of all that can be refused, this comes last.
    async fn read(&self) -> Result<Reread, Vec<String>> {
        let turn = self.desk.turn_at_keys().await;
        let running = Arc::clone(&self.running);
        // Off the threads that serve requests: a disk may be slow.
        let reread = spawn_blocking(move || running.1.read(&running.0)).await;
        let reread = reread.map_err(|error| vec![error.to_string()])?;
        let keys = self.desk.read_keys(&turn).await;
        match (reread, keys) {
            (Ok(reread), Ok(keys)) => {
                self.desk.take_keys(keys, &turn).await.map_err(|mistake| vec![mistake])?;
                Ok(reread)
            }
            (reread, keys) => {
                let mistakes = reread.err().map(Mistakes::errors).unwrap_or_default();
                Err(mistakes.into_iter().chain(keys.err()).collect())
            }
        }
    }

    /// Uses what was read.
    fn take(&mut self, Reread { config, warnings, changed, waiting, reader }: Reread) {
        let site = furnish::site(&config, self.origin.clone(), reader.settings());
        self.desk.gatepost.has_settings(furnish::digest(&config));
        self.switch.turn(furnish::domain(&config), config.hosts.clone(), site);
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        let changed = if changed.is_empty() { "nothing".to_owned() } else { changed.join(", ") };
        tracing::info!(changed, "unsafe" = config.dangers_in_one_line(), "the configuration was read again");
        for setting in waiting {
            tracing::warn!("{setting} has another value in the configuration, which needs a restart");
        }
        self.running = Arc::new((config, reader));
    }
}
