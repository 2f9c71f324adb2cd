//! The codes of refusals.

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
    CrossSite,
    NotFound,
    MethodNotAllowed,
    OtherAccount,
    LastAdmin,
    TooManyAdmins,
    InvalidLink,
    InvalidRequest,
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
    TooManyMails,
    TooManyTries,
    Internal,
    Busy,
    IndexBuilding,
    StoreUnavailable,
}
