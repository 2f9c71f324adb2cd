//! The side file: a copy of the tally outside sled. It exposes an older, a different or an emptied
//! store (sled opens a store with a damaged first page as an empty one).

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::files::sync_folder;
use super::passage::Passage;
use super::place;
use super::refusal::OpenError;
use super::tally::{NoTally, Tally};

const UNFINISHED: &str = "store.mark.new";
/// What the side file says until an empty store is complete. No damage makes this of a tally.
const CREATING: &[u8] = b"this database is being created\n";

/// The side file, open for overwriting.
#[derive(Debug)]
pub(super) struct Mark(File);

impl Mark {
    /// The tally in the side file; `None` if there is no side file.
    pub(super) fn read(folder: &Path) -> Result<Option<Tally>, OpenError> {
        let path = place::mark(folder);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(OpenError::io(folder, &path, &error)),
        };
        Tally::from_bytes(&bytes).map(|written| Some(written.tally)).map_err(|no| match no {
            NoTally::Damaged => match Passage::parse(&bytes) {
                Some(passage) => OpenError::NotReady { folder: folder.to_owned(), passage },
                None => OpenError::MarkDamaged { folder: folder.to_owned() },
            },
            NoTally::OtherFormat(format) => {
                OpenError::OtherFormat { folder: folder.to_owned(), file: path, format }
            }
        })
    }

    /// Says in the side file that an empty store is being created. Durable, like `create`.
    pub(super) fn begin(folder: &Path) -> Result<(), OpenError> {
        Self::write(folder, CREATING)
    }

    /// Writes a new side file, durably and at once: a crash leaves either the old or the new one.
    pub(super) fn create(folder: &Path, tally: Tally) -> Result<(), OpenError> {
        Self::write(folder, &tally.to_bytes())
    }

    /// Says in the side file that the store is being moved, or was. Durable, like `create`.
    pub(super) fn pass(folder: &Path, passage: &Passage) -> Result<(), OpenError> {
        Self::write(folder, passage.to_string().as_bytes())
    }

    /// What the side file says of a move, if it says anything.
    pub(super) fn passage(folder: &Path) -> Option<Passage> {
        match Self::read(folder) {
            Err(OpenError::NotReady { passage, .. }) => Some(passage),
            _ => None,
        }
    }

    fn write(folder: &Path, bytes: &[u8]) -> Result<(), OpenError> {
        let unfinished = folder.join(UNFINISHED);
        let path = place::mark(folder);
        let write = || {
            let file = File::create(&unfinished)?;
            file.write_all_at(bytes, 0)?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)?;
            sync_folder(folder)
        };
        write().map_err(|error| OpenError::io(folder, &path, &error))
    }

    /// Whether the side file says that an empty store is being created, or that this was interrupted.
    pub(super) fn is_begun(folder: &Path) -> io::Result<bool> {
        let path = place::mark(folder);
        match fs::metadata(&path) {
            // Only a file that can say so is read: this is asked without the lock too.
            Ok(file) if file.is_file() && file.len() == CREATING.len() as u64 => {
                Ok(fs::read(&path)? == CREATING)
            }
            Ok(_) => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) fn open(folder: &Path) -> Result<Self, OpenError> {
        let path = place::mark(folder);
        let file = File::options().write(true).open(&path);
        file.map(Self).map_err(|error| OpenError::io(folder, &path, &error))
    }

    /// Updates the side file after the commits it counts are durable. It is overwritten in place and
    /// not synced: after a power cut it may be behind the store, but never ahead of it.
    pub(super) fn advance(&self, tally: Tally) -> io::Result<()> {
        self.0.write_all_at(&tally.to_bytes(), 0)
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.0.sync_all()
    }
}
