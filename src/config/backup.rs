//! The `[backup]` section: backups that the server makes by itself.

use std::path::PathBuf;
use std::time::Duration;

use super::source::Sources;
use super::value;

const SHORTEST: Duration = Duration::from_mins(1);
const LONGEST: Duration = Duration::from_hours(365 * 24);
const USUAL: Duration = Duration::from_hours(24);
const USUAL_KEEP: usize = 7;

/// Where backups are kept, and how often one is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The folder.
    pub dir: PathBuf,
    /// How much time is between two backups.
    pub every: Duration,
    /// How many are kept. The oldest is removed first.
    pub keep: usize,
}

/// Reads the section; `None` if no backups are wanted.
pub(super) fn read(sources: &mut Sources) -> Option<Backup> {
    let dir = sources
        .text("backup.dir", |text| if text.is_empty() { Ok(None) } else { value::path(text).map(Some) });
    let every = sources.text("backup.every", |text| {
        let every = value::duration(LONGEST, "365d")(text)?;
        if every < SHORTEST { Err("must be at least 1m".into()) } else { Ok(every) }
    });
    let (every, keep) =
        (every.unwrap_or(USUAL), sources.number("backup.keep", 1..=1000).unwrap_or(USUAL_KEEP));
    Some(Backup { dir: dir.flatten()?, every, keep })
}
