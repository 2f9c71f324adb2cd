//! Every way an act can be refused, in domain words. The doors give each its status and sentence.

use std::time::Duration;

use crate::domain::password::Weakness;
use crate::domain::ports::StoreError;
use crate::domain::record::address::AddressError;

/// A refusal, or a fault of the store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// What was typed is no address.
    #[error("not an address: {0}")]
    Address(#[from] AddressError),
    /// The password is not taken.
    #[error("a weak password: {0}")]
    WeakPassword(#[from] Weakness),
    /// Nobody new can come in.
    #[error("registration is closed")]
    RegistrationClosed,
    /// Not the password of this address, or nobody stands behind it: a stranger is not told which.
    #[error("wrong address or password")]
    InvalidCredentials,
    /// The right password of an account that the operator has shut.
    #[error("the account is disabled")]
    AccountDisabled,
    /// The link is used, over, void or not ours: a stranger is not told which.
    #[error("the link opens nothing")]
    InvalidLink,
    /// The request is over, spent or not ours.
    #[error("the request is over")]
    InvalidRequest,
    /// Not the code of this request.
    #[error("wrong code")]
    WrongCode,
    /// The link was opened where nobody asked for it, and nobody ticked "I asked for this".
    #[error("a deliberate act is missing")]
    ConfirmationRequired,
    /// The link that undoes a change of address was opened, and nobody said that they want that.
    #[error("nobody said that the change is to be undone")]
    UndoNotConfirmed,
    /// A new password has to come with it.
    #[error("a password is missing")]
    PasswordRequired,
    /// The current password has to come with it.
    #[error("the current password is missing")]
    CurrentPasswordRequired,
    /// Not the current password.
    #[error("wrong current password")]
    WrongPassword,
    /// The account has this address already.
    #[error("the same address")]
    SameEmail,
    /// The sign-in is too long ago for this.
    #[error("a recent sign-in is needed")]
    RecentSignInRequired,
    /// There is no such thing, or it is somebody else's.
    #[error("not found")]
    NotFound,
    /// Nobody is signed in.
    #[error("not signed in")]
    SignInRequired,
    /// Another mail may be asked for after this long.
    #[error("too many mails")]
    TooManyMails {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The account had too many addresses lately; it may have another one after this long.
    #[error("too many changes of address")]
    TooManyChanges {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The store could not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}
