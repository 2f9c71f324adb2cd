//! What a request is for, and what follows from that alone.

use std::time::Duration;

/// What a request is for. One request, one purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Purpose {
    /// To sign in; makes the account where there is none.
    SignIn,
    /// To confirm an address that was registered with a password; signs in where there is an account.
    Register,
    /// To set a new password where the old one is forgotten.
    ResetPassword,
    /// To change the address of the account that asks.
    ChangeEmail,
    /// To prove once more who is signed in.
    Reauthenticate,
    /// To have an address back. Never a request's: an undo is none.
    UndoEmail,
}

impl Purpose {
    /// How long after asking its holder's side of it is over, the same for every request of the
    /// purpose.
    #[must_use]
    pub fn lifetime(self) -> Duration {
        match self {
            Self::SignIn | Self::ResetPassword | Self::Reauthenticate => Duration::from_hours(1),
            Self::Register | Self::ChangeEmail => Duration::from_hours(24),
            Self::UndoEmail => Duration::from_hours(7 * 24),
        }
    }

    /// Whether it ends in being signed in by mail: using one of these kills those asked for before.
    #[must_use]
    pub fn signs_in(self) -> bool {
        matches!(self, Self::SignIn | Self::Register)
    }

    /// How long its link and code are good once the mail server has taken the letter; `configured` is
    /// how long those are that sign in.
    #[must_use]
    pub fn link_lifetime(self, configured: Duration) -> Duration {
        match self {
            Self::SignIn => configured,
            Self::Reauthenticate => Duration::from_mins(10),
            Self::Register | Self::ResetPassword | Self::ChangeEmail | Self::UndoEmail => self.lifetime(),
        }
    }

    /// How long after its end a request is kept. A tab left open overnight can ask for a sign-in link
    /// again; a registration that was never confirmed is forgotten, its password first of all.
    pub(in crate::domain) fn kept_after_end(self) -> Duration {
        match self {
            Self::SignIn | Self::ResetPassword => Duration::from_hours(24),
            Self::Register | Self::ChangeEmail | Self::Reauthenticate | Self::UndoEmail => Duration::ZERO,
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
        }
    }
}
