//! What has just happened, shown once on the next page.

use std::time::Duration;

use poem::Response;

use super::jar::{cookies, put_cookie};
use crate::web::edge::cookies::Cookie;
use crate::web::house::Site;

/// A notice is out of date if no page has shown it by then.
const LIFETIME: Duration = Duration::from_mins(1);
/// Separates notices in their cookie.
const SEPARATOR: &str = ".";
/// What has happened, and that it did not lead where it should have.
const MAX: usize = 2;

/// A closed set, so that a planted cookie can only make us say our own sentences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// Someone signed in.
    SignedIn,
    /// Someone registered an address that already has an account, and was signed in to it.
    KnownAlready,
    /// An account was created.
    Confirmed,
    /// The person signed out.
    SignedOut,
    /// The browser forgot its session, but it could not be ended on the server.
    SessionLeftOpen,
    /// Another email is in the outbox.
    LetterSent,
    /// Another confirmation email is in the outbox.
    ConfirmationSent,
    /// The password belongs to a registration that is not confirmed. The sentence must not reveal
    /// whether the address also has an account, so it is true in both cases.
    ConfirmFirst,
    /// Password changed.
    PasswordChanged,
    /// The password was removed.
    PasswordRemoved,
    /// A forgotten password was replaced.
    PasswordReset,
    /// The address was changed.
    EmailChanged,
    /// A pending change of address was cancelled.
    EmailChangeCancelled,
    /// The previous address was restored.
    EmailRestored,
    /// One session was ended.
    SessionEnded,
    /// All other devices were signed out.
    OthersEnded,
    /// The account was deleted.
    AccountDeleted,
    /// The person confirmed once more that it is them.
    Recent,
    /// The account is signed out everywhere, and an email to choose a new password is on its way.
    AccountSecured,
    /// Emails about new devices were turned off.
    DeviceEmailsOff,
    /// They were turned on.
    DeviceEmailsOn,
    /// The person wanted to go somewhere that we lead no one to.
    NotThere,
    /// An email is due now.
    EmailDue,
    /// An email that was to be tried is being sent right now.
    EmailBeingSent,
    /// An email will not be sent.
    EmailStopped,
    /// An email that was not to be sent is being sent right now.
    EmailPerhapsStopped,
}

impl Notice {
    const ALL: [Self; 26] = [
        Self::SignedIn,
        Self::KnownAlready,
        Self::Confirmed,
        Self::SignedOut,
        Self::SessionLeftOpen,
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
        Self::AccountSecured,
        Self::DeviceEmailsOff,
        Self::DeviceEmailsOn,
        Self::NotThere,
        Self::EmailDue,
        Self::EmailBeingSent,
        Self::EmailStopped,
        Self::EmailPerhapsStopped,
    ];

    fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.code() == code)
    }

    fn code(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::KnownAlready => "known_already",
            Self::Confirmed => "confirmed",
            Self::SignedOut => "signed_out",
            Self::SessionLeftOpen => "session_left_open",
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
            Self::AccountSecured => "account_secured",
            Self::DeviceEmailsOff => "device_emails_off",
            Self::DeviceEmailsOn => "device_emails_on",
            Self::NotThere => "not_there",
            Self::EmailDue => "email_due",
            Self::EmailBeingSent => "email_being_sent",
            Self::EmailStopped => "email_stopped",
            Self::EmailPerhapsStopped => "email_perhaps_stopped",
        }
    }

    /// The text for the person.
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::SignedIn => "You're signed in.",
            Self::KnownAlready => {
                "You're signed in. You already had an account, and its password hasn't changed."
            }
            Self::Confirmed => "Email address confirmed. Welcome!",
            Self::SignedOut => "You're signed out.",
            Self::SessionLeftOpen => {
                "You're signed out in this browser, but we couldn't save that, so the session is still open on the \
                 server. To end it, sign in again later and sign out all other devices."
            }
            Self::LetterSent => "Another email is on its way.",
            Self::ConfirmationSent => "A new confirmation email has been sent.",
            Self::ConfirmFirst => "Please confirm your email address first.",
            Self::PasswordChanged => "Password saved. All other devices have been signed out.",
            Self::PasswordRemoved => "Password removed. From now on you sign in by email.",
            Self::PasswordReset => "Your password has been changed and you're signed in.",
            Self::EmailChanged => "Your email address has been changed.",
            Self::EmailChangeCancelled => "Change cancelled.",
            Self::EmailRestored => {
                "Your email address has been restored. The account no longer has a password and is signed out \
                 everywhere. Sign in by email."
            }
            Self::SessionEnded => "Device signed out.",
            Self::OthersEnded => "All other devices have been signed out.",
            Self::AccountDeleted => "Your account has been deleted.",
            Self::Recent => "Thanks. You can make changes for the next ten minutes.",
            Self::AccountSecured => {
                "The account is signed out everywhere and its password is removed. Choose a new one with the \
                 email we're sending."
            }
            Self::DeviceEmailsOff => "Emails about new devices turned off.",
            Self::DeviceEmailsOn => "Emails about new devices turned on.",
            Self::EmailDue => "The email will be tried again now.",
            Self::EmailBeingSent => "The email is being sent right now.",
            Self::EmailStopped => "The email will not be sent.",
            Self::EmailPerhapsStopped => {
                "The email is being sent right now, so it may still arrive. If it can't be delivered this time, \
                 it will not be tried again."
            }
            Self::NotThere => {
                "We couldn't take you to the page you asked for, so we brought you here instead."
            }
        }
    }
}

/// Shows them on the page of ours that `response` leads to.
pub(super) fn put(notices: &[Notice], response: &mut Response, site: &Site) {
    let codes: Vec<&str> = notices.iter().map(|notice| notice.code()).collect();
    if !codes.is_empty() {
        put_cookie(response, cookies(site).set(Cookie::Notice, &codes.join(SEPARATOR), LIFETIME));
    }
}

/// Keeps none for later.
pub(super) fn drop(response: &mut Response, site: &Site) {
    put_cookie(response, cookies(site).clear(Cookie::Notice));
}

/// Reads them from the cookie.
pub(super) fn parse(codes: &str) -> Vec<Notice> {
    let notices: Option<Vec<Notice>> = codes.split(SEPARATOR).take(MAX).map(Notice::parse).collect();
    notices.unwrap_or_default()
}
