//! A place in a list, which a page of it names so that the next one goes on from there. It is sealed: no one can have
//! the store read from a place that was not shown to them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use super::ring::KeyRing;
use super::ring_key::{KEY_ID_BITS, TAG_BYTES, VERSION};
use crate::domain::record::ids::KeyId;
use crate::domain::record::key::Key;

impl KeyRing {
    /// Seals a place in a list: the key of the last record that was shown.
    #[must_use]
    pub fn seal_place(&self, last: &Key) -> String {
        let key = self.sealing();
        let mut whole = [&[VERSION | key.id.0], last.as_bytes()].concat();
        let tag = key.place.tag(&whole);
        whole.extend_from_slice(&tag);
        URL_SAFE_NO_PAD.encode(whole)
    }

    /// Opens such a place. Nothing if even one bit is not ours.
    #[must_use]
    pub fn open_place(&self, token: &str) -> Option<Key> {
        let whole = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (body, tag) = whole.split_last_chunk::<TAG_BYTES>()?;
        let (head, last) = body.split_first()?;
        if head & !KEY_ID_BITS != VERSION {
            return None;
        }
        let expected = self.with(KeyId(head & KEY_ID_BITS), |key| key.place.tag(body))?;
        bool::from(expected.as_slice().ct_eq(tag.as_slice())).then(|| Key::from_bytes(last.to_vec()))
    }
}
