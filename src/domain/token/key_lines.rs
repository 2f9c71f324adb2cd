//! The text of a key file: one key per line, newest first. A line that ends with `opens` has a key that seals nothing
//! until the store knows it: all nodes must have it first.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::{Zeroize, Zeroizing};

use super::ring_key::{MASTER_BYTES, RING_HEADER};
use crate::domain::ports::World;
use crate::domain::record::ids::KeyId;

/// What the line of a key ends with that only opens so far.
pub const OPENS: &str = "opens";

/// A line with a new key.
#[must_use]
pub fn new_line(id: KeyId, world: &World) -> Zeroizing<String> {
    let mut master: [u8; MASTER_BYTES] = world.random();
    let mut encoded = STANDARD.encode(master);
    let line = Zeroizing::new(format!("{RING_HEADER} {} {encoded}\n", id.0));
    master.zeroize();
    encoded.zeroize();
    line
}

/// What the line of a key begins with, up to the secret.
#[must_use]
pub fn beginning(id: KeyId) -> String {
    format!("{RING_HEADER} {} ", id.0)
}

/// The same text without a key, whether a line end or a comma ends it.
#[must_use]
pub fn without(text: &str, id: KeyId) -> Zeroizing<String> {
    let is_its = |key: &&str| key.split_ascii_whitespace().nth(1) == Some(id.0.to_string().as_str());
    Zeroizing::new(text.split_inclusive(['\n', ',']).filter(|key| !is_its(key)).collect())
}

/// The same text with a new key that only opens.
#[must_use]
pub fn with_opening(text: &str, id: KeyId, world: &World) -> Zeroizing<String> {
    let (line, end) = (new_line(id, world), if text.ends_with('\n') { "" } else { "\n" });
    Zeroizing::new(format!("{text}{end}{} {OPENS}\n", line.trim_end()))
}

/// The same text in which a key that only opened seals.
#[must_use]
pub fn with_sealing(text: &str, id: KeyId) -> Zeroizing<String> {
    let number = id.0.to_string();
    let is_its = |key: &&str| key.split_ascii_whitespace().nth(1) == Some(number.as_str());
    let Some(key) = text.split(['\n', ',']).find(is_its) else { return Zeroizing::new(text.to_owned()) };
    let key = key.trim();
    let line = key.strip_suffix(OPENS).unwrap_or(key).trim_end();
    Zeroizing::new(format!("{line}\n{}", *without(text, id)))
}
