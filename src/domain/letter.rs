//! A letter as a mail: what is owed (at rest, without words and secrets) and what to write in it.

use std::fmt;
use std::time::Duration;

use super::address::EmailAddress;
use super::ids::{AccountId, LetterId, Nonce, RunId};
use super::time::Timestamp;

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
    /// The password was set, changed, removed or reset.
    PasswordChanged,
    /// The account is gone.
    AccountDeleted,
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

/// All that the words of one letter need.
#[derive(Clone, Debug)]
pub struct Contents {
    /// The letter's id.
    pub id: LetterId,
    /// To whom.
    pub to: EmailAddress,
    /// When it was asked for.
    pub queued_at: Timestamp,
    /// What it says.
    pub matter: Matter,
}

/// What a letter says.
#[derive(Clone, Debug)]
pub struct Matter {
    /// Which letter.
    pub kind: LetterKind,
    /// The link in it, if there is one.
    pub link: Option<LinkToken>,
    /// The code in it, if there is one.
    pub code: Option<Code>,
    /// How long link and code are good, counted from now.
    pub lifetime: Duration,
}

impl Matter {
    /// News without link or code.
    #[must_use]
    pub fn news(kind: LetterKind) -> Self {
        Self { kind, link: None, code: None, lifetime: Duration::ZERO }
    }
}

/// The sealed token in a link. Prints as a placeholder in debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken(pub(super) String);

impl LinkToken {
    /// The token as it stands in the link.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Six digits. Prints as a placeholder in debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(pub(super) String);

impl Code {
    const DIGITS: usize = 6;

    pub(super) fn from_number(number: u64) -> Self {
        Self(format!("{:06}", number % 1_000_000))
    }

    /// Reads a code as a person types it; blanks and dashes between the digits do no harm.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '\t' | '\u{a0}')).collect();
        (digits.len() == Self::DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .then_some(Self(digits))
    }

    /// The six digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkToken(…)")
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}
