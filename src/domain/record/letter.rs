//! An email as stored data: what to send to whom, without its text and its secrets.

use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::{AccountId, LetterId, Nonce, RunId};
use crate::domain::record::time::Timestamp;

/// A queued email. Reading the outbox is not enough to sign in: the text is rendered and the secrets are
/// derived when it is sent.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Letter {
    /// The id, the same on every attempt. The `Message-ID` is made from it.
    pub id: LetterId,
    /// What it says.
    pub kind: LetterKind,
    /// The recipient.
    pub to: EmailAddress,
    /// What it is about. If that is over, the email is not sent.
    pub about: About,
    /// When it was requested.
    pub queued_at: Timestamp,
    /// When delivery is given up.
    pub give_up_at: Timestamp,
    /// How often delivery was attempted.
    pub tries: u16,
    /// The run of the process that is sending it now.
    pub lease: Option<RunId>,
}

/// What an email depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum About {
    /// One generation of a request. In a later generation the email is dead.
    Request {
        /// Which.
        nonce: Nonce,
        /// The generation the email belongs to.
        generation: u8,
    },
    /// An account's right to undo a change of address.
    Undo {
        /// The account.
        account: AccountId,
        /// Which.
        nonce: Nonce,
    },
    /// An account: a notice to its owner.
    Account(AccountId),
    /// Nothing that could be over, such as the notice that the account was deleted.
    Nothing,
}

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
}

impl LetterKind {
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
        )
    }
}
