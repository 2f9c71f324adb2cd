//! What can happen, and how it is said.

use super::means::Means;

/// Everything that can happen. Names on the wire and in the log come from OWASP's Logging Vocabulary where
/// it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum EventName {
    /// Someone requested an email.
    MailRequested,
    /// Someone registered an address that was unknown until then. Kept whether or not it is ever
    /// confirmed.
    Registered,
    /// A request was used and created an account.
    AccountConfirmed,
    /// Someone signed in, by email or with a password.
    SignedIn,
    /// A password was wrong, or belongs to a registration that is not confirmed yet.
    PasswordRefused,
    /// Password changed.
    PasswordChanged,
    /// The password was removed.
    PasswordRemoved,
    /// A forgotten password was reset.
    PasswordReset,
    /// A password change was refused because the current password was wrong.
    PasswordChangeRefused,
    /// The address was changed.
    EmailChanged,
    /// The old address was restored.
    EmailRestored,
    /// A change of address was cancelled.
    EmailChangeCancelled,
    /// Someone signed in confirmed who they are.
    Reauthenticated,
    /// A session was ended from another one.
    SessionEnded,
    /// All other devices were signed out.
    OthersSignedOut,
    /// The account was deleted.
    AccountDeleted,
    /// The operator disabled the account.
    AccountDisabled,
    /// The operator re-enabled the account.
    AccountEnabled,
    /// The operator created the account.
    AccountAdded,
    /// The operator created a sign-in link.
    LinkHandedOut,
    /// The operator granted admin rights.
    AdminGranted,
    /// The operator revoked admin rights.
    AdminRevoked,
    /// A wrong code was entered.
    WrongCode,
    /// Someone signed out.
    SignedOut,
    /// The mail server accepted an email.
    MailSent,
    /// The mail server rejected an email, or was unreachable for too long.
    MailFailed,
    /// An email was not sent because it was no longer needed.
    MailDropped,
    /// The operator ended all sessions.
    AllSignedOut,
    /// A request was refused because there were too many before it.
    Throttled,
    /// The operator imported accounts, in one step or many. Written with the last one.
    AccountsImported {
        /// How many.
        accounts: u64,
        /// How many of them have admin rights.
        admins: u64,
    },
    /// The link of an email about a new device was used: signed out everywhere, password removed.
    AccountSecured,
    /// Emails about sign-ins on new devices were turned off.
    DeviceEmailsOff,
    /// They were turned on again.
    DeviceEmailsOn,
    /// An email could not be sent at the first attempt, and is tried again. Once per email.
    MailDelayed,
    /// An administrator had an email tried again.
    MailRetried,
    /// An administrator did not want an email to be sent while it was being sent.
    MailStopped,
}

