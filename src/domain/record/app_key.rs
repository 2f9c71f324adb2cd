//! The key with which a program opens one app as one person. It is no session: it opens nothing of ours.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::account::Account;
use super::ids::{AccountId, AppKeyId, KeyId, Nonce, SessionId};
use super::store_generation::StoreGeneration;
use super::time::Timestamp;

/// How often the last use is written at most.
const NOTED_EVERY: Duration = Duration::from_hours(1);
/// How long the session that made a key can see it.
const SHOWN_FOR: Duration = Duration::from_mins(10);

/// A key as it is stored. Its secret is not: it is derived from the nonce with the key ring.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AppKey {
    /// Names it for people. Random, so it says nothing about the nonce.
    pub id: AppKeyId,
    /// The account that it acts as.
    pub account: AccountId,
    /// The number in its secret.
    pub nonce: Nonce,
    /// The key of the ring that seals it.
    pub key: KeyId,
    /// What its owner calls it.
    pub name: KeyName,
    /// The only app that it opens, by its host.
    pub host: String,
    /// The account's epoch when it was made.
    pub epoch: u32,
    /// The store's generation when it was made.
    pub store_generation: StoreGeneration,
    /// The session that made it, which can see it for some minutes.
    pub made_in: SessionId,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it ends; never without.
    pub expires_at: Option<Timestamp>,
    /// When and from where it was used last, accurate to an hour.
    pub last_use: Option<KeyUse>,
}

/// A use of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct KeyUse {
    /// When.
    pub at: Timestamp,
    /// From which address.
    pub ip: IpAddr,
}

/// Where to look for a key, under its nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AppKeyPlace {
    /// The account.
    pub account: AccountId,
    /// The key.
    pub id: AppKeyId,
}

impl AppKey {
    /// Whether it works for its account, in a store of this generation.
    #[must_use]
    pub fn is_live(&self, account: &Account, generation: StoreGeneration, now: Timestamp) -> bool {
        !account.disabled
            && self.account == account.id
            && self.epoch == account.epoch
            // In a store that was restored, a key that was ended since looks alive.
            && self.store_generation == generation
            && self.expires_at.is_none_or(|end| now < end)
    }

    /// Whether a use is to be noted after the last one that is known: at most once an hour, or every request of a
    /// program would be a write. A last use in the future was left by a clock that was ahead.
    #[must_use]
    pub fn is_use_due(last: Option<KeyUse>, now: Timestamp) -> bool {
        last.is_none_or(|last| !last.at.is_within(NOTED_EVERY, now))
    }

    /// Whether a session can see the key itself.
    #[must_use]
    pub fn is_shown_to(&self, session: SessionId, now: Timestamp) -> bool {
        self.made_in == session && self.made_at.is_within(SHOWN_FOR, now)
    }
}

/// What the owner of a key calls it.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct KeyName(String);

impl KeyName {
    /// The most characters.
    pub const MOST: usize = 64;

    /// A name of 1 to 64 visible characters, with spaces between them. No character that has no shape of its own, or
    /// that turns the direction of a line: on a page and in an app, one name must not look like another.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.trim();
        let is_visible = |one: char| {
            let is_hidden = one.is_control()
                || (one.is_whitespace() && one != ' ')
                || matches!(one, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}');
            !is_hidden
        };
        let fits = (1..=Self::MOST).contains(&name.chars().count()) && name.chars().all(is_visible);
        fits.then(|| Self(name.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::KeyName;

    #[test]
    fn a_name_has_visible_characters_only() {
        let parsed = |text: &str| KeyName::parse(text).map(|name| name.to_string());
        assert_eq!(parsed(" My phone "), Some("My phone".into()));
        assert_eq!(parsed("Körper 📱"), Some("Körper 📱".into()));
        assert!(parsed(&"ä".repeat(64)).is_some() && parsed(&"ä".repeat(65)).is_none());
        for odd in ["", "  ", "a\nb", "a\tb", "a\u{202e}b", "\u{200b}", "a\u{a0}b", "a\u{0}"] {
            assert_eq!(parsed(odd), None, "{odd:?}");
        }
    }
}
