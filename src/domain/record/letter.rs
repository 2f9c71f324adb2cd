//! A letter as a mail: what is owed (at rest, without words and secrets) and what to write in it.

use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::{AccountId, LetterId, Nonce, RunId};
use crate::domain::record::time::Timestamp;

/// A letter that is owed. Who reads the outbox finds nothing to sign in with: the words are
/// rendered and the secrets derived when it is sent.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Letter {
    /// Its id: the same on every try, and so is the `Message-ID` made of it.
    pub id: LetterId,
    /// What it says.
    pub kind: LetterKind,
    /// To whom.
    pub to: EmailAddress,
    /// What it speaks of. What that is over for is not sent.
    pub about: About,
    /// When it was asked for: its `Date`.
    pub queued_at: Timestamp,
    /// Not tried any more from here on.
    pub give_up_at: Timestamp,
    /// How often the mail server was tried.
    pub tries: u16,
    /// The run of the process that is sending it now.
    pub lease: Option<RunId>,
}

/// What a letter hangs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum About {
    /// A request, in the generation it was asked for in: in a later one the letter is dead.
    Request {
        /// Which.
        nonce: Nonce,
        /// Its generation then.
        generation: u8,
    },
    /// The right of an account to have an address back.
    Undo {
        /// Whose.
        account: AccountId,
        /// Which.
        nonce: Nonce,
    },
    /// An account: news to its owner.
    Account(AccountId),
    /// Nothing that could be over: the news is the end of it.
    Nothing,
}

/// What a letter is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum LetterKind {
    /// Link and code to sign in, known address or not.
    SignIn,
    /// There is no account here, and none can be made.
    NoAccount,
    /// Link and code to confirm a registration.
    Confirm,
    /// Somebody registered an address that has an account: link and code to sign in.
    AlreadyRegistered,
    /// Link and code to set a new password.
    ResetPassword,
    /// Somebody forgot a password, but there is no account under this address.
    NothingToReset,
    /// Link and code to confirm the new address of an account.
    ConfirmNewAddress,
    /// To the old address: it is about to change.
    AddressChanging,
    /// To the old address: it has changed, with the link to undo that. Also what any asking at an
    /// address gets while it is held.
    AddressChanged,
    /// The old address is back.
    AddressRestored,
    /// To the owner of an address that somebody wanted to change to.
    AddressWanted,
    /// The code by which somebody signed in proves it once more.
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
    /// Whether link or code of a request stand in it.
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
