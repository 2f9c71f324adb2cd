//! The key file. Anyone who has it can derive every secret of this server, so no one else can read
//! it, and a store is never served with a different key.

use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use zeroize::Zeroizing;

use super::access::{Other, Others, View, is_read_only};
use crate::domain::ports::World;
use crate::domain::token::{KeyRing, KeyRingError};

/// Its file name in the data folder.
pub const NAME: &str = "key";

/// The name of a key whose database is still being created.
const DRAFT: &str = "key.new";

/// Enough for all keys a ring can have.
const MAX_BYTES: u64 = 16 * 1024;
/// What some editors write at the beginning of a file.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Where the keys are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// In a file: the one in the data folder, or the one that `key_file` names.
    File(PathBuf),
    /// In the environment variable `GATEPOST_KEY`.
    Environment,
}

impl fmt::Display for KeyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment => f.write_str("GATEPOST_KEY"),
        }
    }
}

/// Why there is no key ring.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read or created.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The reason the system gives.
        error: io::Error,
    },
    /// It is a folder, a pipe or a device. Reading a pipe would wait until something writes to it.
    #[error("{}: the key file must be a regular file", path.display())]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// Others can read or write it.
    #[error("{}: the key file is accessible to {others} (mode {mode:04o}); {fix}", path.display())]
    NotPrivate {
        /// The file.
        path: PathBuf,
        /// Who else can read or write it.
        others: Other,
        /// Its mode.
        mode: u32,
        /// What to do.
        fix: String,
    },
    /// It has no valid keys.
    #[error("{}: {error}; restore the key file from your backup", path.display())]
    Garbled {
        /// The file.
        path: PathBuf,
        /// The error in it.
        error: KeyRingError,
    },
    /// There is a store, but not the key it was written with. Creating a new key would silently end
    /// every session and request, and make everything sealed unreadable.
    #[error(
        "{}: the key for this database is missing; restore it from your backup, or set key_file or GATEPOST_KEY",
        path.display()
    )]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// There is no key to create a database for.
    #[error(
        "{}: there is no key to create a database for; `gatepost serve` creates both, or set key_file or GATEPOST_KEY",
        path.display()
    )]
    NoKey {
        /// Where it could be.
        path: PathBuf,
    },
}

/// What a data folder has of a key.
pub enum Found {
    /// A key.
    Key(KeyRing),
    /// The key of a first start that was interrupted. The database may be written with it already.
    Draft(KeyRing),
    /// Nothing.
    Nothing,
}

/// Reads a key file that no one else can read or write.
///
/// # Errors
/// Names the file and the fix.
pub fn read(path: &Path, view: View) -> Result<KeyRing, KeyFileError> {
    let text = read_text(path, view)?;
    KeyRing::parse(&text).map_err(|error| KeyFileError::Garbled { path: path.to_owned(), error })
}

/// Reads the lines of a key file that no one else can read or write.
///
/// # Errors
/// Names the file and the fix.
pub fn text(path: &Path) -> Result<Zeroizing<String>, KeyFileError> {
    read_text(path, View::Own)
}

/// Replaces the contents of a key file, durably: the new file is complete on the disk before it takes the
/// place of the old one. It has the same owner and mode.
///
/// # Errors
/// If anything of that is not possible; then the old file is as it was.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    // Through a link, so that the link stays.
    let path = fs::canonicalize(path)?;
    let (folder, beside) = (path.parent().unwrap_or(Path::new("/")), successor(&path));
    let before = fs::metadata(&path)?;
    let write = || {
        remove_if_there(&beside)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        let new = file.metadata()?;
        if (new.uid(), new.gid()) != (before.uid(), before.gid()) {
            fchown(&file, Some(before.uid()), Some(before.gid()))?;
        }
        file.set_permissions(Permissions::from_mode(before.mode() & 0o777))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, &path)?;
        File::open(folder)?.sync_all()
    };
    write().inspect_err(|_| drop(remove_if_there(&beside)))
}

