//! The only table of status, code and sentence.

use std::fmt;
use std::time::Duration;

use poem::error::ResponseError;
use poem::http::StatusCode;
use poem::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use poem::{IntoResponse, Response};

/// A refusal's stable name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Cannot be read.
    Malformed,
    /// Nobody is signed in.
    SignInRequired,
    /// Sent by a stranger's page.
    CrossSite,
    /// Nothing is there.
    NotFound,
    /// Not by this method.
    MethodNotAllowed,
    /// The body is too long.
    TooLarge,
    /// Not in this form.
    UnsupportedMediaType,
    /// Meant for another host.
    WrongHost,
    /// A fault of ours.
    Internal,
    /// Later.
    Busy,
}

impl Code {
    fn row(self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Self::Malformed => (S::BAD_REQUEST, "malformed", "The request cannot be read."),
            Self::SignInRequired => (S::UNAUTHORIZED, "sign_in_required", "Please sign in."),
            Self::CrossSite => (S::FORBIDDEN, "cross_site", "This was not sent by our own page."),
            Self::NotFound => (S::NOT_FOUND, "not_found", "There is nothing here."),
            Self::MethodNotAllowed => (S::METHOD_NOT_ALLOWED, "method_not_allowed", "Not by this method."),
            Self::TooLarge => (S::PAYLOAD_TOO_LARGE, "too_large", "That is too much."),
            Self::UnsupportedMediaType => {
                (S::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Not in this form.")
            }
            Self::WrongHost => (S::MISDIRECTED_REQUEST, "wrong_host", "This is not our address."),
            Self::Internal => (S::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on our side."),
            Self::Busy => (S::SERVICE_UNAVAILABLE, "busy", "Please try again soon."),
        }
    }
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    code: Code,
    retry_after: Option<Duration>,
}

impl Problem {
    /// The problem of this code.
    #[must_use]
    pub fn of(code: Code) -> Self {
        Self { code, retry_after: None }
    }

    /// When to try again.
    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.row().1)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status(&self) -> StatusCode {
        self.code.row().0
    }
}

/// Which face a refusal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// HTML.
    Page,
    /// JSON.
    Api,
}

/// What a drawing needs of the request.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The request's id.
    pub request_id: String,
    /// Whether htmx asks for a fragment.
    pub is_htmx: bool,
    /// The right address.
    pub public_url: String,
}

/// Draws a problem for a door.
#[must_use]
pub fn draw(problem: &Problem, door: Door, asked: &Asked) -> Response {
    let (status, code, title) = problem.code.row();
    let mut response = match door {
        Door::Api => {
            let fields = serde_json::json!({
                "type": "about:blank", "title": title, "status": status.as_u16(), "detail": title,
                "code": code, "request_id": asked.request_id,
            });
            fields.to_string().with_content_type("application/problem+json").into_response()
        }
        Door::Page => {
            let page = maud::html! { h1 { (title) } p { a href=(asked.public_url) { (asked.public_url) } } };
            page.into_string().with_content_type("text/html; charset=utf-8").into_response()
        }
    };
    response.set_status(status);
    if let Some(after) = problem.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(after.as_secs()));
    }
    if door == Door::Api && status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    debug_assert!(response.headers().contains_key(CONTENT_TYPE));
    response
}
