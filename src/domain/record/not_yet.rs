//! A time in a record that may not have come yet, in the bytes of one that has: the records of earlier versions, where it
//! always had, are read as they are, and those versions read these.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::time::Timestamp;

/// Stands for a time that has not come. No clock shows it, and no import accepts a time in the future.
const NEVER: Timestamp = Timestamp(u64::MAX);

/// Writes it.
#[expect(clippy::ref_option, reason = "serde passes a reference")]
pub(super) fn serialize<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    at.unwrap_or(NEVER).serialize(serializer)
}

/// Reads it.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let at = Timestamp::deserialize(deserializer)?;
    Ok((at != NEVER).then_some(at))
}
