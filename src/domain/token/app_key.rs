//! The secret of a key for a program: `gpk_` and 40 characters, so that scanners of source code find one that was left
//! there. It is derived from its nonce and the host of the one app that it opens. A store without the key ring opens
//! nothing.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use super::ring::KeyRing;
use super::ring_key::{KEY_ID_BITS, RingKey, TAG_BYTES};
use crate::domain::record::ids::{KeyId, Nonce};

/// What every secret begins with.
const PREFIX: &str = "gpk_";
/// The version of this format.
const VERSION: u8 = 1;
/// Version, key id, nonce.
const HEAD_BYTES: usize = 1 + 1 + 12;
const BYTES: usize = HEAD_BYTES + TAG_BYTES;

/// The secret of a key. `Debug` prints a placeholder.
#[derive(Clone, PartialEq, Eq)]
pub struct AppKeySecret(String);

impl AppKeySecret {
    /// The secret as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a text says of itself that it is such a secret.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(PREFIX)
    }
}

impl fmt::Debug for AppKeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppKeySecret(…)")
    }
}

impl KeyRing {
    /// Seals the secret of a key. Nothing if its key of the ring is retired.
    #[must_use]
    pub fn seal_app_key(&self, key: KeyId, nonce: Nonce, host: &str) -> Option<AppKeySecret> {
        let mut whole = head(key, nonce);
        let tag = self.with(key, |key| tag(key, &whole, host))?;
        whole.extend_from_slice(&tag);
        Some(AppKeySecret(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(whole))))
    }

    /// Opens such a secret at an app. Nothing if even one bit is not ours, or if it is for another app: the tag is
    /// checked in constant time before anything is looked up, so guessing costs us a hash and no read.
    #[must_use]
    pub fn open_app_key(&self, text: &str, host: &str) -> Option<Nonce> {
        let mut whole = [0; BYTES];
        // The decoder refuses padding, other alphabets and stray bits, so each secret has one spelling.
        let length = URL_SAFE_NO_PAD.decode_slice(text.strip_prefix(PREFIX)?, &mut whole).ok()?;
        if length != BYTES || whole[0] != VERSION || whole[1] > KEY_ID_BITS {
            return None;
        }
        let (head, sealed) = whole.split_at(HEAD_BYTES);
        let expected = self.with(KeyId(head[1]), |key| tag(key, head, host))?;
        if !bool::from(expected.ct_eq(sealed)) {
            return None;
        }
        Some(Nonce(*head[2..].first_chunk()?))
    }
}

fn head(key: KeyId, nonce: Nonce) -> Vec<u8> {
    [&[VERSION, key.0], &nonce.0[..]].concat()
}

/// The head has a fixed length, so nothing of it can be taken for a part of the host.
fn tag(key: &RingKey, head: &[u8], host: &str) -> [u8; TAG_BYTES] {
    key.app_key.tag(&[head, host.to_ascii_lowercase().as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::{AppKeySecret, KeyId, KeyRing, Nonce};

    fn ring() -> KeyRing {
        KeyRing::parse("gatepost-key-1 1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap()
    }

    #[test]
    fn a_secret_opens_at_its_app_only_and_no_bit_can_be_changed() {
        let (ring, nonce) = (ring(), Nonce([3; 12]));
        let sealed = ring.seal_app_key(KeyId(1), nonce, "wiki.example.org").unwrap();
        let secret = sealed.as_str();
        assert!(secret.len() == 44 && AppKeySecret::is_meant(secret));
        assert_eq!(ring.open_app_key(secret, "WIKI.example.org"), Some(nonce));
        assert_eq!(ring.open_app_key(secret, "git.example.org"), None);
        for at in 0..secret.len() {
            for other in ["A", "B", "-"] {
                let changed = format!("{}{other}{}", &secret[..at], &secret[at + 1..]);
                let opened = ring.open_app_key(&changed, "wiki.example.org");
                assert!(changed == secret || opened.is_none(), "{at}");
            }
        }
        for odd in [
            format!("{secret}A"),
            format!("{secret}="),
            secret[..43].to_owned(),
            "gpk_".into(),
            String::new(),
        ] {
            assert_eq!(ring.open_app_key(&odd, "wiki.example.org"), None, "{odd}");
        }
        assert!(ring.open_session(&secret[4..]).is_none() && ring.open_pass(&secret[4..]).is_none());
        assert!(ring.seal_app_key(KeyId(2), nonce, "wiki.example.org").is_none());
        assert_eq!(format!("{sealed:?}"), "AppKeySecret(…)");
    }
}
