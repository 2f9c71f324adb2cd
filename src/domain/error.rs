//! Every reason why an action can be refused, in domain words. The doors give each its status and
//! sentence.

use std::time::Duration;

use crate::domain::password::Weakness;
use crate::domain::ports::{StoreError, Unreadable};
use crate::domain::record::address::AddressError;
use crate::domain::record::admins::Admins;
use crate::domain::record::limits::Limit;
use crate::domain::record::registration::Domains;

/// A refusal, or a failure of the store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is not an email address.
    #[error("not an email address: {0}")]
    Address(#[from] AddressError),
    /// The new password is too weak.
    #[error("weak password: {0}")]
    WeakPassword(#[from] Weakness),
    /// New accounts cannot be created.
    #[error("registration is closed")]
    RegistrationClosed,
    /// Accounts can only have an address in one of these domains, and this one is in none of them.
    #[error("the email address is not at {0}")]
    OutsideDomains(Domains),
    /// The wrong password, or an address without an account. A stranger does not learn which.
    #[error("wrong email address or password")]
    InvalidCredentials,
    /// The password is right, but the operator has disabled the account.
    #[error("the account is disabled")]
    AccountDisabled,
    /// The link is used, expired, void or forged. A stranger does not learn which.
    #[error("the link does not work")]
    InvalidLink,
    /// The request has ended, its code is used up, or it is not ours.
    #[error("the request has ended")]
    InvalidRequest,
    /// The code does not belong to this request.
    #[error("wrong code")]
    WrongCode,
    /// The link was opened in a browser that did not request it, and the box "I requested this email" was
    /// not ticked.
    #[error("the tick in the box is missing")]
    ConfirmationRequired,
    /// A link that undoes a change of address or secures an account was opened without a tick in the box.
    #[error("the tick in the box is missing")]
    NotConfirmed,
    /// A new password is required.
    #[error("a password is missing")]
    PasswordRequired,
    /// The current password is required.
    #[error("the current password is missing")]
    CurrentPasswordRequired,
    /// The current password is wrong.
    #[error("wrong current password")]
    WrongPassword,
    /// The account already has this address.
    #[error("the email address is the same as before")]
    SameEmail,
    /// This needs a more recent sign-in.
    #[error("a recent sign-in is required")]
    RecentSignInRequired,
    /// It does not exist, or it belongs to someone else.
    #[error("not found")]
    NotFound,
    /// No one is signed in.
    #[error("not signed in")]
    SignInRequired,
    /// Only an administrator may do this.
    #[error("not an administrator")]
    AdminRequired,
    /// What it is about is over, or was never there. No one learns which.
    #[error("it is over")]
    Over,
    /// It is not one of the places in a list that we have named.
    #[error("not a place in this list")]
    UnknownPlace,
    /// The wait between two emails is not over.
    #[error("too many emails")]
    TooManyMails {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The account changed its address too often.
    #[error("too many changes of email address")]
    TooManyChanges {
        /// How long to wait.
        retry_after: Duration,
    },
    /// It was done too often: at this address, by this client, with this account or by everyone together.
    #[error("too often: {limit:?}")]
    Limited {
        /// What refuses.
        limit: Limit,
        /// How long to wait.
        retry_after: Duration,
    },
    /// No enabled administrator would remain.
    #[error("no enabled administrator would remain (last_admin); make someone else an admin first")]
    LastAdmin,
    /// There would be more administrators than there can be.
    #[error("there can be at most {} enabled administrators (too_many_admins)", Admins::MOST)]
    TooManyAdmins,
    /// The database is from an earlier version, and it is not known yet who the administrators are.
    #[error(
        "the list of administrators is still being made after the update (index_building); try again in a few seconds"
    )]
    IndexBuilding,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Unreadable> for Error {
    fn from(unreadable: Unreadable) -> Self {
        Self::Store(unreadable.into())
    }
}
