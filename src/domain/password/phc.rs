//! Parsing a password hash that another program computed: a PHC string, as most programs store it
//! (`$argon2id$v=19$m=65536,t=3,p=4$salt$hash`, both in base64 without padding).
//!
//! One spelling and no defaults are accepted, since a string that could be read in two ways would become a
//! password that no one can sign in with. The cost of such a hash is limited, because every password check
//! pays for it until its owner signs in once and it is hashed like all others. The limits leave room for what
//! the libraries of other languages make by default.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::domain::record::ids::KeyId;
use crate::domain::record::password::{Cost, Method, PasswordHash, Recipe};
use crate::domain::record::salt::Salt;
use crate::domain::token::Pepper;

/// The most memory an imported hash may use. Django's default is the largest, with 100 MiB.
pub(super) const MAX_MEMORY_KIB: u32 = 128 * 1024;
const MAX_PASSES: u32 = 16;
/// Some libraries use as many lanes as the machine has cores.
const MAX_LANES: u32 = 255;
/// The most memory it may fill in all passes together: about a quarter of a second on one core.
const MAX_FILLED_KIB: u32 = 256 * 1024;
/// A hash that fills less is cheap to guess for anyone who gets hold of the database and the key (OWASP,
/// Password Storage Cheat Sheet).
const MIN_SAFE_FILLED_KIB: u32 = 7 * 1024;
/// The memory Argon2 needs for each lane (RFC 9106, 3.1).
const MIN_LANE_KIB: u32 = 8;
const SALT_BYTES: std::ops::RangeInclusive<usize> = 8..=64;
const HASH_BYTES: std::ops::RangeInclusive<usize> = 16..=64;

/// A hash that another program computed, as it came: without a pepper. Never stored like this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignHash {
    salt: Salt,
    cost: Cost,
    hash: Vec<u8>,
}

/// Why a text cannot be imported as a hash. Reveals nothing of the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhcError {
    /// Another algorithm, or another format.
    #[error("is not of the form $argon2id$v=19$m=…,t=…,p=…$salt$hash; only Argon2id can be imported")]
    Form,
    /// Another version of Argon2, or no version.
    #[error("must have v=19, the current version of Argon2")]
    Version,
    /// Other parameters, or another order.
    #[error("must have exactly the parameters m, t and p, in this order")]
    Parameters,
    /// It would take too much time or memory.
    #[error(
        "costs too much: at most m={MAX_MEMORY_KIB}, t={MAX_PASSES}, p={MAX_LANES}, and m times t at most \
         {MAX_FILLED_KIB}"
    )]
    TooCostly,
    /// Argon2 cannot run with such small parameters.
    #[error("has parameters too small for Argon2: t and p must be at least 1, m at least 8 times p")]
    TooSmall,
    /// The salt is not base64, or too short or too long.
    #[error("has a salt that is not 8 to 64 bytes of base64 without padding")]
    Salt,
    /// The hash is not base64, or too short or too long.
    #[error("has a hash that is not 16 to 64 bytes of base64 without padding")]
    Hash,
}

impl ForeignHash {
    /// Parses a PHC string.
    ///
    /// # Errors
    /// The first reason to refuse it.
    pub fn parse(text: &str) -> Result<Self, PhcError> {
        let parts = text.strip_prefix("$argon2id$").ok_or(PhcError::Form)?;
        let parts: Vec<&str> = parts.split('$').collect();
        let [version, parameters, salt, hash] = parts[..] else { return Err(PhcError::Form) };
        if version != "v=19" {
            return Err(PhcError::Version);
        }
        let cost = cost(parameters)?;
        let salt = bytes(salt, &SALT_BYTES).ok_or(PhcError::Salt)?;
        let hash = bytes(hash, &HASH_BYTES).ok_or(PhcError::Hash)?;
        Ok(Self { salt, cost, hash })
    }

    /// The cost of computing it.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// The salt it was computed with.
    #[must_use]
    pub fn salt(&self) -> &Salt {
        &self.salt
    }

