//! A refusal, the same at both doors: status, code, sentence and headers. The sentences are in `table`;
//! each door draws them in its own way.
//!
//! - `code`: all of them
//! - `table`: status, word and usual sentence of each
//! - `waits`: how long to wait, in words

mod code;
mod table;
mod waits;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use poem::Response;
use poem::error::ParsePathError;
use poem::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use poem::http::{HeaderValue, StatusCode};

pub use self::code::Code;
use self::waits::{in_words, refusal_of, whole_secs};
use crate::domain::error::Error;
use crate::domain::password::Weakness;
use crate::domain::person::Unconfirmed;
use crate::domain::ports::StoreError;
use crate::web::house::{Door, OF_REQUESTS};

/// One refusal, to be drawn as a page, a fragment or JSON (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which refusal.
    pub code: Code,
    /// One sentence for the person.
    pub detail: Cow<'static, str>,
    /// The input field that caused it.
    pub field: Option<&'static str>,
    /// How long to wait before trying again.
    pub retry_after: Option<Duration>,
    /// The registration to confirm first. A program continues with it; a page keeps it in a cookie.
    pub unconfirmed: Option<Box<Unconfirmed>>,
    /// Why the store failed. Only the log shows it.
    pub cause: Option<Box<StoreError>>,
    /// What came instead of what was expected, bounded and printable. Only the log shows it.
    pub came: Option<Box<str>>,
}

impl Problem {
    /// A refusal with the sentence from the table.
    #[must_use]
    pub fn of(code: Code) -> Self {
        let detail = Cow::Borrowed(code.detail());
        Self { code, detail, field: None, retry_after: None, unconfirmed: None, cause: None, came: None }
    }

    /// The same refusal, caused by a field.
    #[must_use]
    pub fn field(self, field: &'static str) -> Self {
        Self { field: Some(field), ..self }
    }

    /// The same refusal, with a more specific sentence.
    #[must_use]
    pub fn detail(self, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    /// The same refusal, with what came instead, for the operator who wonders what is wrong.
    #[must_use]
    pub fn came(self, what: String) -> Self {
        Self { came: Some(what.into()), ..self }
    }

    /// The same refusal, with how long to wait.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.code.status()
    }

    /// Seconds to wait, rounded up so that a client that obeys is never too early.
    #[must_use]
    pub fn retry_after_secs(&self) -> Option<u64> {
        self.retry_after.map(whole_secs)
    }

    /// Turns any error into a refusal. An error that poem raised is judged by its status only: its
    /// message names our types, so no one should see it.
    #[must_use]
    pub fn from_error(error: &poem::Error) -> Self {
        if let Some(problem) = error.downcast_ref::<Self>() {
            return problem.clone();
        }
        Self::of(match error.status() {
            _ if error.is::<ParsePathError>() => Code::NotFound,
            StatusCode::UNAUTHORIZED => Code::SignInRequired,
            StatusCode::NOT_FOUND => Code::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
            status if status.is_client_error() => Code::Malformed,
            _ => Code::Internal,
        })
    }

    /// Adds the code as a header where the page redirects instead of showing the refusal, for programs
    /// that drive pages.
    pub fn name(&self, response: &mut Response) {
        response.headers_mut().insert("x-problem", HeaderValue::from_static(self.code.as_str()));
    }

    /// The headers a refusal carries, however it is drawn.
    pub fn put_headers(&self, response: &mut Response, door: Door) {
        response.set_status(self.status());
        let headers = response.headers_mut();
        // Programs that drive pages find the same code and field as in JSON.
        if door == Door::Pages {
            headers.insert("x-problem", HeaderValue::from_static(self.code.as_str()));
            if let Some(field) = self.field {
                headers.insert("x-problem-field", HeaderValue::from_static(field));
            }
        }
        if let Some(secs) = self.retry_after_secs() {
            headers.insert(RETRY_AFTER, HeaderValue::from(secs));
        }
        if self.code == Code::SignInRequired && door == Door::Json {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_str())
    }
}

impl std::error::Error for Problem {}

impl From<Problem> for poem::Error {
    fn from(problem: Problem) -> Self {
        let status = problem.status();
        Self::new(problem, status)
    }
}

