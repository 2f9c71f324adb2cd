//! Every code of a refusal, and what the table says of it.

use poem::http::StatusCode;

use super::table;

/// Why something is refused. Later versions may add codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the table explains each code in a sentence")]
pub enum Code {
    Malformed,
    SignInRequired,
    InvalidCredentials,
    Unconfirmed,
    AccountDisabled,
    RegistrationClosed,
    RecentSignInRequired,
    AdminRequired,
    CrossSite,
    NotFound,
    MethodNotAllowed,
    OtherAccount,
    LastAdmin,
    TooManyAdmins,
    InvalidLink,
    InvalidRequest,
    Gone,
    TooLarge,
    UnsupportedMediaType,
    WrongHost,
    MissingField,
    InvalidField,
    InvalidEmail,
    WeakPassword,
    WrongPassword,
    WrongCode,
    ConfirmationRequired,
    SameEmail,
    AddressTaken,
    AddressHeld,
    TooManyMails,
    TooManyTries,
    Internal,
    Busy,
    IndexBuilding,
    StoreUnavailable,
}

impl Code {
    /// Every code, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        table::TABLE.iter().map(|row| row.code)
    }

    fn row(self) -> &'static table::Row {
        &table::TABLE[self as usize]
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
    use super::super::table::TABLE;
    use super::Code;

    #[test]
    fn every_code_has_its_own_row() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.code as usize, index, "{}", row.word);
        }
        assert_eq!(Code::StoreUnavailable as usize + 1, TABLE.len());
    }
}
