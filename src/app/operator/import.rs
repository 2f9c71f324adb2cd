//! A file of accounts that lived elsewhere: checked as a whole first, then taken over in orders of
//! some rows each. It is read twice rather than kept, so its size does not matter.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use super::{Answer, ImportRow, Operator, OperatorError, Order};
use crate::app::Failure;
use crate::domain::operator::Imported;
use crate::domain::record::address::CanonicalAddress;
use crate::domain::record::time::Timestamp;

/// How many rows one order brings: some steps of the store, and far less than a line may hold.
const ROWS_PER_ORDER: usize = 200;
/// The longest line. No account needs a tenth of it.
const MAX_LINE_BYTES: usize = 4096;
/// How many mistakes are told.
const MISTAKES_TOLD: usize = 20;

/// Why accounts were not taken over.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// It can be read only once.
    #[error("{}: must be a regular file, since it is read twice: to be checked, and to be imported", .0.display())]
    NotAFile(PathBuf),
    /// It is not right as a whole.
    #[error("{}: nothing was imported, because of {mistakes}", path.display())]
    Mistaken {
        /// Which file.
        path: PathBuf,
        /// What is wrong, one line each.
        mistakes: String,
    },
    /// Something came in between.
    #[error("stopped after {done} of {all} accounts ({reason}); the same command goes on where it stopped")]
    Stopped {
        /// Rows that were surely taken over, or there already.
        done: usize,
        /// All rows.
        all: usize,
        /// What came.
        reason: Box<Failure>,
    },
}

/// A file that is right as a whole.
pub struct ImportFile {
    path: PathBuf,
    file: File,
    rows: usize,
}

impl ImportFile {
    /// Reads a file once and checks it. Writes nothing.
    ///
    /// # Errors
    /// `Mistaken` with every mistake, up to twenty; `Unreadable`; `NotAFile`.
    pub fn check(path: &Path, now: Timestamp) -> Result<Self, ImportError> {
        let unreadable = |error| ImportError::Unreadable { path: path.to_owned(), error };
        let file = File::open(path).map_err(unreadable)?;
        if !file.metadata().map_err(unreadable)?.is_file() {
            return Err(ImportError::NotAFile(path.to_owned()));
        }
        let mut lines = Lines::new(&file);
        let mut first_lines: HashMap<CanonicalAddress, usize> = HashMap::new();
        let mut mistakes = Mistakes::default();
        while let Some((number, line)) = lines.following().map_err(unreadable)? {
            match line.and_then(parse) {
                Err(reason) => mistakes.note(number, &reason),
                Ok(row) => match row.check(now) {
                    Err(errors) => {
                        errors.0.iter().for_each(|error| mistakes.note(number, &error.to_string()));
                    }
                    Ok(account) => match first_lines.entry(account.address.canonical()) {
                        Entry::Vacant(place) => drop(place.insert(number)),
                        Entry::Occupied(first) => {
                            mistakes.note(number, &format!("email: is that of line {} again", first.get()));
                        }
                    },
                },
            }
        }
        match mistakes.told() {
            None => Ok(Self { path: path.to_owned(), file, rows: first_lines.len() }),
            Some(mistakes) => Err(ImportError::Mistaken { path: path.to_owned(), mistakes }),
        }
    }

    /// How many accounts stand in it.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Has all rows taken over, and tells `progress` how many were done before each order and are after it.
    ///
    /// # Errors
    /// `Stopped`; what was done by then stands, and is passed over the next time.
    pub async fn import(
        self,
        operator: &Operator,
        progress: impl Fn(usize, usize),
    ) -> Result<Imported, ImportError> {
        let mut all = Imported::default();
        let stopped = |all: Imported, reason: Failure| ImportError::Stopped {
            done: all.rows(),
            all: self.rows,
            reason: Box::new(reason),
        };
        (&self.file).rewind().map_err(|error| stopped(all, error.into()))?;
        let mut lines = Lines::new(&self.file);
        loop {
            let rows = self.next_rows(&mut lines).map_err(|error| stopped(all, error.into()))?;
            if rows.is_empty() {
                return Ok(all);
            }
            let before = all.rows();
            match operator.order(Order::ImportAccounts { rows }).await {
                Ok(Answer::Imported(done)) => all += done,
                Ok(_) => return Err(stopped(all, OperatorError::OtherAnswer.into())),
                Err(reason) => return Err(stopped(all, reason)),
            }
            progress(before, all.rows());
        }
    }

    fn next_rows(&self, lines: &mut Lines<'_>) -> io::Result<Vec<ImportRow>> {
        let mut rows = Vec::with_capacity(ROWS_PER_ORDER);
        while rows.len() < ROWS_PER_ORDER {
            let Some((_, line)) = lines.following()? else { break };
            let changed = |_| io::Error::other(format!("{} was changed meanwhile", self.path.display()));
            rows.push(line.and_then(parse).map_err(changed)?);
        }
        Ok(rows)
    }
}

/// The number of a line and the line, or why it is none.
type Numbered<'a> = (usize, Result<&'a [u8], String>);

/// The lines of a file that are not blank.
struct Lines<'a> {
    file: BufReader<&'a File>,
    line: Vec<u8>,
    number: usize,
}

impl<'a> Lines<'a> {
    fn new(file: &'a File) -> Self {
        Self { file: BufReader::new(file), line: Vec::new(), number: 0 }
    }

    /// The next line; nothing after the last.
    fn following(&mut self) -> io::Result<Option<Numbered<'_>>> {
        loop {
            self.line.clear();
            let limit = MAX_LINE_BYTES as u64 + 1;
            if self.file.by_ref().take(limit).read_until(b'\n', &mut self.line)? == 0 {
                return Ok(None);
            }
            self.number += 1;
            if self.line.len() > MAX_LINE_BYTES {
                if self.line.last() != Some(&b'\n') {
                    self.file.skip_until(b'\n')?;
                }
                let reason = format!("is longer than {MAX_LINE_BYTES} bytes");
                return Ok(Some((self.number, Err(reason))));
            }
            if !self.line.trim_ascii().is_empty() {
                return Ok(Some((self.number, Ok(self.line.trim_ascii_end()))));
            }
        }
    }
}

fn parse(line: &[u8]) -> Result<ImportRow, String> {
    // An array would be read too, as the values without their names.
    if !line.trim_ascii_start().starts_with(b"{") {
        return Err("is no JSON object".into());
    }
    serde_json::from_slice(line).map_err(|error| {
        let text = error.to_string();
        // Each line is read alone: the number in the error is not the one in the file.
        let reason = text.split(" at line 1 column ").next().unwrap_or_default();
        // What came from elsewhere is shown on a terminal.
        let reason = reason.replace(char::is_control, "?");
        format!("{reason} (column {})", error.column())
    })
}

/// What is wrong with a file, the first of it in words.
#[derive(Default)]
struct Mistakes {
    count: usize,
    told: String,
}

impl Mistakes {
    fn note(&mut self, line: usize, reason: &str) {
        self.count += 1;
        if self.count <= MISTAKES_TOLD {
            // Writing to a string does not fail.
            let _ = write!(self.told, "\n  line {line}: {reason}");
        }
    }

    fn told(self) -> Option<String> {
        match self.count {
            0 => None,
            1 => Some(format!("a mistake:{}", self.told)),
            count if count <= MISTAKES_TOLD => Some(format!("{count} mistakes:{}", self.told)),
            count => Some(format!("{count} mistakes:{}\n  and {} more", self.told, count - MISTAKES_TOLD)),
        }
    }
}
