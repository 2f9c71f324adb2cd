//! The owner of the data folder. Root can write anywhere, but files that root creates lock out the
//! user the server runs as.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::refusal::OpenError;

const USERS: &str = "/etc/passwd";

/// Refuses to work in a folder of another user.
pub(super) fn is_us(folder: &Path) -> Result<(), OpenError> {
    let owner = fs::metadata(folder).map_err(|error| OpenError::io(folder, folder, &error))?.uid();
    if owner == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    // `sudo -u` also accepts a number after a hash sign.
    let owner = name(owner).unwrap_or_else(|| format!("'#{owner}'"));
    Err(OpenError::NotOurs { folder: folder.to_owned(), owner })
}

fn name(user: u32) -> Option<String> {
    let users = fs::read_to_string(USERS).ok()?;
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let id = fields.nth(1)?;
        (id == user.to_string()).then(|| name.to_owned())
    })
}