    /// Whether so little work goes into it that guessing is cheap.
    #[must_use]
    pub fn is_cheap(&self) -> bool {
        self.cost.memory_kib * self.cost.passes < MIN_SAFE_FILLED_KIB
    }

    /// The hash as it is stored: under the pepper of a key. Someone who steals the store without the key
    /// could otherwise try passwords against it, at a cost that another program chose.
    pub(in crate::domain) fn wrap(&self, key: KeyId, pepper: &Pepper) -> PasswordHash {
        let length_bytes = u8::try_from(self.hash.len()).expect("the length was checked when it was parsed");
        let (salt, cost) = (self.salt.clone(), self.cost);
        let recipe = Recipe { salt, pepper: key, method: Method::Wrapped, cost, length_bytes };
        PasswordHash { recipe, hash: pepper.wrap(&self.hash).to_vec() }
    }
}

fn cost(parameters: &str) -> Result<Cost, PhcError> {
    let parameters: Vec<&str> = parameters.split(',').collect();
    let [memory, passes, lanes] = parameters[..] else { return Err(PhcError::Parameters) };
    let read = |text: &str, name: &str| {
        let digits = text.strip_prefix(name).ok_or(PhcError::Parameters)?;
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number || (digits.len() > 1 && digits.starts_with('0')) {
            return Err(PhcError::Parameters);
        }
        // A number with more digits than fit is too large, not malformed.
        digits.parse::<u32>().map_err(|_| PhcError::TooCostly)
    };
    let cost =
        Cost { memory_kib: read(memory, "m=")?, passes: read(passes, "t=")?, lanes: read(lanes, "p=")? };
    let filled = cost.memory_kib.checked_mul(cost.passes);
    if cost.memory_kib > MAX_MEMORY_KIB
        || cost.passes > MAX_PASSES
        || cost.lanes > MAX_LANES
        || filled.is_none_or(|filled| filled > MAX_FILLED_KIB)
    {
        return Err(PhcError::TooCostly);
    }
    if cost.passes == 0 || cost.lanes == 0 || cost.memory_kib < MIN_LANE_KIB * cost.lanes {
        return Err(PhcError::TooSmall);
    }
    Ok(cost)
}

