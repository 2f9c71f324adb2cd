//! A letter as a mail: what is owed (at rest, without words and secrets) and what to write in it.

use std::fmt;
use std::time::Duration;

use super::address::EmailAddress;
use super::ids::{LetterId, Nonce, RunId};
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
    /// The request it speaks of.
    pub nonce: Nonce,
    /// The request's generation when it was asked for: in a later one the letter is dead.
    pub generation: u8,
    /// When it was asked for: its `Date`.
    pub queued_at: Timestamp,
    /// Not tried any more from here on.
    pub give_up_at: Timestamp,
    /// How often the mail server was tried.
    pub tries: u16,
    /// The run of the process that is sending it now.
    pub lease: Option<RunId>,
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
pub enum Matter {
    /// Link and code to sign in.
    SignIn(Secrets),
    /// There is no account here, and none can be made.
    NoAccount,
    /// Link and code to confirm a registration.
    Confirm(Secrets),
    /// Somebody registered an address that has an account: link and code to sign in.
    AlreadyRegistered(Secrets),
}

impl Matter {
    /// The link and code in it, if it has them.
    #[must_use]
    pub fn secrets(&self) -> Option<&Secrets> {
        match self {
            Self::SignIn(secrets) | Self::Confirm(secrets) | Self::AlreadyRegistered(secrets) => {
                Some(secrets)
            }
            Self::NoAccount => None,
        }
    }
}

/// What signs in, and for how long after it was delivered.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// The sealed token of the link.
    pub link: LinkToken,
    /// The code to type.
    pub code: Code,
    /// How long both are good, counted from now.
    pub lifetime: Duration,
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
