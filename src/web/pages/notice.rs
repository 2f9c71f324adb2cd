//! What has happened, told once on the next page.

use std::time::Duration;

use poem::Response;

use super::visitor::{cookies, put_cookie};
use crate::web::edge::cookies::Cookie;
use crate::web::house::Site;

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
    /// The password was set or changed.
    PasswordChanged,
    /// The password was removed.
    PasswordRemoved,
    /// A forgotten password was replaced.
    PasswordReset,
    /// The address was changed.
    EmailChanged,
    /// A change of address was called off.
    EmailChangeCancelled,
    /// The old address was restored.
    EmailRestored,
    /// One session was ended.
    SessionEnded,
    /// All other sessions were ended.
    OthersEnded,
    /// The account was deleted.
    AccountDeleted,
    /// Who is signed in has proven it once more.
    Recent,
}

impl Notice {
    const ALL: [Self; 17] = [
        Self::SignedIn,
        Self::KnownAlready,
        Self::Confirmed,
        Self::SignedOut,
        Self::LetterSent,
        Self::ConfirmationSent,
        Self::ConfirmFirst,
        Self::PasswordChanged,
        Self::PasswordRemoved,
        Self::PasswordReset,
        Self::EmailChanged,
        Self::EmailChangeCancelled,
        Self::EmailRestored,
        Self::SessionEnded,
        Self::OthersEnded,
        Self::AccountDeleted,
        Self::Recent,
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
            Self::PasswordChanged => "password_changed",
            Self::PasswordRemoved => "password_removed",
            Self::PasswordReset => "password_reset",
            Self::EmailChanged => "email_changed",
            Self::EmailChangeCancelled => "email_change_cancelled",
            Self::EmailRestored => "email_restored",
            Self::SessionEnded => "session_ended",
            Self::OthersEnded => "others_ended",
            Self::AccountDeleted => "account_deleted",
            Self::Recent => "recent",
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
            Self::PasswordChanged => "Your password is set. Everybody else is signed out.",
            Self::PasswordRemoved => "Your password is gone: you sign in by mail from now on.",
            Self::PasswordReset => "You have a new password, and you are signed in.",
            Self::EmailChanged => "Your address is changed.",
            Self::EmailChangeCancelled => "The change of address is called off.",
            Self::EmailRestored => {
                "The old address is back. Its account has no password any more, and nobody is signed in to it: \
                 sign in by mail."
            }
            Self::SessionEnded => "That session is over.",
            Self::OthersEnded => "Everybody else is signed out.",
            Self::AccountDeleted => "Your account is deleted.",
            Self::Recent => "Thank you. For ten minutes you can change what you like.",
        }
    }

    /// Has the next page tell it.
    pub(super) fn put(self, response: &mut Response, site: &Site) {
        put_cookie(response, cookies(site).set(Cookie::Notice, self.code(), LIFETIME));
    }
}
