//! A key of the ring, and the keys that are derived from it.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::domain::record::ids::KeyId;

/// The bytes of a tag.
pub(super) const TAG_BYTES: usize = 16;
/// The bytes of a key as it is stored.
pub(super) const MASTER_BYTES: usize = 32;
/// What a line with a key begins with.
pub(super) const RING_HEADER: &str = "gatepost-key-1";
/// Version 1 in the two high bits of a token's first byte; the key id in the six low ones.
pub(super) const VERSION: u8 = 0b0100_0000;
/// The bits of the key id.
pub(super) const KEY_ID_BITS: u8 = 0b0011_1111;

/// A key, and the keys derived from it: one for each purpose.
pub(super) struct RingKey {
    pub(super) id: KeyId,
    pub(super) link: TokenKey,
    pub(super) undo: TokenKey,
    pub(super) securing: TokenKey,
    pub(super) request: TokenKey,
    pub(super) session: TokenKey,
    pub(super) known: TokenKey,
    pub(super) address: TokenKey,
    pub(super) standing: TokenKey,
    pub(super) known_session: TokenKey,
    pub(super) code: TokenKey,
    pub(super) place: TokenKey,
    pub(super) pepper: TokenKey,
    pub(super) check: [u8; 32],
}

impl RingKey {
    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let (header, id, master, end) = (words.next()?, words.next()?, words.next()?, words.next());
        let id: u8 = id.parse().ok()?;
        if header != RING_HEADER || id > KEY_ID_BITS || end.is_some() {
            return None;
        }
        let mut master: [u8; MASTER_BYTES] = STANDARD.decode(master).ok()?.try_into().ok()?;
        let key = Self {
            id: KeyId(id),
            link: TokenKey::derive("gatepost 2026 link token v1", &master),
            undo: TokenKey::derive("gatepost 2026 undo token v1", &master),
            securing: TokenKey::derive("gatepost 2026 securing token v1", &master),
            request: TokenKey::derive("gatepost 2026 request token v1", &master),
            session: TokenKey::derive("gatepost 2026 session token v1", &master),
            known: TokenKey::derive("gatepost 2026 known browser v1", &master),
            address: TokenKey::derive("gatepost 2026 known address v1", &master),
            standing: TokenKey::derive("gatepost 2026 known standing v1", &master),
            known_session: TokenKey::derive("gatepost 2026 known session v1", &master),
            code: TokenKey::derive("gatepost 2026 mailed code v1", &master),
            place: TokenKey::derive("gatepost 2026 place in a list v1", &master),
            pepper: TokenKey::derive("gatepost 2026 password pepper v1", &master),
            check: blake3::derive_key("gatepost 2026 key check v1", &master),
        };
        master.zeroize();
        Some(key)
    }
}

/// Seals and opens one kind of token. A MAC, not a signature: anyone who can open can also seal.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct TokenKey(pub(super) [u8; 32]);

impl TokenKey {
    fn derive(context: &str, master: &[u8; MASTER_BYTES]) -> Self {
        Self(blake3::derive_key(context, master))
    }

    /// The first 16 bytes of the keyed hash after which a token ends in a letter or a digit. Mail programs
    /// cut `-` and `_` off the end of a link. Each body has one tag, so each token has one spelling.
    pub(super) fn tag(&self, body: &[u8]) -> [u8; TAG_BYTES] {
        let mut tag = part(blake3::keyed_hash(&self.0, body).as_bytes(), 0);
        if !ends_plainly(tag) {
            let mut hasher = blake3::Hasher::new_keyed(&self.0);
            let mut stream = hasher.update(body).finalize_xof();
            while !ends_plainly(tag) {
                stream.fill(&mut tag);
            }
        }
        tag
    }

    /// The first bytes of the keyed hash of `parts`, which always have the same lengths.
    pub(super) fn digest<const BYTES: usize>(&self, parts: &[&[u8]]) -> [u8; BYTES] {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        for one in parts {
            hasher.update(one);
        }
        part(hasher.finalize().as_bytes(), 0)
    }

    /// Writes version and key id into the first byte of `body` and appends the tag.
    pub(super) fn seal<const BODY: usize>(&self, id: KeyId, mut body: [u8; BODY]) -> String {
        body[0] = VERSION | id.0;
        let mut whole = Vec::with_capacity(BODY + TAG_BYTES);
        whole.extend_from_slice(&body);
        whole.extend_from_slice(&self.tag(&body));
        URL_SAFE_NO_PAD.encode(whole)
    }
}

/// Whether the last character of a link token is a letter or a digit: the base64 of its last six bits.
fn ends_plainly(tag: [u8; TAG_BYTES]) -> bool {
    const LETTERS_AND_DIGITS: u8 = 62;
    tag[TAG_BYTES - 1] & 0b0011_1111 < LETTERS_AND_DIGITS
}

/// `N` bytes of `bytes`, beginning at `start`.
pub(super) fn part<const N: usize>(bytes: &[u8], start: usize) -> [u8; N] {
    *bytes[start..].first_chunk().expect("every token is longer than its parts")
}
