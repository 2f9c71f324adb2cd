//! Every code of a refusal.

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
    TooManyMails,
    TooManyTries,
    Internal,
    Busy,
    StoreUnavailable,
}
