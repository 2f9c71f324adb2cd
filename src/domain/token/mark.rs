//! Recognises something seen before without keeping it.

use zeroize::ZeroizeOnDrop;

/// What is kept of something in order to recognise it. Without the key of its [`Marker`], no guess at what
/// it was can be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mark([u8; 32]);

/// Makes marks with a key of its own, which never leaves memory.
#[derive(ZeroizeOnDrop)]
pub struct Marker {
    key: [u8; 32],
}

impl Marker {
    /// One with this key, which has to be random.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// The mark of these parts in this order.
    #[must_use]
    pub fn mark(&self, parts: &[&[u8]]) -> Mark {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        for part in parts {
            // With its length, so that moving a byte from one part to the next makes a difference.
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Mark(*hasher.finalize().as_bytes())
    }
}
