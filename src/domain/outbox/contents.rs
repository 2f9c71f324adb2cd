//! Everything that is needed to write one email.

use std::time::Duration;

use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::LetterId;
use crate::domain::record::letter::LetterKind;
use crate::domain::record::time::Timestamp;
use crate::domain::token::{Code, LinkToken};

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
    pub fn notice(kind: LetterKind) -> Self {
        Self { kind, link: None, code: None, lifetime: Duration::ZERO }
    }
}
