//! The backups that the server makes by itself.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::finding::{Finding, Status};
use crate::app::backup::newest;
use crate::config::backup::Backup;
use crate::domain::ports::World;

/// How old the newest backup is, and whether it is apart from the database.
pub(super) fn age(settings: Option<&Backup>, data_dir: &Path, world: &World) -> Finding {
    let found = |status, message: String| Finding::new("backups", status, message);
    let Some(Backup { dir, every, .. }) = settings else {
        let message = "the server makes none; set backup.dir, or run `gatepost store backup` regularly";
        return found(Status::Warning, message.to_owned());
    };
    let shown = dir.display();
    let newest = match newest(dir, world.now()) {
        Ok(Some(newest)) => newest,
        Ok(None) => return found(Status::Wrong, format!("there is none in {shown}; the log says why")),
        Err(error) => return found(Status::Wrong, format!("{shown}: {error}; check backup.dir")),
    };
    // One that is due may just be in the making.
    if newest.plus(*every * 2) < world.now() {
        return found(Status::Wrong, format!("the newest one in {shown} is of {newest}; the log says why"));
    }
    let disk = |path: &Path| fs::metadata(path).map(|metadata| metadata.dev()).ok();
    if disk(dir) == disk(data_dir) {
        let message = format!(
            "the newest one is of {newest}, but {shown} is on the same disk as the database; copy the backups elsewhere"
        );
        return found(Status::Warning, message);
    }
    found(Status::Ok, format!("the newest one in {shown} is of {newest}"))
}