impl EventName {
    /// The name on the wire and in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn | Self::Reauthenticated => "authn_login_success",
            Self::Registered => "registered",
            Self::AccountConfirmed | Self::AccountAdded | Self::AccountsImported { .. } => "user_created",
            Self::MailRequested | Self::LinkHandedOut => "authn_token_created",
            Self::PasswordChanged | Self::PasswordRemoved | Self::PasswordReset => "authn_password_change",
            Self::PasswordChangeRefused => "authn_password_change_fail",
            Self::EmailChanged
            | Self::EmailRestored
            | Self::EmailChangeCancelled
            | Self::DeviceEmailsOff
            | Self::DeviceEmailsOn => "user_updated",
            Self::AccountDeleted => "user_deleted",
            Self::AccountDisabled => "authn_login_lock",
            Self::AccountEnabled => "authn_login_unlock",
            Self::AdminGranted | Self::AdminRevoked => "privilege_permissions_changed",
            Self::WrongCode | Self::PasswordRefused => "authn_login_fail",
            Self::SignedOut
            | Self::SessionEnded
            | Self::OthersSignedOut
            | Self::AllSignedOut
            | Self::AccountSecured => "session_ended",
            Self::MailSent => "mail_sent",
            Self::MailFailed => "mail_failed",
            Self::MailDropped => "mail_dropped",
            Self::MailDelayed => "mail_delayed",
            Self::MailRetried => "mail_retried",
            Self::MailStopped => "mail_stopped",
            Self::Throttled => "excess_rate_limit_exceeded",
        }
    }

    /// What happened, as a sentence for the person it happened to.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::MailRequested => "An email was requested.",
            Self::Registered => "Registered.",
            Self::AccountConfirmed => "Email address confirmed. Account created.",
            Self::SignedIn => "Signed in.",
            Self::WrongCode => "Wrong code entered.",
            Self::PasswordRefused => "Wrong password entered.",
            Self::PasswordChanged => "Password changed.",
            Self::PasswordRemoved => "Password removed.",
            Self::PasswordReset => "Password reset.",
            Self::PasswordChangeRefused => "Password change refused: wrong current password.",
            Self::EmailChanged => "Email address changed.",
            Self::EmailRestored => "Previous email address restored.",
            Self::EmailChangeCancelled => "Email change cancelled.",
            Self::Reauthenticated => "Identity confirmed.",
            Self::SessionEnded => "A device was signed out.",
            Self::OthersSignedOut => "All other devices were signed out.",
            Self::AllSignedOut => "Signed out everywhere by the administrator.",
            Self::SignedOut => "Signed out.",
            Self::AccountDeleted => "Account deleted.",
            Self::AccountDisabled => "Disabled by the administrator.",
            Self::AccountEnabled => "Re-enabled by the administrator.",
            Self::AccountAdded => "Created by the administrator.",
            Self::LinkHandedOut => "Sign-in link created by the administrator.",
            Self::AdminGranted => "Admin rights granted.",
            Self::AdminRevoked => "Admin rights removed.",
            Self::MailSent => "An email was sent.",
            Self::MailFailed => "An email could not be delivered.",
            Self::MailDropped => "An email was not sent: no longer needed.",
            Self::MailDelayed => "An email could not be sent at once.",
            Self::MailRetried => "An email was tried again by an administrator.",
            Self::MailStopped => "An administrator stopped an email while it was being sent.",
            Self::Throttled => "Too many tries.",
            Self::AccountsImported { .. } => "Accounts were imported by the administrator.",
            Self::AccountSecured => "Account secured: signed out everywhere, password removed.",
            Self::DeviceEmailsOff => "Emails about new devices turned off.",
            Self::DeviceEmailsOn => "Emails about new devices turned on.",
        }
    }

    /// The same for something that happened `count` times.
    #[must_use]
    pub fn sentence_of(self, count: u64) -> String {
        match self {
            _ if count == 1 => self.sentence().to_owned(),
            Self::PasswordRefused => format!("{count} wrong passwords entered."),
            Self::WrongCode => format!("{count} wrong codes entered."),
            Self::PasswordChangeRefused => {
                format!("{count} password changes refused: wrong current password.")
            }
            _ => format!("{} ({count} times)", self.sentence()),
        }
    }

    /// Whether something was refused or failed.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        self.is_counted() || matches!(self, Self::MailFailed | Self::MailDropped)
    }

    /// Whether this is a refusal that changes nothing. Strangers can cause any number of these, so they are
    /// counted instead of stored one by one.
    #[must_use]
    pub fn is_counted(self) -> bool {
        matches!(
            self,
            Self::WrongCode | Self::PasswordRefused | Self::PasswordChangeRefused | Self::Throttled
        )
    }

    /// Whether this keeps people safe: someone leaves, or an intruder loses what they have. It is saved even
    /// when the disk is almost full.
    #[must_use]
    pub fn is_protective(self) -> bool {
        matches!(
            self,
            Self::SignedOut
                | Self::SessionEnded
                | Self::OthersSignedOut
                | Self::AllSignedOut
                | Self::AccountDisabled
                | Self::AccountSecured
                | Self::AccountDeleted
                | Self::EmailChangeCancelled
                | Self::EmailRestored
        )
    }

    /// The number of a counted refusal in the keys of its counts, which never changes.
    pub(in crate::domain) fn number(self) -> u8 {
        match self {
            Self::PasswordRefused => 4,
            Self::PasswordChangeRefused => 8,
            Self::WrongCode => 22,
            Self::Throttled => 28,
            _ => u8::MAX,
        }
    }

    /// What a person does this with, where it is always the same.
    #[must_use]
    pub fn usual_means(self) -> Option<Means> {
        match self {
            Self::PasswordRefused | Self::PasswordChangeRefused => Some(Means::Password),
            Self::WrongCode => Some(Means::Code),
            Self::EmailRestored | Self::AccountSecured => Some(Means::Link),
            Self::PasswordChanged
            | Self::PasswordRemoved
            | Self::EmailChangeCancelled
            | Self::SessionEnded
            | Self::OthersSignedOut
            | Self::SignedOut
            | Self::DeviceEmailsOff
            | Self::DeviceEmailsOn
            | Self::AccountDeleted => Some(Means::Session),
            _ => None,
        }
    }
}
