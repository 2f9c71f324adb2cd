//! Random names of things: long enough that nobody meets or guesses one, and never given again.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        pub struct $name(pub [u8; $bytes]);

        impl $name {
            /// Reads what `Display` wrote: lower-case hexadecimal, nothing else.
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
    /// An account, for ever: not given again after the account is deleted.
    AccountId,
    16
);
id!(
    /// A session of one account.
    SessionId,
    16
);
id!(
    /// A request's single-use number. Not a secret: every secret of the request is derived from it
    /// with the key ring.
    Nonce,
    12
);
id!(
    /// A letter in the outbox, and the first part of its `Message-ID`.
    LetterId,
    12
);
id!(
    /// One run of the process, so that leases of a run that died are known as such.
    RunId,
    8
);

impl AccountId {
    /// That of no account: what is read and written in place of one, so that it takes as long.
    pub(in crate::domain) const NO_ONE: Self = Self([0; 16]);
}

const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

/// Which key of the ring sealed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct KeyId(pub u8);
