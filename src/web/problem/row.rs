//! A row of the table of refusals.

use poem::http::StatusCode;

use super::code::Code;

/// How a code looks on the wire and to a person.
pub(super) struct Row {
    pub(super) code: Code,
    pub(super) status: StatusCode,
    pub(super) word: &'static str,
    pub(super) title: &'static str,
    pub(super) detail: &'static str,
}

pub(super) const fn row(code: Code, status: StatusCode, words: [&'static str; 3]) -> Row {
    let [word, title, detail] = words;
    Row { code, status, word, title, detail }
}
