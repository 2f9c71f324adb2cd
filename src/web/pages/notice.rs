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
    /// Somebody registered an address that has an account, and signed in to that.
    KnownAlready,
    /// An account came to be.
    Confirmed,
    /// A session was ended.
    SignedOut,
    /// One more letter is owed.
    LetterSent,
    /// One more letter is owed that confirms.
    ConfirmationSent,
    /// The password was that of a registration which waits. Whether an account stands behind the
    /// address as well must not be told: the sentence is true of both.
    ConfirmFirst,
}

impl Notice {
    const ALL: [Self; 7] = [
        Self::SignedIn,
        Self::KnownAlready,
        Self::Confirmed,
        Self::SignedOut,
        Self::LetterSent,
        Self::ConfirmationSent,
        Self::ConfirmFirst,
    ];

    /// Reads the value of a cookie.
    pub(super) fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.code() == code)
    }

    fn code(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::KnownAlready => "known_already",
            Self::Confirmed => "confirmed",
            Self::SignedOut => "signed_out",
            Self::LetterSent => "letter_sent",
            Self::ConfirmationSent => "confirmation_sent",
            Self::ConfirmFirst => "confirm_first",
        }
    }

    /// What it says.
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::SignedIn => "You are signed in.",
            Self::KnownAlready => {
                "You are signed in. You had an account already, and its password stays as it was."
            }
            Self::Confirmed => "Your address is confirmed. Welcome!",
            Self::SignedOut => "You are signed out.",
            Self::LetterSent => "Another letter is on its way.",
            Self::ConfirmationSent => "A new confirmation email has been sent.",
            Self::ConfirmFirst => {
                "This registration is not confirmed yet. Please confirm your address first."
            }
        }
    }

    /// Has the next page tell it.
    pub(super) fn put(self, response: &mut Response, site: &Site) {
        put_cookie(response, cookies(site).set(Cookie::Notice, self.code(), LIFETIME));
    }
}
