//! The owner of the data folder. Root can write anywhere, but files that root creates lock out the
//! user the server runs as.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::Access;

use super::refusal::OpenError;

const ROOT: u32 = 0;
/// What is needed to work in a folder.
const NEEDED: Access = Access::READ_OK.union(Access::WRITE_OK).union(Access::EXEC_OK);
const USERS: &str = "/etc/passwd";

/// Refuses to work in a folder of another user. A folder of root is no obstacle for a user who can write
/// to it: container platforms mount volumes like that. A folder that does not exist belongs to no one.
///
/// # Errors
/// `NotOurs`, with the command that helps; `Io` if this user may not even ask.
pub fn check_owner(folder: &Path) -> Result<(), OpenError> {
    let owner = match fs::metadata(folder) {
        Ok(metadata) => metadata.uid(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(OpenError::io(folder, folder, &error)),
    };
    let is_usable = owner == ROOT && rustix::fs::access(folder, NEEDED).is_ok();
    if owner == rustix::process::geteuid().as_raw() || is_usable {
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
