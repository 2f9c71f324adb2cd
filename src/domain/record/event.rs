//! Events: written in the commit of their action, kept in the store, and logged.

use std::net::IpAddr;

use crate::domain::record::client::Client;
use crate::domain::record::ids::AccountId;
use crate::domain::record::time::Timestamp;

/// Something that happened. Contains no address, token, code or cookie.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Event {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub name: EventName,
    /// The account it happened to, if there is one.
    pub account: Option<AccountId>,
    /// The client's address.
    pub ip: IpAddr,
    /// The client's device.
    pub device: String,
}

/// Everything that can happen. Names on the wire and in the log come from OWASP's Logging Vocabulary where
/// it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
}

impl EventName {
    /// The name on the wire and in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn | Self::Reauthenticated => "authn_login_success",
            Self::Registered => "registered",
            Self::AccountConfirmed | Self::AccountAdded => "user_created",
            Self::MailRequested | Self::LinkHandedOut => "authn_token_created",
            Self::PasswordChanged | Self::PasswordRemoved | Self::PasswordReset => "authn_password_change",
            Self::PasswordChangeRefused => "authn_password_change_fail",
            Self::EmailChanged | Self::EmailRestored | Self::EmailChangeCancelled => "user_updated",
            Self::AccountDeleted => "user_deleted",
            Self::AccountDisabled => "authn_login_lock",
            Self::AccountEnabled => "authn_login_unlock",
            Self::AdminGranted | Self::AdminRevoked => "privilege_permissions_changed",
            Self::WrongCode | Self::PasswordRefused => "authn_login_fail",
            Self::SignedOut | Self::SessionEnded | Self::OthersSignedOut | Self::AllSignedOut => {
                "session_ended"
            }
            Self::MailSent => "mail_sent",
            Self::MailFailed => "mail_failed",
            Self::MailDropped => "mail_dropped",
        }
    }
}

impl EventName {
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
        }
    }

    /// Whether something was refused or failed.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        matches!(
            self,
            Self::WrongCode
                | Self::PasswordRefused
                | Self::PasswordChangeRefused
                | Self::MailFailed
                | Self::MailDropped
        )
    }
}

impl Event {
    /// An event caused by `client`.
    #[must_use]
    pub fn new(at: Timestamp, name: EventName, account: Option<AccountId>, client: &Client) -> Self {
        Self { at, name, account, ip: client.ip, device: client.device() }
    }

    /// Writes the event to the log.
    pub(in crate::domain) fn log(&self, request_id: &str) {
        let account = self.account.map(|id| id.to_string());
        let event = self.name.as_str();
        if request_id == Client::NO_REQUEST {
            tracing::info!(event, account.id = account);
        } else {
            tracing::info!(event, account.id = account, client.ip = %self.ip, request.id = request_id);
        }
    }
}