fn bytes(text: &str, length: &std::ops::RangeInclusive<usize>) -> Option<Vec<u8>> {
    // The decoder refuses padding, other alphabets and stray bits.
    STANDARD_NO_PAD.decode(text).ok().filter(|bytes| length.contains(&bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::ForeignHash;
    use super::PhcError::{Form, Hash, Parameters, Salt, TooCostly, TooSmall, Version};
    use crate::domain::record::password::Cost;

    const SALT: &str = "MDEyMzQ1Njc4OWFiY2RlZg";
    const HASH: &str = "AAECAwQFBgcICQoLDA0ODw";

    #[test]
    fn a_hash_is_parsed_as_it_was_written() {
        let read = ForeignHash::parse(&format!("$argon2id$v=19$m=65536,t=3,p=4${SALT}${HASH}")).expect("one");
        assert_eq!(read.salt, b"0123456789abcdef");
        assert_eq!(read.cost, Cost { memory_kib: 65_536, passes: 3, lanes: 4 });
        assert_eq!(read.hash, (0..16).collect::<Vec<u8>>());
        for costly in ["m=65536,t=4,p=16", "m=16384,t=16,p=1", "m=8,t=1,p=1", "m=131072,t=2,p=255"] {
            assert!(
                ForeignHash::parse(&format!("$argon2id$v=19${costly}${SALT}${HASH}")).is_ok(),
                "{costly}"
            );
        }
    }

    #[test]
    fn the_defaults_of_other_libraries_are_accepted() {
        for (library, cost) in [
            ("Django", "m=102400,t=2,p=8"),
            ("argon2-cffi, node-argon2, Flask-Security", "m=65536,t=3,p=4"),
            ("PHP", "m=65536,t=4,p=1"),
            ("Spring Security", "m=16384,t=2,p=1"),
            ("Go on a machine with 32 cores", "m=65536,t=1,p=32"),
            ("libsodium, interactive", "m=65536,t=2,p=1"),
            ("RustCrypto", "m=19456,t=2,p=1"),
        ] {
            let read = ForeignHash::parse(&format!("$argon2id$v=19${cost}${SALT}${HASH}"));
            assert!(read.is_ok_and(|hash| !hash.is_cheap()), "{library}");
        }
    }

    #[test]
    fn a_hash_that_fills_less_than_seven_mebibytes_is_cheap() {
        for (cost, is_cheap) in [("m=7168,t=1,p=1", false), ("m=7167,t=1,p=1", true), ("m=512,t=2,p=2", true)]
        {
            let read = ForeignHash::parse(&format!("$argon2id$v=19${cost}${SALT}${HASH}")).expect("one");
            assert_eq!(read.is_cheap(), is_cheap, "{cost}");
        }
    }

    #[test]
    fn other_algorithms_and_other_spellings_are_refused() {
        let long = "A".repeat(88);
        for (text, error) in [
            ("", Form),
            ("$2b$12$abcdefghijklmnopqrstuv", Form),
            ("$argon2i$v=19$m=8,t=1,p=1$S$H", Form),
            ("argon2id$v=19$m=8,t=1,p=1$S$H", Form),
            ("$argon2id$v=19$m=8,t=1,p=1$S", Form),
            ("$argon2id$v=19$m=8,t=1,p=1$S$H$", Form),
            ("$argon2id$m=8,t=1,p=1$S$H", Form),
            ("$argon2id$v=16$m=8,t=1,p=1$S$H", Version),
            ("$argon2id$v=019$m=8,t=1,p=1$S$H", Version),
            ("$argon2id$v=19$t=1,m=8,p=1$S$H", Parameters),
            ("$argon2id$v=19$m=8,t=1$S$H", Parameters),
            ("$argon2id$v=19$m=8,t=1,p=1,keyid=Zm8$S$H", Parameters),
            ("$argon2id$v=19$m=8,t=1,p=1,data=Zm8$S$H", Parameters),
            ("$argon2id$v=19$m=08,t=1,p=1$S$H", Parameters),
            ("$argon2id$v=19$m=+8,t=1,p=1$S$H", Parameters),
            ("$argon2id$v=19$m=,t=1,p=1$S$H", Parameters),
            ("$argon2id$v=19$m=131073,t=1,p=1$S$H", TooCostly),
            ("$argon2id$v=19$m=99999999999,t=1,p=1$S$H", TooCostly),
            ("$argon2id$v=19$m=8,t=17,p=1$S$H", TooCostly),
            ("$argon2id$v=19$m=4096,t=1,p=256$S$H", TooCostly),
            ("$argon2id$v=19$m=65536,t=5,p=1$S$H", TooCostly),
            ("$argon2id$v=19$m=8,t=0,p=1$S$H", TooSmall),
            ("$argon2id$v=19$m=8,t=1,p=0$S$H", TooSmall),
            ("$argon2id$v=19$m=15,t=1,p=2$S$H", TooSmall),
            ("$argon2id$v=19$m=8,t=1,p=1$c2hvcnQ$H", Salt),
            ("$argon2id$v=19$m=8,t=1,p=1$LONG$H", Salt),
            ("$argon2id$v=19$m=8,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg==$H", Salt),
            ("$argon2id$v=19$m=8,t=1,p=1$S$c2hvcnQ", Hash),
            ("$argon2id$v=19$m=8,t=1,p=1$S$LONG", Hash),
            ("$argon2id$v=19$m=8,t=1,p=1$S$__-_", Hash),
            ("$argon2id$v=19$m=8,t=1,p=1$S$H ", Hash),
        ] {
            let text = text.replace("LONG", &long).replace("$S", &format!("${SALT}"));
            let text = text.replace("$H", &format!("${HASH}"));
            assert_eq!(ForeignHash::parse(&text), Err(error), "{text}");
        }
    }
}
