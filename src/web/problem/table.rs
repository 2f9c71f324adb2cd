//! The only table of refusals: status, code and sentence of each.

use poem::http::StatusCode;

/// Why something is refused. The list is open: later versions add to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "`row` says in a sentence what each means")]
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
    Internal,
    Busy,
    StoreUnavailable,
}

/// What a code says on the wire and to a person.
struct Row {
    code: Code,
    status: StatusCode,
    word: &'static str,
    title: &'static str,
    detail: &'static str,
}

const fn row(code: Code, status: StatusCode, words: [&'static str; 3]) -> Row {
    let [word, title, detail] = words;
    Row { code, status, word, title, detail }
}

/// The table, in the order of the codes: status, word on the wire, title, and what to say when nothing better is known.
const TABLE: [Row; 27] = [
    row(
        Code::Malformed,
        StatusCode::BAD_REQUEST,
        ["malformed", "Not understood", "We could not read what was sent."],
    ),
    row(
        Code::SignInRequired,
        StatusCode::UNAUTHORIZED,
        ["sign_in_required", "Sign in first", "Please sign in first."],
    ),
    row(
        Code::InvalidCredentials,
        StatusCode::UNAUTHORIZED,
        [
            "invalid_credentials",
            "Address and password do not fit",
            "Address and password do not fit together. You can always sign in by mail instead.",
        ],
    ),
    row(
        Code::Unconfirmed,
        StatusCode::FORBIDDEN,
        [
            "unconfirmed",
            "Confirm your address first",
            "This address was registered, but not confirmed yet. Open the link in our letter, or type its code.",
        ],
    ),
    row(
        Code::AccountDisabled,
        StatusCode::FORBIDDEN,
        [
            "account_disabled",
            "This account is disabled",
            "Whoever runs this server has disabled this account. Ask them about it.",
        ],
    ),
    row(
        Code::RegistrationClosed,
        StatusCode::FORBIDDEN,
        [
            "registration_closed",
            "Registration is closed",
            "Nobody new can register here. If you have an account, sign in.",
        ],
    ),
    row(
        Code::RecentSignInRequired,
        StatusCode::FORBIDDEN,
        [
            "recent_sign_in_required",
            "Is it still you?",
            "Your sign-in is a while ago. Please prove once more that it is you; then try again.",
        ],
    ),
    row(
        Code::CrossSite,
        StatusCode::FORBIDDEN,
        [
            "cross_site",
            "Sent from another site",
            "This was sent from another site, so nothing was done. Open the page here and try again.",
        ],
    ),
    row(
        Code::NotFound,
        StatusCode::NOT_FOUND,
        ["not_found", "Nothing here", "There is nothing at this address."],
    ),
    row(
        Code::MethodNotAllowed,
        StatusCode::METHOD_NOT_ALLOWED,
        ["method_not_allowed", "Not this way", "This address does not take that kind of request."],
    ),
    row(
        Code::InvalidLink,
        StatusCode::GONE,
        [
            "invalid_link",
            "This link is no longer good",
            "It was used already, is too old, or was replaced by a newer one. You can ask for a new one.",
        ],
    ),
    row(
        Code::InvalidRequest,
        StatusCode::GONE,
        [
            "invalid_request",
            "This code is no longer good",
            "It is too old, was tried too often, or was used already. You can ask for a new one.",
        ],
    ),
    row(
        Code::TooLarge,
        StatusCode::PAYLOAD_TOO_LARGE,
        ["too_large", "Too much", "That is more than we take."],
    ),
    row(
        Code::UnsupportedMediaType,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ["unsupported_media_type", "Not in this form", "Pages take forms, the API takes application/json."],
    ),
    row(
        Code::WrongHost,
        StatusCode::MISDIRECTED_REQUEST,
        ["wrong_host", "Wrong address", "This server is not reached under that name."],
    ),
    row(
        Code::MissingField,
        StatusCode::UNPROCESSABLE_ENTITY,
        ["missing_field", "Something is missing", "Please fill in this field."],
    ),
    row(
        Code::InvalidField,
        StatusCode::UNPROCESSABLE_ENTITY,
        ["invalid_field", "Something is not right", "We cannot use what stands in this field."],
    ),
    row(
        Code::InvalidEmail,
        StatusCode::UNPROCESSABLE_ENTITY,
        ["invalid_email", "Not an email address", "An address looks like name@example.org."],
    ),
    row(
        Code::WeakPassword,
        StatusCode::UNPROCESSABLE_ENTITY,
        ["weak_password", "Choose another password", "This password is too easy to guess."],
    ),
    row(
        Code::WrongPassword,
        StatusCode::UNPROCESSABLE_ENTITY,
        [
            "wrong_password",
            "Wrong password",
            "That is not your present password. If you have forgotten it, set a new one by mail.",
        ],
    ),
    row(
        Code::WrongCode,
        StatusCode::UNPROCESSABLE_ENTITY,
        ["wrong_code", "Wrong code", "That is not the code of the last letter. Please look again."],
    ),
    row(
        Code::ConfirmationRequired,
        StatusCode::UNPROCESSABLE_ENTITY,
        [
            "confirmation_required",
            "Did you ask for this?",
            "Please tick the box if you asked for this letter yourself.",
        ],
    ),
    row(
        Code::SameEmail,
        StatusCode::UNPROCESSABLE_ENTITY,
        ["same_email", "Nothing to change", "That is your address already."],
    ),
    row(
        Code::TooManyMails,
        StatusCode::TOO_MANY_REQUESTS,
        ["too_many_mails", "One moment", "A letter is on its way already."],
    ),
    row(
        Code::Internal,
        StatusCode::INTERNAL_SERVER_ERROR,
        ["internal", "Something went wrong", "That is our fault, not yours. Please try again."],
    ),
    row(
        Code::Busy,
        StatusCode::SERVICE_UNAVAILABLE,
        ["busy", "Very busy", "More is going on than we can take in. Please try again in a moment."],
    ),
    row(
        Code::StoreUnavailable,
        StatusCode::SERVICE_UNAVAILABLE,
        [
            "store_unavailable",
            "Out of order for a moment",
            "We cannot save anything just now. Please try again in a moment.",
        ],
    ),
];

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

    /// The stable word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row().word
    }

    /// A short heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// What to say when nothing better is known.
    #[must_use]
    pub fn detail(self) -> &'static str {
        self.row().detail
    }
}

#[cfg(test)]
mod tests {
    use super::{Code, TABLE};

    #[test]
    fn every_code_stands_in_its_own_row() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.code as usize, index, "{}", row.word);
        }
        assert_eq!(Code::StoreUnavailable as usize + 1, TABLE.len());
    }
}
