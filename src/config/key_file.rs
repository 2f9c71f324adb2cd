//! The key file. Anyone who has it can derive every secret of this server, so only its owner can read
//! it, and a store is never served with a different key.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::domain::ports::World;
use crate::domain::token::{KeyRing, KeyRingError};

/// Its file name in the data folder.
pub const NAME: &str = "key";

/// Enough for all keys a ring can have.
const MAX_BYTES: u64 = 16 * 1024;
/// The permissions of everyone but the owner.
const OTHERS: u32 = 0o077;

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
    #[error("{}: the key file is accessible to others (mode {mode:04o}); run: chmod 600 {}", path.display(), path.display())]
    NotPrivate {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Another user owns it and can read it whatever its mode.
    #[error("{}: the key file belongs to user {owner}, but Gatepost runs as user {us}; run: chown {us} {}", path.display(), path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// Our user.
        us: u32,
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

/// Reads a key file that only its owner can read. Root may read one of any owner, to check the
/// configuration of the user the server runs as.
///
/// # Errors
/// Names the file and the fix.
pub fn read(path: &Path) -> Result<KeyRing, KeyFileError> {
    let (ring, owner) = read_private(path)?;
    if !rustix::process::geteuid().is_root() {
        refuse_foreign(path, owner)?;
    }
    Ok(ring)
}

/// Reads the key file for use by this process, so even root must own it.
fn read_own(path: &Path) -> Result<KeyRing, KeyFileError> {
    let (ring, owner) = read_private(path)?;
    refuse_foreign(path, owner)?;
    Ok(ring)
}

fn refuse_foreign(path: &Path, owner: u32) -> Result<(), KeyFileError> {
    let us = rustix::process::geteuid().as_raw();
    if owner == us || owner == 0 {
        Ok(())
    } else {
        Err(KeyFileError::Foreign { path: path.to_owned(), owner, us })
    }
}

/// The keys, and the owner of their file.
fn read_private(path: &Path) -> Result<(KeyRing, u32), KeyFileError> {
    let io = |error| KeyFileError::Io { path: path.to_owned(), error };
    if !fs::metadata(path).map_err(io)?.is_file() {
        return Err(KeyFileError::NotAFile { path: path.to_owned() });
    }
    // The same open file is checked and read, so it cannot be replaced in between.
    let file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    let mode = metadata.mode() & 0o7777;
    if mode & OTHERS != 0 {
        return Err(KeyFileError::NotPrivate { path: path.to_owned(), mode });
    }
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_BYTES).read_to_string(&mut text).map_err(io)?;
    let ring =
        KeyRing::parse(&text).map_err(|error| KeyFileError::Garbled { path: path.to_owned(), error })?;
    Ok((ring, metadata.uid()))
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
