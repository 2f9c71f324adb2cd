//! The side file: a copy of the tally outside sled. It exposes an older, a different or an emptied
//! store (sled opens a store with a damaged first page as an empty one).

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::files::sync_folder;
use super::place;
use super::refusal::OpenError;
use super::tally::{NoTally, Tally};

const UNFINISHED: &str = "store.mark.new";

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
            NoTally::Damaged => OpenError::MarkDamaged { folder: folder.to_owned() },
            NoTally::OtherFormat(format) => {
                OpenError::OtherFormat { folder: folder.to_owned(), file: path, format }
            }
        })
    }

    /// Writes a new side file, durably and at once: a crash leaves either the old or the new one.
    pub(super) fn create(folder: &Path, tally: Tally) -> Result<(), OpenError> {
        let unfinished = folder.join(UNFINISHED);
        let path = place::mark(folder);
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
