//! A session, as it is stored.

use std::net::IpAddr;
use std::time::Duration;

use super::ids::{AccountId, KeyId, SessionId};
use super::time::Timestamp;

/// How long a sign-in counts as recent.
pub const RECENT: Duration = Duration::from_mins(10);

/// A session as it stands in the store. Its token is not: that is sealed with the key ring.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Session {
    /// Its name.
    pub id: SessionId,
    /// Whose it is.
    pub account: AccountId,
    /// The key its token is sealed with.
    pub key: KeyId,
    /// The account's epoch it was made in.
    pub epoch: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to a few minutes.
    pub last_used_at: Timestamp,
    /// When it is over, used or not.
    pub expires_at: Timestamp,
    /// When its holder last proved who they are.
    pub proven_at: Timestamp,
    /// How they did.
    pub means: Means,
    /// From which client address it was made.
    pub ip: IpAddr,
    /// From which device it was made.
    pub device: String,
}

/// How somebody signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Means {
    /// By the link of a letter.
    Link,
    /// By the code of a letter.
    Code,
    /// By a password.
    Password,
}

impl Session {
    /// Until when the sign-in counts as recent.
    #[must_use]
    pub fn recent_until(&self) -> Timestamp {
        self.proven_at.plus(RECENT)
    }
}
