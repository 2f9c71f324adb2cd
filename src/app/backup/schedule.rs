//! Backups that the server makes by itself. Their names have the time, so the newest one tells when the next is
//! due, also after a restart.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;

use crate::app::data_folder::NEEDED;
use crate::app::failure::{BackupFailure, Failure, OperatorError};
use crate::app::operator::{Answer, Work};
use crate::config::backup::Backup;
use crate::domain::Gatepost;
use crate::domain::ports::World;
use crate::domain::record::node::Errand;
use crate::domain::record::time::Timestamp;
use crate::store::backup::{Draft, UNFINISHED};
use crate::store::life::Life;

const PREFIX: &str = "gatepost-";
const SUFFIX: &str = ".backup";
/// How often a node that is not to make the backups looks whether it is by now.
const LOOK: Duration = Duration::from_secs(10);
/// After a backup failed, the next attempt is made this much later, or when it is due, whichever is sooner.
const PAUSE: Duration = Duration::from_mins(10);

/// Makes a backup whenever one is due, if any are wanted; of the nodes that share a store, one does that. A folder that
/// cannot be used is no reason to keep people out: its disk may be mounted a little later.
pub(in crate::app) async fn run(
    settings: Option<Backup>,
    store: Arc<dyn Life>,
    gatepost: Arc<Gatepost>,
    world: World,
) {
    let Some(settings) = settings else { return };
    loop {
        // If the folder cannot be read, that is said once a backup is tried.
        let newest = newest(&settings.dir, world.now()).ok().flatten();
        let due = newest.map_or_else(|| world.now(), |newest| newest.plus(settings.every));
        world.clock.sleep_until(due).await;
        match gatepost.has_errand(Errand::Backup).await {
            Ok(true) => {}
            Ok(false) => {
                world.clock.sleep(LOOK).await;
                continue;
            }
            Err(error) => {
                tracing::warn!(%error, "cannot find out whether another node makes the backups");
                world.clock.sleep(LOOK).await;
                continue;
            }
        }
        let begun = world.clock.monotonic();
        match make_in(&settings.dir, &*store, world.now()).await {
            Ok((path, records)) => {
                let took_secs = world.clock.monotonic().saturating_sub(begun).as_secs_f64();
                tracing::info!(file = %path.display(), records, took_secs, "made a backup");
                if let Err(error) = remove_oldest(&settings, world.now()) {
                    tracing::warn!(%error, dir = %settings.dir.display(), "cannot remove older backups");
                }
            }
            Err(failure) => {
                tracing::error!(error = %failure, "could not make a backup");
                world.clock.sleep(PAUSE.min(settings.every)).await;
            }
        }
    }
}

/// Makes one backup in a folder, which is created if necessary. Returns its file and how many records are in it.
async fn make_in(dir: &Path, store: &dyn Life, now: Timestamp) -> Result<(PathBuf, u64), Failure> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    let made = made.and_then(|()| Ok(rustix::fs::access(dir, NEEDED)?));
    made.map_err(|reason| BackupFailure::Folder { folder: dir.to_owned(), reason })?;
    if let Err(error) = remove_unfinished(dir) {
        tracing::warn!(%error, dir = %dir.display(), "cannot remove unfinished backups");
    }
    let path = dir.join(name(now));
    let records = make(store, path.clone(), now).await?;
    Ok((path, records))
}

/// Makes one backup. Returns how many records are in it.
async fn make(store: &dyn Life, path: PathBuf, now: Timestamp) -> Result<u64, Failure> {
    // A disk may be slow, and others are served meanwhile.
    let mut draft = elsewhere(move || Ok(Draft::new(&path)?)).await?;
    let mut work = Some(Work::back_up(store, now.to_string()).await);
    while let Some(going_on) = work {
        let (part, rest) = going_on.next().await;
        match part.answer {
            Answer::Progress { .. } => {
                draft = elsewhere(move || {
                    draft.write(&part.bytes)?;
                    Ok(draft)
                })
                .await?;
            }
            Answer::BackedUp { .. } => break,
            Answer::Refused(reason) => return Err(OperatorError::Refused(reason).into()),
            _ => return Err(OperatorError::OtherAnswer.into()),
        }
        work = rest;
    }
    let summary = elsewhere(move || Ok(draft.finish(|_| {})?)).await?;
    super::warn_of(summary);
    Ok(summary.records)
}

/// Runs `act` where blocking does no harm.
async fn elsewhere<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, BackupFailure> + Send + 'static,
) -> Result<T, Failure> {
    let done = spawn_blocking(act).await;
    Ok(done.map_err(|panic| Failure::System(io::Error::other(panic)))??)
}

/// The name of a backup that is begun at `now`. No colons, which some file systems refuse.
fn name(now: Timestamp) -> String {
    format!("{PREFIX}{}{SUFFIX}", now.to_string().replace(':', "-"))
}

/// When the backup with this name was begun, or nothing for another file.
fn begun_at(name: &str) -> Option<Timestamp> {
    let time = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    let (date, time) = time.split_once('T')?;
    let time: jiff::Timestamp = format!("{date}T{}", time.replace('-', ":")).parse().ok()?;
    Some(Timestamp(u64::try_from(time.as_millisecond()).ok()?))
}

/// The backups in a folder, the oldest first.
fn backups(dir: &Path) -> io::Result<Vec<(Timestamp, PathBuf)>> {
    let mut backups = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if let Some(at) = entry.file_name().to_str().and_then(begun_at) {
            backups.push((at, entry.path()));
        }
    }
    backups.sort();
    Ok(backups)
}

/// When the newest backup in a folder was begun. One that a clock which was ahead has dated into the future does not
/// count, or there would be no other until then.
pub(in crate::app) fn newest(dir: &Path, now: Timestamp) -> io::Result<Option<Timestamp>> {
    Ok(backups(dir)?.into_iter().map(|(at, _)| at).rfind(|at| *at <= now))
}

/// Removes what backups left that a killed server was making.
fn remove_unfinished(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_str().and_then(|name| name.strip_suffix(UNFINISHED));
        if name.and_then(begun_at).is_some() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Removes all backups but the newest. Those that a clock which was ahead has dated into the future are not among
/// them: they would push out every backup that is made until then.
fn remove_oldest(settings: &Backup, now: Timestamp) -> io::Result<()> {
    let mut backups = backups(&settings.dir)?;
    backups.retain(|(at, _)| *at <= now);
    let surplus = backups.len().saturating_sub(settings.keep);
    backups[..surplus].iter().try_for_each(|(_, path)| fs::remove_file(path))
}
