//! What the table says of each code.

use poem::http::StatusCode;

use super::code::Code;
use super::row::Row;
use super::table::TABLE;

impl Code {
    /// Every code, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.code)
    }

    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(self) -> StatusCode {
        self.row().status
    }

    /// The code on the wire. It never changes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row().word
    }

    /// A short heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// The sentence that is shown unless a more specific one is known.
    #[must_use]
    pub fn detail(self) -> &'static str {
        self.row().detail
    }
}

#[cfg(test)]
mod tests {
    use super::super::code::Code;
    use super::super::table::TABLE;

    #[test]
    fn every_code_has_its_own_row() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.code as usize, index, "{}", row.word);
        }
        assert_eq!(Code::StoreUnavailable as usize + 1, TABLE.len());
    }
}
