//! The key file: who has it can make every secret of this server, so it is kept from all but its
//! owner, and a store is never served with any other.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::domain::ports::World;
use crate::domain::token::{KeyRing, KeyRingError};

/// Its name in the data folder.
pub const NAME: &str = "key";

/// Room for every key a ring can hold.
const MAX_BYTES: u64 = 16 * 1024;
/// What others than the owner may do with it.
const OTHERS: u32 = 0o077;

/// Why there is no key ring.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read or made.
    #[error("{}: {error}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// It is a folder, a pipe or a device: reading a pipe waits until somebody writes to it.
    #[error("{}: this is no regular file", path.display())]
    NotAFile {
        /// Which file.
        path: PathBuf,
    },
    /// Others can read or write it.
    #[error("{}: others may read or write this key (mode {mode:04o}): chmod 600 {}", path.display(), path.display())]
    NotPrivate {
        /// Which file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Somebody else owns it, and can read it whatever its mode.
    #[error("{}: this key belongs to user {owner}, not to the user that runs Gatepost ({us})", path.display())]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// Who owns it.
        owner: u32,
        /// Who we are.
        us: u32,
    },
    /// It holds no keys.
    #[error("{}: {error}", path.display())]
    Garbled {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        error: KeyRingError,
    },
    /// There is a store, but not the key it was written with. Making a new one would silently end
    /// every session and request, and lock away whatever is sealed.
    #[error(
        "{}: the key of this store is missing: put it back from your backup, or name it by key_file or GATEPOST_KEY",
        path.display()
    )]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
}

/// Whether there is a store in the data folder already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// There is one, and it was written with some key.
    Something,
    /// There is none yet.
    Nothing,
}

/// Reads a key file that nobody but its owner can read. Root may read that of any owner: it looks
/// at the configuration of the user that serves.
///
/// # Errors
/// Names the file and what to do about it.
pub fn read(path: &Path) -> Result<KeyRing, KeyFileError> {
    let (ring, owner) = read_private(path)?;
    if !rustix::process::geteuid().is_root() {
        refuse_foreign(path, owner)?;
    }
    Ok(ring)
}

/// Reads the key file that this process serves with.
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

/// The keys, and who owns their file.
fn read_private(path: &Path) -> Result<(KeyRing, u32), KeyFileError> {
    let io = |error| KeyFileError::Io { path: path.to_owned(), error };
    if !fs::metadata(path).map_err(io)?.is_file() {
        return Err(KeyFileError::NotAFile { path: path.to_owned() });
    }
    // What is checked and what is read are one open file: no other can take its place between.
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

/// Reads the key file of a data folder; makes one where nothing was stored yet.
///
/// # Errors
/// Names the file and what to do about it.
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

/// Makes a key file at once and whole: a crash leaves either none or a good one, and where two
/// processes start together the second takes the key of the first.
fn make(data_dir: &Path, path: &Path, world: &World) -> io::Result<()> {
    let text = Zeroizing::new(KeyRing::generate(world));
    let draft = data_dir.join(format!("{NAME}.{}", URL_SAFE_NO_PAD.encode(world.random::<6>())));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    // Unlike a rename, a link never takes the place of a key that is there.
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => File::open(data_dir)?.sync_all(),
    }
}
