//! The only table of refusals: the status, code and sentence of each.

use poem::http::StatusCode;

use super::code::Code;

/// How a code looks on the wire and to a person.
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

/// In the order of the codes. Each row has the code on the wire, the title, and the sentence that is
/// shown unless a more specific one is known.
const TABLE: [Row; 34] = [
    row(
        Code::Malformed,
        StatusCode::BAD_REQUEST,
        ["malformed", "Bad request", "We couldn't read that request."],
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
            "Wrong email address or password",
            "That email address and password don't match. You can always sign in with an email link instead.",
        ],
    ),
    row(
        Code::Unconfirmed,
        StatusCode::FORBIDDEN,
        [
            "unconfirmed",
            "Confirm your email address",
            "This email address is registered but not confirmed yet. Open the link in our email, or enter its code.",
        ],
    ),
    row(
        Code::AccountDisabled,
        StatusCode::FORBIDDEN,
        [
            "account_disabled",
            "This account is disabled",
            "This account has been disabled. Please contact the administrator.",
        ],
    ),
    row(
        Code::RegistrationClosed,
        StatusCode::FORBIDDEN,
        [
            "registration_closed",
            "Registration is closed",
            "New registrations are closed. If you have an account, sign in.",
        ],
    ),
    row(
        Code::RecentSignInRequired,
        StatusCode::FORBIDDEN,
        [
            "recent_sign_in_required",
            "Confirm it's you",
            "You signed in a while ago. Please confirm it's you, then try again.",
        ],
    ),
    row(
        Code::AdminRequired,
        StatusCode::FORBIDDEN,
        ["admin_required", "Only for administrators", "Only administrators can do this."],
    ),
    row(
        Code::CrossSite,
        StatusCode::FORBIDDEN,
        [
            "cross_site",
            "Blocked",
            "This form was sent from another site, so nothing was changed. Open the page here and try again.",
        ],
    ),
    row(
        Code::NotFound,
        StatusCode::NOT_FOUND,
        ["not_found", "Page not found", "There's nothing at this web address."],
    ),
    row(
        Code::MethodNotAllowed,
        StatusCode::METHOD_NOT_ALLOWED,
        ["method_not_allowed", "Method not allowed", "This page can't be opened that way."],
    ),
    row(
        Code::OtherAccount,
        StatusCode::CONFLICT,
        [
            "other_account",
            "Another account is signed in",
            "Another account was signed in here after this page was opened, so nothing was changed.",
        ],
    ),
    row(
        Code::LastAdmin,
        StatusCode::CONFLICT,
        ["last_admin", "The last administrator", "Make someone else an admin first."],
    ),
    row(
        Code::TooManyAdmins,
        StatusCode::CONFLICT,
        ["too_many_admins", "Too many administrators", "There can be at most 25 administrators."],
    ),
    row(
        Code::InvalidLink,
        StatusCode::GONE,
        [
            "invalid_link",
            "This link no longer works",
            "It has been used, has expired, or was replaced by a newer one. Request a new one.",
        ],
    ),
    row(
        Code::InvalidRequest,
        StatusCode::GONE,
        [
            "invalid_request",
            "This code no longer works",
            "The code has expired, has been used, or was entered incorrectly too often. Request a new one.",
        ],
    ),
    row(
        Code::Gone,
        StatusCode::GONE,
        ["gone", "Too late", "This is over, or was never there, so nothing was changed."],
    ),
    row(
        Code::TooLarge,
        StatusCode::PAYLOAD_TOO_LARGE,
        ["too_large", "Too large", "That's more than we can accept."],
    ),
    row(
        Code::UnsupportedMediaType,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        [
            "unsupported_media_type",
            "Unsupported format",
            "Pages accept forms; the API accepts application/json.",
        ],
    ),
    row(
        Code::WrongHost,
        StatusCode::MISDIRECTED_REQUEST,
        ["wrong_host", "Wrong web address", "This site lives at a different web address."],
    ),
    row(
        Code::MissingField,
        StatusCode::UNPROCESSABLE_ENTITY,
        ["missing_field", "Missing value", "Please fill in this field."],
    ),
    row(
        Code::InvalidField,
        StatusCode::UNPROCESSABLE_ENTITY,
        ["invalid_field", "Invalid value", "This value isn't valid."],
    ),
    row(
        Code::InvalidEmail,
        StatusCode::UNPROCESSABLE_ENTITY,
        ["invalid_email", "Not an email address", "Enter an email address such as name@example.org."],
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
            "That isn't your current password. If you've forgotten it, reset it by email.",
        ],
    ),
    row(
        Code::WrongCode,
        StatusCode::UNPROCESSABLE_ENTITY,
        ["wrong_code", "Wrong code", "That code doesn't match the one we sent. Please check it."],
    ),
    row(
        Code::ConfirmationRequired,
        StatusCode::UNPROCESSABLE_ENTITY,
        ["confirmation_required", "Did you request this?", "Tick the box if you requested this email."],
    ),
    row(
        Code::SameEmail,
        StatusCode::UNPROCESSABLE_ENTITY,
        ["same_email", "Nothing to change", "That's already your email address."],
    ),
    row(
        Code::TooManyMails,
        StatusCode::TOO_MANY_REQUESTS,
        ["too_many_mails", "Please wait a moment", "We've just sent you an email."],
    ),
    row(
        Code::TooManyTries,
        StatusCode::TOO_MANY_REQUESTS,
        ["too_many_tries", "Too many attempts", "Too many attempts. Please try again later."],
    ),
    row(
        Code::Internal,
        StatusCode::INTERNAL_SERVER_ERROR,
        ["internal", "Something went wrong", "This is our fault, not yours. Please try again."],
    ),
    row(
        Code::Busy,
        StatusCode::SERVICE_UNAVAILABLE,
        ["busy", "Too busy", "We're handling too many requests. Please try again in a moment."],
    ),
    row(
        Code::IndexBuilding,
        StatusCode::SERVICE_UNAVAILABLE,
        [
            "index_building",
            "Not possible yet",
            "This isn't possible yet after the last update. Please try again in a moment.",
        ],
    ),
    row(
        Code::StoreUnavailable,
        StatusCode::SERVICE_UNAVAILABLE,
        [
            "store_unavailable",
            "Temporarily unavailable",
            "We can't save changes right now. Please try again in a moment.",
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
    use super::{Code, TABLE};

    #[test]
    fn every_code_has_its_own_row() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.code as usize, index, "{}", row.word);
        }
        assert_eq!(Code::StoreUnavailable as usize + 1, TABLE.len());
    }
}
