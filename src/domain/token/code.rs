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

    /// Parses a code as a person enters it. Spaces and dashes between the digits are ignored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '\t' | '\u{a0}')).collect();
        (digits.len() == Self::DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .then_some(Self(digits))
    }

    /// The six digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}