/// The name of a key file before it takes the place of the old one.
fn successor(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".next");
    path.with_file_name(name)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn read_text(path: &Path, view: View) -> Result<Zeroizing<String>, KeyFileError> {
    let io = |error| KeyFileError::Io { path: path.to_owned(), error };
    if !fs::metadata(path).map_err(io)?.is_file() {
        return Err(KeyFileError::NotAFile { path: path.to_owned() });
    }
    // The same open file is checked and read, so it cannot be replaced in between.
    let file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    refuse_others(path, &file, &metadata, view)?;
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_BYTES).read_to_string(&mut text).map_err(io)?;
    let bare = text.trim_start_matches(BYTE_ORDER_MARK);
    if bare.len() < text.len() {
        tracing::warn!(
            "{}: begins with a byte order mark, which was ignored; save it as plain UTF-8",
            path.display()
        );
    }
    Ok(Zeroizing::new(bare.to_owned()))
}

/// Anyone who can read the key can derive every secret, and anyone who can write it can replace it.
fn refuse_others(path: &Path, file: &File, metadata: &Metadata, view: View) -> Result<(), KeyFileError> {
    let shown = path.display();
    let others = Others::of(metadata, view);
    let Some(other) = others.write.clone().or_else(|| others.read.clone()) else {
        if let Some(doubt) = others.doubt {
            tracing::warn!("{shown}: {doubt}");
        }
        return Ok(());
    };
    let mode = others.mode;
    // Containers get secrets like this: readable for all, on a mount that even their owner cannot change.
    // No other user is in the container, and no mode could be set.
    if is_read_only(file) {
        tracing::warn!(
            "{shown}: the key file is accessible to {other} (mode {mode:04o}) on a read-only mount"
        );
        return Ok(());
    }
    let fix = others.fix(path, "600");
    Err(KeyFileError::NotPrivate { path: path.to_owned(), others: other, mode, fix })
}

/// Looks for the key of a data folder that this process has locked.
///
/// # Errors
/// Names the file and the fix.
pub fn find(data_dir: &Path) -> Result<Found, KeyFileError> {
    match read(&data_dir.join(NAME), View::Own) {
        Err(error) if error.is_absent() => {}
        found => return found.map(Found::Key),
    }
    match read(&data_dir.join(DRAFT), View::Own) {
        Ok(ring) => Ok(Found::Draft(ring)),
        // Nothing is written with a draft that is not whole.
        Err(KeyFileError::Garbled { .. }) => Ok(Found::Nothing),
        Err(error) if error.is_absent() => Ok(Found::Nothing),
        Err(error) => Err(error),
    }
}

/// Whether a data folder has a key, usable or not.
#[must_use]
pub fn is_there(data_dir: &Path) -> bool {
    fs::symlink_metadata(data_dir.join(NAME)).is_ok()
}

/// Creates the draft of a key, durably. It becomes the key once the database is there, so a key without a
/// database always means that the database was lost.
///
/// # Errors
/// Names the file.
pub fn draft(data_dir: &Path, world: &World) -> Result<KeyRing, KeyFileError> {
    let path = data_dir.join(DRAFT);
    let text = Zeroizing::new(KeyRing::generate(world));
    let write = || {
        discard_draft(data_dir)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        File::open(data_dir)?.sync_all()
    };
    write().map_err(|error| KeyFileError::Io { path: path.clone(), error })?;
    read(&path, View::Own)
}

/// Makes the draft the key, durably. Never replaces a key.
///
/// # Errors
/// Names the file.
pub fn settle(data_dir: &Path) -> Result<(), KeyFileError> {
    let (draft, path) = (data_dir.join(DRAFT), data_dir.join(NAME));
    let rename = || {
        match renameat_with(CWD, &draft, CWD, &path, RenameFlags::NOREPLACE) {
            // Some network folders cannot rename like that. No other Gatepost works in this folder.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) if !is_there(data_dir) => {
                fs::rename(&draft, &path)?;
            }
            renamed => renamed?,
        }
        File::open(data_dir)?.sync_all()
    };
    rename().map_err(|error| KeyFileError::Io { path: path.clone(), error })
}

/// Removes a draft that is not needed, since it would be as good as a key to anyone who finds it. The same for
/// what a rotation has left that was interrupted.
///
/// # Errors
/// If it is there and cannot be removed.
pub fn discard_draft(data_dir: &Path) -> io::Result<()> {
    remove_if_there(&successor(&data_dir.join(NAME)))?;
    remove_if_there(&data_dir.join(DRAFT))
}

impl KeyFileError {
    fn is_absent(&self) -> bool {
        matches!(self, Self::Io { error, .. } if error.kind() == io::ErrorKind::NotFound)
    }
}
