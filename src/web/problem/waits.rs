//! How long to wait, and what for, in words.

use std::time::Duration;

use super::Code;
use crate::domain::record::limits::Limit;

/// The code of a limit that was reached, and the sentence for the person. It says only that something was done too
/// often, never by whom.
pub(super) fn refusal_of(limit: Limit, wait: Duration) -> (Code, String) {
    let wait = in_words(wait);
    match limit {
        Limit::MailsToAddress => (
            Code::TooManyMails,
            format!("Too many emails were requested for this address. You can ask for another in {wait}."),
        ),
        Limit::MailsOfClient => (
            Code::TooManyMails,
            format!("Too many emails were requested from your network. You can ask for another in {wait}."),
        ),
        Limit::MailsOfServer => (
            Code::TooManyMails,
            format!("We can't send any more emails at the moment. Please try again in {wait}."),
        ),
        Limit::TriesAtAddress => (
            Code::TooManyTries,
            format!(
                "Too many passwords were entered for this email address. You can try again in {wait}, or get an \
                 email instead."
            ),
        ),
        Limit::TriesOfClient => (
            Code::TooManyTries,
            format!(
                "Too many passwords were entered from your network. You can try again in {wait}, or get an email \
                 instead."
            ),
        ),
        Limit::CodesAtAddress => (
            Code::TooManyTries,
            format!(
                "Too many wrong codes were entered for this email address. You can enter a code again in {wait}. \
                 If the email has a link, that still works."
            ),
        ),
        Limit::Changes => (
            Code::TooManyTries,
            format!("You've changed your account too often. You can change it again in {wait}."),
        ),
    }
}

/// Whole seconds, rounded up.
pub(super) fn whole_secs(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)
}

/// A wait as a person would say it, rounded up.
pub(super) fn in_words(wait: Duration) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let secs = whole_secs(wait);
    let (unit, secs_each) = match secs {
        0..120 => ("second", 1),
        120..=5400 => ("minute", MINUTE),
        5401..=172_800 => ("hour", HOUR),
        _ => ("day", DAY),
    };
    let number = secs.div_ceil(secs_each);
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::{Duration, in_words};

    #[test]
    fn a_wait_is_said_as_a_person_would_and_never_too_short() {
        for (millis, words) in [
            (1, "1 second"),
            (29_001, "30 seconds"),
            (119_000, "119 seconds"),
            (120_000, "2 minutes"),
            (121_000, "3 minutes"),
            (5_400_000, "90 minutes"),
            (5_401_000, "2 hours"),
            (172_800_000, "48 hours"),
            (172_801_000, "3 days"),
            (604_800_000, "7 days"),
        ] {
            assert_eq!(in_words(Duration::from_millis(millis)), words);
        }
    }
}
