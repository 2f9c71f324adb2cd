//! What has happened, told once on the next page.

use std::time::Duration;

use poem::Response;

use super::visitor::{cookies, put_cookie};
use crate::web::Site;
use crate::web::edge::cookies::Cookie;

/// A notice that nobody came to read is stale by then.
const LIFETIME: Duration = Duration::from_mins(1);

/// A closed set: a planted cookie can say nothing that we would not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// Somebody signed in.
    SignedIn,
    /// An account came to be.
    Confirmed,
    /// A session was ended.
    SignedOut,
    /// One more letter is owed.
    LetterSent,
    /// One more letter is owed that confirms.
    ConfirmationSent,
}

impl Notice {
    const ALL: [Self; 5] =
        [Self::SignedIn, Self::Confirmed, Self::SignedOut, Self::LetterSent, Self::ConfirmationSent];

    /// Reads the value of a cookie.
    pub(super) fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.code() == code)
    }

    fn code(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::Confirmed => "confirmed",
            Self::SignedOut => "signed_out",
            Self::LetterSent => "letter_sent",
            Self::ConfirmationSent => "confirmation_sent",
        }
    }

    /// What it says.
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::SignedIn => "You are signed in.",
            Self::Confirmed => "Your address is confirmed. Welcome!",
            Self::SignedOut => "You are signed out.",
            Self::LetterSent => "Another letter is on its way.",
            Self::ConfirmationSent => "A new confirmation email has been sent.",
        }
    }

    /// Has the next page tell it.
    pub(super) fn put(self, response: &mut Response, site: &Site) {
        put_cookie(response, cookies(site).set(Cookie::Notice, self.code(), LIFETIME));
    }
}