impl From<Unconfirmed> for Problem {
    fn from(unconfirmed: Unconfirmed) -> Self {
        Self { unconfirmed: Some(Box::new(unconfirmed)), ..Self::of(Code::Unconfirmed) }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Address(error) => Self::of(Code::InvalidEmail).field("email").detail(error.to_string()),
            Error::WeakPassword(weakness) => {
                let code = match weakness {
                    Weakness::Unprintable => Code::InvalidField,
                    _ => Code::WeakPassword,
                };
                Self::of(code).field("password").detail(weakness.to_string())
            }
            Error::RegistrationClosed => Self::of(Code::RegistrationClosed),
            Error::OutsideDomains(domains) => Self::of(Code::RegistrationClosed)
                .field("email")
                .detail(format!("That email address can't be used here. Use one at {domains}.")),
            Error::InvalidCredentials => Self::of(Code::InvalidCredentials),
            Error::AccountDisabled => Self::of(Code::AccountDisabled),
            Error::InvalidLink => Self::of(Code::InvalidLink),
            Error::InvalidRequest => Self::of(Code::InvalidRequest),
            Error::WrongCode => Self::of(Code::WrongCode).field("code"),
            Error::ConfirmationRequired => Self::of(Code::ConfirmationRequired).field("confirm"),
            Error::NotConfirmed => {
                Self::of(Code::ConfirmationRequired).field("confirm").detail("Tick the box to continue.")
            }
            Error::PasswordRequired => Self::of(Code::MissingField).field("password"),
            Error::CurrentPasswordRequired => Self::of(Code::MissingField).field("current_password"),
            Error::WrongPassword => Self::of(Code::WrongPassword).field("current_password"),
            Error::SameEmail => Self::of(Code::SameEmail).field("email"),
            Error::RecentSignInRequired => Self::of(Code::RecentSignInRequired),
            // Only sessions are looked up by id.
            Error::NotFound => Self::of(Code::NotFound).detail("That device was already signed out."),
            Error::SignInRequired => Self::of(Code::SignInRequired),
            Error::AdminRequired => Self::of(Code::AdminRequired),
            Error::Over => Self::of(Code::Gone),
            Error::UnknownPlace => Self::of(Code::InvalidField).field("after"),
            Error::TooManyMails { retry_after } => {
                let wait = in_words(retry_after);
                let detail = format!("We've just sent you an email. You can ask for another in {wait}.");
                Self::of(Code::TooManyMails).retry_after(retry_after).detail(detail)
            }
            Error::Limited { limit, retry_after } => {
                let (code, detail) = refusal_of(limit, retry_after);
                Self::of(code).retry_after(retry_after).detail(detail)
            }
            Error::TooManyChanges { retry_after } => {
                let wait = in_words(retry_after);
                let detail = format!(
                    "You've changed your email address too often. You can change it again in {wait}."
                );
                Self::of(Code::TooManyMails).retry_after(retry_after).detail(detail)
            }
            Error::LastAdmin => Self::of(Code::LastAdmin),
            Error::TooManyAdmins => Self::of(Code::TooManyAdmins),
            Error::IndexBuilding => Self::of(Code::IndexBuilding).retry_after(Duration::from_secs(10)),
            Error::Store(error) => Self::from_store(error),
        }
    }
}

impl Problem {
    /// The refusal for someone who is signed in and confirms it again. They entered no email address,
    /// and a sign-in link would not help them.
    #[must_use]
    pub fn of_reauthentication(error: Error) -> Self {
        let problem = Self::from(error);
        match problem.code {
            Code::InvalidCredentials => {
                problem.detail("That isn't this account's password. You can have a code emailed instead.")
            }
            Code::TooManyTries => {
                let wait = in_words(problem.retry_after.unwrap_or_default());
                problem.detail(format!(
                    "Too many passwords were entered. You can try again in {wait}, or have a code emailed instead."
                ))
            }
            _ => problem,
        }
    }

    /// The refusal for someone who asks for another email. They entered no email address.
    #[must_use]
    pub fn of_resend(error: Error) -> Self {
        Self { field: None, ..Self::from(error) }
    }

    fn from_store(error: StoreError) -> Self {
        let problem = match error {
            StoreError::Busy => Self::of(Code::Busy).retry_after(Duration::from_secs(1)),
            StoreError::Refused(_) | StoreError::InDoubt(_) => {
                Self::of(Code::StoreUnavailable).retry_after(Duration::from_secs(5))
            }
            StoreError::Damaged(_) | StoreError::Unreadable(_) => Self::of(Code::Internal),
        };
        Self { cause: Some(Box::new(error)), ..problem }
    }

    /// Logs a fault, or what came instead of what was expected, under the id that the response shows. Called
    /// once, where the response is drawn. A server that is starting, or has no room, is not at fault.
    pub fn tell(&self, request_id: &str) {
        if self.cause.is_some() || self.code == Code::Internal {
            let cause = self.cause.as_ref().map(ToString::to_string);
            tracing::error!(request.id = request_id, code = self.code.as_str(), cause, "a request failed");
        }
        if let Some(came) = &self.came {
            let code = self.code.as_str();
            tracing::warn!(target: OF_REQUESTS, code, came, request.id = request_id, "refused a request");
        }
    }
}
