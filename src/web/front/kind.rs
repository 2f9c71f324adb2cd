//! Who waits for the answer to a request: a person in front of a page, htmx, or a program.

use poem::http::HeaderMap;
use poem::http::header::{ACCEPT, HeaderValue};

/// How a browser makes a request.
pub(super) const FETCH_MODE: &str = "sec-fetch-mode";
const FETCH_DEST: &str = "sec-fetch-dest";

/// What kind of answer is of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// htmx, which can be made to open another page.
    Htmx,
    /// A person opens a page.
    Navigation,
    /// A page in a frame, which the sign-in page refuses to be in.
    Frame,
    /// A person sends a form. A redirect would lose what was entered.
    Form,
    /// A script, an image, a program: following a redirect, it would take the sign-in page for its answer.
    Program,
}

impl Kind {
    /// Judges a request. The first that fits.
    pub(super) fn of(method: &str, headers: &HeaderMap) -> Self {
        let (reads, accepts_html) = (["GET", "HEAD"].contains(&method), accepts_html(headers));
        let is_frame = || {
            let frames = ["iframe", "frame", "embed", "object"];
            one(headers, FETCH_DEST).is_some_and(|dest| frames.contains(&dest))
        };
        if one(headers, "hx-request") == Some("true") {
            Self::Htmx
        } else if reads && is_navigation(headers, accepts_html) {
            Self::Navigation
        } else if accepts_html && is_frame() {
            Self::Frame
        } else if accepts_html && !reads && method != "CONNECT" && method != "OPTIONS" {
            Self::Form
        } else {
            Self::Program
        }
    }

    /// Whether a person reads the answer.
    pub(super) fn is_page(self) -> bool {
        matches!(self, Self::Navigation | Self::Frame | Self::Form)
    }
}

/// Whether a browser opens a page with this request. One that does not say so counts as `otherwise`.
pub(super) fn is_navigation(headers: &HeaderMap, otherwise: bool) -> bool {
    if headers.contains_key(FETCH_MODE) {
        return one(headers, FETCH_MODE) == Some("navigate") && one(headers, FETCH_DEST) == Some("document");
    }
    otherwise
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let mut ranges = lines.flat_map(|line| line.split(','));
    ranges.any(|range| range.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/html"))
}

/// The value of a header that is there exactly once.
pub(super) fn one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    HeaderValue::to_str(value).ok()
}
