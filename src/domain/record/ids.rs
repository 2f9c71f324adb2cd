//! Random ids: too long to guess or to meet by chance, and never reused. Those of emails begin with a time.

use std::fmt;

use crate::domain::record::time::Timestamp;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        pub struct $name(pub [u8; $bytes]);

        impl $name {
            /// Parses lower-case hexadecimal, as `Display` writes it.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let digits = text.as_bytes();
                if digits.len() != 2 * $bytes {
                    return None;
                }
                let mut bytes = [0; $bytes];
                for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
                    *byte = hex_digit(pair[0])? << 4 | hex_digit(pair[1])?;
                }
                Some(Self(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut text = [0; 2 * $bytes];
                for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
                    pair[0] = HEX_DIGITS[usize::from(byte >> 4)];
                    pair[1] = HEX_DIGITS[usize::from(byte & 0xf)];
                }
                f.write_str(std::str::from_utf8(&text).expect("hexadecimal digits are text"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }
    };
}

id!(
    /// An account. Not reused after the account is deleted.
    AccountId,
    16
);
id!(
    /// A session of one account.
    SessionId,
    16
);
id!(
    /// The single-use number of a request. Not a secret: every secret of the request is derived from it
    /// with the key ring.
    Nonce,
    12
);
id!(
    /// An email, and the first part of its `Message-ID`.
    LetterId,
    12
);
id!(
    /// A browser that is known for an address, or a session in its place. Random and kept by the browser only.
    KnownId,
    12
);
id!(
    /// One run of the process, so that the leases of a run that died are recognised.
    RunId,
    8
);
id!(
    /// A store, whatever engine keeps it.
    StoreId,
    16
);
id!(
    /// One move of a store to another engine.
    MoveId,
    16
);

impl AccountId {
    /// The id that no account has. Reading and deleting under it in place of an account takes the same
    /// time. It is never expected and never written.
    pub(in crate::domain) const NO_ONE: Self = Self([0; 16]);
}

impl LetterId {
    /// One for an email that is queued at a time. It begins with that time, so ids are in the order in which emails
    /// were queued; the rest of it is random.
    #[must_use]
    pub fn at(queued_at: Timestamp, random: [u8; 12]) -> Self {
        let mut bytes = random;
        bytes[..6].copy_from_slice(&queued_at.0.to_be_bytes()[2..]);
        Self(bytes)
    }
}

const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

/// A key of the key ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct KeyId(pub u8);
