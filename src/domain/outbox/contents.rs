//! Everything that is needed to write one email.

use std::net::IpAddr;
use std::time::Duration;

use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::LetterId;
use crate::domain::record::letter::LetterKind;
use crate::domain::record::time::Timestamp;
use crate::domain::token::{Code, LinkToken};

/// Everything needed to write one email.
#[derive(Clone, Debug)]
pub struct Contents {
    /// The id.
    pub id: LetterId,
    /// The recipient.
    pub to: EmailAddress,
    /// When it is sent: the time of this attempt.
    pub sent_at: Timestamp,
    /// What it says.
    pub matter: Matter,
}

/// What an email says.
#[derive(Clone, Debug)]
pub struct Matter {
    /// The kind of email.
    pub kind: LetterKind,
    /// The link, if there is one.
    pub link: Option<LinkToken>,
    /// The code, if there is one.
    pub code: Option<Code>,
    /// How long link and code are valid from now on.
    pub lifetime: Duration,
    /// The sign-in it is about.
    pub sign_in: Option<SignInSeen>,
}

/// A sign-in, as the owner of the account is notified of it.
#[derive(Clone, Debug)]
pub struct SignInSeen {
    /// When it was.
    pub at: Timestamp,
    /// The client's device, in our own words.
    pub device: String,
    /// The client's address.
    pub ip: IpAddr,
}

impl Matter {
    /// A notice, without link or code.
    #[must_use]
    pub fn notice(kind: LetterKind) -> Self {
        Self { kind, link: None, code: None, lifetime: Duration::ZERO, sign_in: None }
    }
}
