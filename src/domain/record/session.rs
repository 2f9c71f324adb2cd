//! A session, as it is stored.

use std::net::IpAddr;
use std::time::Duration;

use super::ids::{AccountId, KeyId, SessionId};
use super::store_generation::StoreGeneration;
use super::time::Timestamp;

/// How long a sign-in counts as recent.
pub const RECENT: Duration = Duration::from_mins(10);

/// A session as it is stored. Its token is not: it is sealed with the key ring.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Session {
    /// The id.
    pub id: SessionId,
    /// The account that is signed in.
    pub account: AccountId,
    /// The key that seals its token.
    pub key: KeyId,
    /// The account's epoch at the sign-in.
    pub epoch: u32,
    /// The store's generation at the sign-in.
    pub store_generation: StoreGeneration,
    /// When the sign-in was.
    pub created_at: Timestamp,
    /// When it was last used, accurate to a few minutes.
    pub last_used_at: Timestamp,
    /// When it ends, used or not.
    pub expires_at: Timestamp,
    /// When its holder last confirmed who they are.
    pub proven_at: Timestamp,
    /// How they signed in.
    pub means: Means,
    /// The client's address at the sign-in.
    pub ip: IpAddr,
    /// The client's device at the sign-in.
    pub device: String,
}

/// How someone signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Means {
    /// With the link in an email.
    Link,
    /// With the code in an email.
    Code,
    /// With a password.
    Password,
}

impl Session {
    /// Until when the sign-in counts as recent.
    #[must_use]
    pub fn recent_until(&self) -> Timestamp {
        self.proven_at.plus(RECENT)
    }
}
