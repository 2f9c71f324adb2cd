//! The six digits in an email.

use std::fmt;

/// Six digits. Prints as a placeholder in debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(pub(in crate::domain) String);

impl Code {
    const DIGITS: usize = 6;

    pub(in crate::domain) fn from_number(number: u64) -> Self {
        Self(format!("{:06}", number % 1_000_000))
    }

    /// Parses a code however a person enters it: with the digits of any script, with anything between
    /// them, or as one group of six among other text, such as the whole subject of the email.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = digits(text);
        if digits.len() == Self::DIGITS {
            return Some(Self(digits));
        }
        let mut groups = text.split(|c| digit(c).is_none()).map(self::digits);
        let mut whole = groups.by_ref().filter(|group| group.len() == Self::DIGITS);
        // Between two groups of six we would have to guess, and a wrong guess uses up an attempt.
        whole.next().filter(|_| whole.next().is_none()).map(Self)
    }

    /// The six digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The decimal digits in a text, as ASCII.
fn digits(text: &str) -> String {
    text.chars().filter_map(digit).map(|value| char::from(b'0' + value)).collect()
}

/// The value of a decimal digit of any script.
fn digit(c: char) -> Option<u8> {
    let value = |zero: &u32| u32::from(c).checked_sub(*zero).filter(|value| *value < 10);
    ZEROS.iter().find_map(value)?.try_into().ok()
}

/// The zero of every script. Its other digits follow it in order (Unicode 16, general category Nd).
const ZEROS: [u32; 76] = [
    0x0030, 0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66,
    0x0de6, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50,
    0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30,
    0x10d40, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x116d0,
    0x116da, 0x11730, 0x118e0, 0x11950, 0x11bf0, 0x11c50, 0x11d50, 0x11da0, 0x11f50, 0x16130, 0x16a60,
    0x16ac0, 0x16b50, 0x16d70, 0x1ccf0, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0,
    0x1e4f0, 0x1e5f1, 0x1e950, 0x1fbf0,
];

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}
