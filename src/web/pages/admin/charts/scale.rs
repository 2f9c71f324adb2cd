//! Where things are in a drawing. Across, everything is a share of the width, so that a drawing fits every screen while its
//! words keep their size; up, everything is in pixels.

use std::fmt;

/// A share of the width, in hundredths of a percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Share(u64);

/// The whole width.
const WHOLE: u64 = 10_000;

impl Share {
    /// A part of a whole, or nothing of nothing.
    pub(super) fn of(part: u64, whole: u64) -> Self {
        Self((part * WHOLE).checked_div(whole).unwrap_or_default())
    }

    /// What lies between this one and a later one.
    pub(super) fn to(self, later: Self) -> Self {
        Self(later.0.saturating_sub(self.0))
    }

    /// Halfway between both.
    pub(super) fn half_to(self, later: Self) -> Self {
        Self(u64::midpoint(self.0, later.0))
    }

    /// This much of it, in percent.
    pub(super) fn percent(self, percent: u64) -> Self {
        Self(self.0 * percent / 100)
    }

    /// Both together.
    pub(super) fn plus(self, more: Self) -> Self {
        Self(self.0 + more.0)
    }

    /// Whether a word of a few letters fits into it, on the narrowest screen too.
    pub(super) fn fits_a_word(self) -> bool {
        self.0 >= 1_400
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}%", self.0 / 100, self.0 % 100)
    }
}

/// The height of a bar, of `most` pixels for the largest value. What is not nothing is always seen.
pub(super) fn height(value: u64, largest: u64, most: u64) -> u64 {
    if value == 0 { 0 } else { (value * most).checked_div(largest).unwrap_or_default().max(2) }
}

/// A number as people write it: `1,204`.
pub(super) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut written = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
}

/// A share in whole percent.
pub(super) fn percent(part: u64, whole: u64) -> String {
    format!("{}%", (part * 100 + whole / 2).checked_div(whole).unwrap_or_default())
}

/// So many of something: `1 email`, `2 emails`.
pub(super) fn many(count: u64, one: &str, more: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { more })
}

#[cfg(test)]
mod tests {
    use super::{Share, height, many, number, percent};

    #[test]
    fn numbers_are_written_as_people_write_them() {
        for (value, written) in [(0, "0"), (999, "999"), (1_204, "1,204"), (1_234_567, "1,234,567")] {
            assert_eq!(number(value), written);
        }
        assert_eq!(
            (many(1, "email", "emails"), many(0, "email", "emails")),
            ("1 email".into(), "0 emails".into())
        );
        assert_eq!((percent(2, 3), percent(0, 0), percent(5, 5)), ("67%".into(), "0%".into(), "100%".into()));
    }

    #[test]
    fn a_little_is_seen_and_nothing_is_not() {
        assert_eq!([0, 1, 500, 1_000].map(|value| height(value, 1_000, 40)), [0, 2, 20, 40]);
        assert_eq!(Share::of(1, 3).to_string(), "33.33%");
        assert_eq!(Share::of(0, 0).to_string(), "0.00%");
    }
}
