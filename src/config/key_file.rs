//! The key file. Anyone who has it can derive every secret of this server, so no one else can read
//! it, and a store is never served with a different key.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustix::fs::{StatVfsMountFlags, fstatvfs};
use rustix::process::geteuid;
use zeroize::Zeroizing;

use super::access::{Other, Others};
use crate::domain::ports::World;
use crate::domain::token::{KeyRing, KeyRingError};

/// Its file name in the data folder.
pub const NAME: &str = "key";

/// Enough for all keys a ring can have.
const MAX_BYTES: u64 = 16 * 1024;
/// What some editors write at the beginning of a file.
const BYTE_ORDER_MARK: char = '\u{feff}';

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
    #[error("{}: the key file is accessible to {others} (mode {mode:04o}); run: {fix}", path.display())]
    NotPrivate {
        /// The file.
        path: PathBuf,
        /// Who else can read or write it.
        others: Other,
        /// Its mode.
        mode: u32,
        /// The command that helps.
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
}

/// Whether the data folder already has a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It has one, which was written with some key.
    Something,
    /// It has none yet.
    Nothing,
}

/// Reads a key file that no one else can read or write. Root may read the key of another user, to check
/// the configuration of the user the server runs as.
///
/// # Errors
/// Names the file and the fix.
pub fn read(path: &Path) -> Result<KeyRing, KeyFileError> {
    let us = geteuid();
    read_private(path, |owner| if us.is_root() { owner } else { us.as_raw() })
}

/// Reads the key file for use by this process, so even root must own it.
fn read_own(path: &Path) -> Result<KeyRing, KeyFileError> {
    read_private(path, |_| geteuid().as_raw())
}

/// The keys in a file that only one user can use; `user` names that user for the owner of the file.
fn read_private(path: &Path, user: impl Fn(u32) -> u32) -> Result<KeyRing, KeyFileError> {
    let io = |error| KeyFileError::Io { path: path.to_owned(), error };
    if !fs::metadata(path).map_err(io)?.is_file() {
        return Err(KeyFileError::NotAFile { path: path.to_owned() });
    }
    // The same open file is checked and read, so it cannot be replaced in between.
    let file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    refuse_others(path, &file, &metadata, user(metadata.uid()))?;
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_BYTES).read_to_string(&mut text).map_err(io)?;
    let text = text.trim_start_matches(BYTE_ORDER_MARK);
    KeyRing::parse(text).map_err(|error| KeyFileError::Garbled { path: path.to_owned(), error })
}

/// Anyone who can read the key can derive every secret, and anyone who can write it can replace it.
fn refuse_others(path: &Path, file: &File, metadata: &Metadata, user: u32) -> Result<(), KeyFileError> {
    let Others { read, write } = Others::besides(user, metadata);
    let Some(others) = write.or(read) else { return Ok(()) };
    let mode = metadata.mode() & 0o7777;
    // Containers get secrets like this: readable for all, on a mount that even their owner cannot change.
    // No other user is in the container, and no mode could be set.
    let is_read_only = fstatvfs(file).is_ok_and(|found| found.f_flag.contains(StatVfsMountFlags::RDONLY));
    let shown = path.display();
    if is_read_only {
        tracing::warn!(
            "{shown}: the key file is accessible to {others} (mode {mode:04o}) on a read-only mount"
        );
        return Ok(());
    }
    let fix = match metadata.uid() {
        owner if owner == user => format!("chmod 600 {shown}"),
        _ => format!("chown {user} {shown}; chmod 600 {shown}"),
    };
    Err(KeyFileError::NotPrivate { path: path.to_owned(), others, mode, fix })
}

/// Reads the key file of a data folder; creates one if nothing was stored yet.
///
/// # Errors
/// Names the file and the fix.
pub fn read_or_make(data_dir: &Path, stored: Stored, world: &World) -> Result<KeyRing, KeyFileError> {
    let path = data_dir.join(NAME);
    match read_own(&path) {
        Err(KeyFileError::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound => match stored {
            Stored::Something => Err(KeyFileError::Missing { path }),
            Stored::Nothing => {
                make(data_dir, &path, world)
                    .map_err(|error| KeyFileError::Io { path: path.clone(), error })?;
                read_own(&path)
            }
        },
        other => other,
    }
}

/// Creates a key file atomically: a crash leaves either none or a complete one, and if two processes
/// start at the same time, the second uses the key of the first.
fn make(data_dir: &Path, path: &Path, world: &World) -> io::Result<()> {
    let text = Zeroizing::new(KeyRing::generate(world));
    let draft = data_dir.join(format!("{NAME}.{}", URL_SAFE_NO_PAD.encode(world.random::<6>())));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    // Unlike a rename, a link never replaces an existing key.
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => File::open(data_dir)?.sync_all(),
    }
}
