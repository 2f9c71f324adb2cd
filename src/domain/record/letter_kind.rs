//! What an email says.

/// The kinds of email.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum LetterKind {
    /// Link and code to sign in, whether or not the address has an account.
    SignIn,
    /// There is no account here, and none can be created.
    NoAccount,
    /// Link and code to confirm a registration.
    Confirm,
    /// Someone registered an address that has an account: link and code to sign in.
    AlreadyRegistered,
    /// Link and code to set a new password.
    ResetPassword,
    /// Someone forgot a password, but the address has no account.
    NothingToReset,
    /// Someone asked to sign in, to register or to reset the password, but the account is disabled.
    AccountDisabled,
    /// Link and code to confirm the new address of an account.
    ConfirmNewAddress,
    /// To the old address: it is about to change.
    AddressChanging,
    /// To the old address: it has changed, with the link to undo that. Also the answer to every request
    /// for the address while it is reserved.
    AddressChanged,
    /// The old address has been restored.
    AddressRestored,
    /// To the owner of an address that someone else wanted to change to.
    AddressWanted,
    /// The code with which someone signed in confirms who they are.
    YourCode,
    /// The password was changed.
    PasswordChanged,
    /// The account was deleted.
    AccountDeleted,
    /// An account without a password has one now.
    PasswordSet,
    /// The password was removed.
    PasswordRemoved,
    /// The forgotten password was replaced.
    PasswordReset,
    /// Someone signed in with the password on a device that was not known, with the link that secures the
    /// account.
    NewDevice,
    /// The operator created an account: link to sign in to it.
    AccountAdded,
    /// An administrator disabled the account.
    Disabled,
    /// An administrator enabled it again.
    Enabled,
    /// An administrator ended all sessions.
    SignedOut,
    /// An administrator ended one session.
    SessionEnded,
    /// An administrator deleted the account.
    Deleted,
    /// The account has admin rights now.
    AdminGranted,
    /// It has none any longer.
    AdminRevoked,
    /// To each other administrator: there is a new one.
    NewAdmin,
    /// An administrator had a link to sign in sent.
    SignInSent,
    /// An administrator, or the operator, invites someone: where to sign in. It has neither link nor code of a request, so it
    /// is worth nothing to a mail scanner or a thief, and never expires.
    Invited,
    /// An administrator checks that email works.
    Test,
    /// To the old address: the operator has changed it, with the link to undo that.
    AddressChangedByOperator,
    /// To the new address: the operator has given it to the account.
    AddressGiven,
    /// A key for a program was made.
    KeyMade,
    /// Its owner ended a key for a program.
    KeyEnded,
    /// An administrator ended one.
    KeyEndedByAdmin,
}

impl LetterKind {
    /// All of them.
    pub const ALL: [Self; 36] = [
        Self::SignIn,
        Self::NoAccount,
        Self::Confirm,
        Self::AlreadyRegistered,
        Self::ResetPassword,
        Self::NothingToReset,
        Self::AccountDisabled,
        Self::ConfirmNewAddress,
        Self::AddressChanging,
        Self::AddressChanged,
        Self::AddressRestored,
        Self::AddressWanted,
        Self::YourCode,
        Self::PasswordChanged,
        Self::AccountDeleted,
        Self::PasswordSet,
        Self::PasswordRemoved,
        Self::PasswordReset,
        Self::NewDevice,
        Self::AccountAdded,
        Self::Disabled,
        Self::Enabled,
        Self::SignedOut,
        Self::SessionEnded,
        Self::Deleted,
        Self::AdminGranted,
        Self::AdminRevoked,
        Self::NewAdmin,
        Self::SignInSent,
        Self::Invited,
        Self::Test,
        Self::AddressChangedByOperator,
        Self::AddressGiven,
        Self::KeyMade,
        Self::KeyEnded,
        Self::KeyEndedByAdmin,
    ];

    /// The word on the wire: what the email is for.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::NoAccount => "no_account",
            Self::Confirm => "register",
            Self::AlreadyRegistered => "already_registered",
            Self::ResetPassword => "reset_password",
            Self::NothingToReset => "nothing_to_reset",
            Self::AccountDisabled => "account_disabled",
            Self::ConfirmNewAddress => "change_email",
            Self::AddressChanging => "email_changing",
            Self::AddressChanged => "email_changed",
            Self::AddressRestored => "email_restored",
            Self::AddressWanted => "email_wanted",
            Self::YourCode => "reauthenticate",
            Self::PasswordChanged => "password_changed",
            Self::AccountDeleted => "account_deleted",
            Self::PasswordSet => "password_set",
            Self::PasswordRemoved => "password_removed",
            Self::PasswordReset => "password_reset",
            Self::NewDevice => "new_device",
            Self::AccountAdded => "account_added",
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
            Self::SignedOut => "signed_out",
            Self::SessionEnded => "session_ended",
            Self::Deleted => "deleted",
            Self::AdminGranted => "admin_granted",
            Self::AdminRevoked => "admin_revoked",
            Self::NewAdmin => "new_admin",
            Self::SignInSent => "sign_in_sent",
            Self::Invited => "invitation",
            Self::Test => "test",
            Self::AddressChangedByOperator => "email_changed_by_operator",
            Self::AddressGiven => "email_given",
            Self::KeyMade => "key_made",
            Self::KeyEnded => "key_ended",
            Self::KeyEndedByAdmin => "key_ended_by_admin",
        }
    }

    /// Whether what became of it is kept for a while. Not of the last email about an account, which would keep the
    /// address of someone who has left. Not of the notices about a new administrator either: with three records more
    /// for each of 24, the commit that makes one would be larger than commits can be.
    #[must_use]
    pub fn is_kept(self) -> bool {
        !matches!(self, Self::AccountDeleted | Self::Deleted | Self::NewAdmin)
    }

    /// Whether it contains the link or code of a request.
    #[must_use]
    pub fn has_secrets(self) -> bool {
        matches!(
            self,
            Self::SignIn
                | Self::Confirm
                | Self::AlreadyRegistered
                | Self::ResetPassword
                | Self::ConfirmNewAddress
                | Self::YourCode
                | Self::AccountAdded
                | Self::SignInSent
        )
    }
}
