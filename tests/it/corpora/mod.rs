//! Tables of hostile and of usual input with what has to become of each line. They are in `tests/corpora`, one case
//! a line. Every line goes through the doors, and all wrong lines are reported at once.

pub(crate) mod addresses;
pub(crate) mod cookies;
mod hosts;
mod next;
pub(crate) mod text;
mod tokens;

use std::fmt::Debug;
use std::fs;

use self::text::{escaped, unescaped};
use crate::house::root;

/// How much is printed about one line.
const MOST_CHARS: usize = 500;

/// One line.
pub(crate) struct Case {
    /// Its number in the file.
    line: usize,
    cells: Vec<Vec<u8>>,
}

impl Case {
    /// A cell as bytes; empty if the line ends before it.
    pub(crate) fn bytes(&self, cell: usize) -> &[u8] {
        self.cells.get(cell).map_or(&[], Vec::as_slice)
    }

    /// A cell as text.
    pub(crate) fn text(&self, cell: usize) -> &str {
        std::str::from_utf8(self.bytes(cell)).unwrap_or_else(|_| panic!("line {} is text", self.line))
    }
}

/// The lines of a table, without comments.
pub(crate) fn cases(name: &str) -> Vec<Case> {
    let text = fs::read_to_string(root().join("tests/corpora").join(name)).unwrap();
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let case = |(index, line): (usize, &str)| {
        let number = index + 1;
        let cell = |cell: &str| unescaped(cell).unwrap_or_else(|| panic!("{name}, line {number}: {cell}"));
        Case { line: number, cells: line.split('\t').map(cell).collect() }
    };
    lines.map(case).collect()
}

/// The lines that turned out wrong.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    /// Notes a line unless both are the same.
    fn unless<T: PartialEq + Debug>(&mut self, case: &Case, found: &T, expected: &T) {
        if found != expected {
            let input = escaped(case.bytes(0));
            let told = format!("line {}: {input:.100}: {found:?} instead of {expected:?}", case.line);
            self.0.push(told.chars().take(MOST_CHARS).collect());
        }
    }

    /// Fails with all of them.
    fn report(self) {
        assert!(self.0.is_empty(), "{} wrong lines:\n{}", self.0.len(), self.0.join("\n"));
    }
}
