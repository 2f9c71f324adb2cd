//! What a request is for, and the rules that depend on nothing else.

use std::time::Duration;

/// What a request is for. Each request has exactly one purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Purpose {
    /// To sign in. Creates the account if there is none.
    SignIn,
    /// To confirm an address that was registered with a password. Signs in if there is an account.
    Register,
    /// To replace a forgotten password.
    ResetPassword,
    /// To change the address of the account that asks.
    ChangeEmail,
    /// To confirm who is signed in.
    Reauthenticate,
    /// To undo a change of address. Not used in requests: an undo is a record of its own.
    UndoEmail,
    /// To secure an account after a sign-in that was not its owner's. Not used in requests either.
    SecureAccount,
}

impl Purpose {
    /// How long after it was made a request ends for its holder, the same for every request of the
    /// purpose.
    #[must_use]
    pub fn lifetime(self) -> Duration {
        match self {
            Self::SignIn | Self::ResetPassword | Self::Reauthenticate => Duration::from_hours(1),
            Self::Register | Self::ChangeEmail => Duration::from_hours(24),
            Self::UndoEmail | Self::SecureAccount => Duration::from_hours(7 * 24),
        }
    }

    /// Whether it is for signing in by email. Using one of these voids the earlier ones.
    #[must_use]
    pub fn signs_in(self) -> bool {
        matches!(self, Self::SignIn | Self::Register)
    }

    /// How long link and code are valid after the mail server accepted the email. `configured` is the
    /// setting for sign-in links.
    #[must_use]
    pub fn link_lifetime(self, configured: Duration) -> Duration {
        match self {
            Self::SignIn => configured,
            Self::Reauthenticate => Duration::from_mins(10),
            Self::Register
            | Self::ResetPassword
            | Self::ChangeEmail
            | Self::UndoEmail
            | Self::SecureAccount => self.lifetime(),
        }
    }

    /// How long a request is kept after its end. A tab left open overnight can still request another
    /// sign-in link. An unconfirmed registration is forgotten at once, with its password.
    pub(in crate::domain) fn kept_after_end(self) -> Duration {
        match self {
            Self::SignIn | Self::ResetPassword => Duration::from_hours(24),
            Self::Register
            | Self::ChangeEmail
            | Self::Reauthenticate
            | Self::UndoEmail
            | Self::SecureAccount => Duration::ZERO,
        }
    }

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Register => "register",
            Self::ResetPassword => "reset_password",
            Self::ChangeEmail => "change_email",
            Self::Reauthenticate => "reauthenticate",
            Self::UndoEmail => "undo_email",
            Self::SecureAccount => "secure_account",
        }
    }
}
