//! A file of accounts to import. The whole file is checked first, then imported in orders of a few
//! rows each. It is read twice instead of being kept in memory: of each row only eight bytes are.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use super::order::{Answer, Order};
use super::reach::Operator;
use super::row::{ImportRow, RowError};
use super::twice::Addresses;
use crate::app::failure::{Failure, ImportError, OperatorError};
use crate::domain::operator::{ImportStep, Imported};
use crate::domain::record::admins::Admins;
use crate::domain::record::password::Cost;
use crate::domain::record::time::Timestamp;
use crate::domain::record::workload::Workload;

/// How many rows one order has: a few steps of the store, and far less than an order may be long.
const ROWS_PER_ORDER: usize = 200;
/// The longest line. No account needs a tenth of it.
const MAX_LINE_BYTES: usize = 4096;
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// How many errors are shown.
const MISTAKES_SHOWN: usize = 20;

/// A file without errors.
pub struct ImportFile {
    path: PathBuf,
    file: File,
    rows: usize,
}

impl ImportFile {
    /// Reads and checks a file. Writes nothing.
    ///
    /// # Errors
    /// `Mistaken` with all errors, up to twenty; `Unreadable`; `NotAFile`.
    pub fn check(path: &Path, now: Timestamp) -> Result<Self, ImportError> {
        let unreadable = |error| ImportError::Unreadable { path: path.to_owned(), error };
        let file = File::open(path).map_err(unreadable)?;
        if !file.metadata().map_err(unreadable)?.is_file() {
            return Err(ImportError::NotAFile(path.to_owned()));
        }
        let (mut mistakes, addresses) = check_rows(&file, now).map_err(unreadable)?;
        let rows = addresses.count();
        mistakes.add(check_twice(&file, addresses, now).map_err(unreadable)?);
        match mistakes.in_words() {
            None => Ok(Self { path: path.to_owned(), file, rows }),
            Some(mistakes) => Err(ImportError::Mistaken { path: path.to_owned(), mistakes }),
        }
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Imports all rows. Calls `progress` after each order with the number of rows done.
    ///
    /// # Errors
    /// `Stopped`. Rows imported by then are kept, and skipped the next time.
    pub async fn import(
        self,
        operator: &Operator,
        mut progress: impl FnMut(usize),
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
            let is_last = before + rows.len() == self.rows;
            let step = if is_last { ImportStep::Last } else { ImportStep::Earlier };
            match operator.order(Order::ImportAccounts { rows, step }).await {
                Ok(Answer::Imported(done)) => all += done,
                Ok(_) => return Err(stopped(all, OperatorError::OtherAnswer.into())),
                Err(reason) => return Err(stopped(all, reason)),
            }
            progress(all.rows());
        }
    }

    fn next_rows(&self, lines: &mut Lines<'_>) -> io::Result<Vec<ImportRow>> {
        let mut rows = Vec::with_capacity(ROWS_PER_ORDER);
        while rows.len() < ROWS_PER_ORDER {
            let Some((_, line)) = lines.following()? else { break };
            let changed =
                |_| io::Error::other(format!("{} was changed during the import", self.path.display()));
            rows.push(line.and_then(parse).map_err(changed)?);
        }
        Ok(rows)
    }
}

/// Checks each row, and collects the addresses.
fn check_rows(file: &File, now: Timestamp) -> io::Result<(Mistakes, Addresses)> {
    let (mut mistakes, mut addresses) = (Mistakes::default(), Addresses::default());
    let mut costs: Vec<Cost> = Vec::new();
    let mut admins = 0;
    let mut lines = Lines::new(file);
    while let Some((number, line)) = lines.following()? {
        match line.and_then(parse).map(|row| row.check(now)) {
            Err(reason) => mistakes.note(number, reason),
            Ok(Err(errors)) => errors.0.iter().for_each(|error| mistakes.note(number, error.to_string())),
            Ok(Ok(row)) => {
                addresses.note(&row.address().canonical());
                admins += usize::from(row.is_enabled_admin());
                if row.is_enabled_admin() && admins > Admins::MOST {
                    mistakes.note(number, RowError::TooManyAdmins.to_string());
                }
                let new = row.cost().filter(|cost| !costs.contains(cost));
                if new.is_some() && costs.len() == Workload::MAX_IMPORTED_COSTS {
                    mistakes.note(number, RowError::TooManyCosts.to_string());
                } else {
                    costs.extend(new);
                }
            }
        }
    }
    Ok((mistakes, addresses))
}

/// Finds addresses that are in the file twice. Reads it again only if there may be some.
fn check_twice(mut file: &File, addresses: Addresses, now: Timestamp) -> io::Result<Mistakes> {
    let (mut mistakes, mut repeated) = (Mistakes::default(), addresses.repeated());
    if repeated.is_empty() {
        return Ok(mistakes);
    }
    file.rewind()?;
    let mut lines = Lines::new(file);
    while let Some((number, line)) = lines.following()? {
        let Ok(Ok(row)) = line.and_then(parse).map(|row| row.check(now)) else { continue };
        if let Some(first) = repeated.earlier(number, row.address().canonical()) {
            mistakes.note(number, format!("email: same as on line {first}"));
        }
    }
    Ok(mistakes)
}

/// The number of a line, and the line or what is wrong with it.
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

    /// The next line; `None` after the last.
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
                let reason = format!("longer than {MAX_LINE_BYTES} bytes");
                return Ok(Some((self.number, Err(reason))));
            }
            // Some editors and spreadsheets begin a file with one.
            if self.number == 1 && self.line.starts_with(BYTE_ORDER_MARK) {
                self.line.drain(..BYTE_ORDER_MARK.len());
            }
            if !self.line.trim_ascii().is_empty() {
                return Ok(Some((self.number, Ok(self.line.trim_ascii_end()))));
            }
        }
    }
}

fn parse(line: &[u8]) -> Result<ImportRow, String> {
    // An array would be accepted too, as the values without their names.
    if !line.trim_ascii_start().starts_with(b"{") {
        return Err("not a JSON object".into());
    }
    serde_json::from_slice(line).map_err(|error| {
        let text = error.to_string();
        // Each line is parsed separately, so the line number in the error is not that of the file.
        let reason = text.split(" at line 1 column ").next().unwrap_or_default();
        // The file may have control characters that a terminal would interpret.
        let reason = reason.replace(char::is_control, "?");
        format!("{reason} (column {})", error.column())
    })
}

/// The errors in a file, the first of them in words.
#[derive(Default)]
struct Mistakes {
    count: usize,
    first: Vec<(usize, String)>,
}

impl Mistakes {
    fn note(&mut self, line: usize, reason: String) {
        self.count += 1;
        if self.first.len() < MISTAKES_SHOWN {
            self.first.push((line, reason));
        }
    }

    fn add(&mut self, more: Self) {
        self.count += more.count;
        self.first.extend(more.first);
        self.first.sort_by_key(|(line, _)| *line);
        self.first.truncate(MISTAKES_SHOWN);
    }

    fn in_words(self) -> Option<String> {
        let mut shown = match self.count {
            0 => return None,
            1 => "1 error:".to_owned(),
            count => format!("{count} errors:"),
        };
        for (line, reason) in &self.first {
            // Writing to a string does not fail.
            let _ = write!(shown, "\n  line {line}: {reason}");
        }
        if self.count > self.first.len() {
            let _ = write!(shown, "\n  and {} more", self.count - self.first.len());
        }
        Some(shown)
    }
}
