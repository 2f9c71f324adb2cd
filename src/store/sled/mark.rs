//! The side file: a copy of the tally outside of sled, which tells an older, another or an emptied
//! store from the one that was left (sled opens a store with a damaged first page as an empty one).

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::files::sync_folder;
use super::refusal::OpenError;
use super::tally::{NoTally, Tally};

const FILE: &str = "store.mark";
const UNFINISHED: &str = "store.mark.new";

/// The side file, open for overwriting.
#[derive(Debug)]
pub(super) struct Mark(File);

impl Mark {
    pub(super) fn path(folder: &Path) -> PathBuf {
        folder.join(FILE)
    }

    /// What the side file says; nothing when it is not there.
    pub(super) fn read(folder: &Path) -> Result<Option<Tally>, OpenError> {
        let path = Self::path(folder);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(OpenError::io(folder, &path, &error)),
        };
        Tally::from_bytes(&bytes).map(Some).map_err(|no| match no {
            NoTally::Damaged => OpenError::MarkDamaged { folder: folder.to_owned() },
            NoTally::OtherFormat(format) => {
                OpenError::OtherFormat { folder: folder.to_owned(), file: path, format }
            }
        })
    }

    /// Writes the side file anew, durably and as a whole: a crash leaves the old one or the new one.
    pub(super) fn create(folder: &Path, tally: Tally) -> Result<(), OpenError> {
        let unfinished = folder.join(UNFINISHED);
        let path = Self::path(folder);
        let create = || {
            let file = File::create(&unfinished)?;
            file.write_all_at(&tally.to_bytes(), 0)?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)?;
            sync_folder(folder)
        };
        create().map_err(|error| OpenError::io(folder, &path, &error))
    }

    pub(super) fn open(folder: &Path) -> Result<Self, OpenError> {
        let path = Self::path(folder);
        let file = File::options().write(true).open(&path);
        file.map(Self).map_err(|error| OpenError::io(folder, &path, &error))
    }

    /// Moves the mark, after the commits it counts are durable. In place and not synced: the mark
    /// may lag behind after a power cut, but never says more than the store has.
    pub(super) fn advance(&self, tally: Tally) -> io::Result<()> {
        self.0.write_all_at(&tally.to_bytes(), 0)
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.0.sync_all()
    }
}
