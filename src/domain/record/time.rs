//! Points in time.
//!
//! The wall clock can jump, and be set right again. So a stored time can be in the future, and what is over
//! by one reading of the clock may not be over.
//!
//! Times of what happened are compared like this when they are in the future:
//!
//! | stored time | in the future |
//! | --- | --- |
//! | `Session::created_at`, `last_used_at` | counts as now; the last use is written again once the clock has been right for an hour |
//! | `Session::proven_at` | was not recent, or an unattended screen would stay open for the whole difference |
//! | `DeviceEmails` | does not count against the next ones |
//! | `Request::mailed_at` | the next email has to wait for nothing |
//! | `Used::at` | was not a minute ago |
//! | `Counted::at` | does not count, or no one could do anything at that address for the whole difference |
//! | `Generation::asked_at`, `Account::sign_in_used`, `Owner::Vacated`, the start of `Owner::Held` | only compared with each other; a new request is dated after them |
//! | `Request::asked_at`, `Account::registered_at`, `confirmed_at`, `Event::at`, `NewDevice::at`, `LastTry::at` | only shown |
//!
//! Times at which something ends refuse by the wall clock. But only what is over by the earliest time it
//! can be (`reckoning`) is removed, or lets something be given to someone else:
//!
//! | stored time | by the earliest time |
//! | --- | --- |
//! | `Session::expires_at`, `Request::expires_at`, `PendingRegistration::over_at` | the sweeper removes it |
//! | `Undo::over_at`, `Owner::Held` | the undo ends, and the address is free |
//! | `NewDevice::over_at` | its link ends, and the sweeper removes it |
//! | `PendingChange::over_at` | it is taken from its account |
//! | `Owner::Vacated`, plus two days | the sweeper removes it |
//! | `Letter::give_up_at` | the outbox gives up (`outbox`) |
//! | `Throttle::over_at` | the sweeper removes it |
//! | the key of an event, `Refusals::first`, plus how long events are kept | the sweeper removes it |
//! | `EndedLetter::ended_at`, plus a week | the sweeper removes it |
//! | `MailState::Delayed`, `MailPlace::queued_at` | nothing is removed by it: they say under which key something is |
//! | `Generation::live_until` | nothing is removed by it |

use std::fmt;
use std::time::Duration;

/// How far a clock is set back when it is kept right.
const CLOCK_STEP: Duration = Duration::from_mins(1);

/// Milliseconds since 1970-01-01 00:00 UTC.
///
/// Shown in the one way that times are written for programs: RFC 3339, UTC, always with three decimal places.
/// So all have the same length, and their order as text is their order in time.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// This much later, or the last possible moment.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.as_millis().try_into().unwrap_or(u64::MAX)))
    }

    /// This much earlier, or the first possible moment.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration.as_millis().try_into().unwrap_or(u64::MAX)))
    }

    /// Whether it was less than `window` before `now`. Not if it is in the future, which happens after the
    /// clock was set back, except for the small step of a clock that is kept right.
    #[must_use]
    pub fn is_within(self, window: Duration, now: Self) -> bool {
        self <= now.plus(CLOCK_STEP) && now < self.plus(window)
    }

    /// Hours since 1970, begun ones not counted.
    #[must_use]
    pub fn hour(self) -> u64 {
        self.0 / (60 * 60 * 1000)
    }

    /// How much later `self` is than `earlier`; zero if it is not.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// The last moment that is shown, which is the last one that jiff knows.
const LAST_SHOWN: u64 = 253_402_207_200_999;
const MS_A_DAY: u64 = 24 * 60 * 60 * 1000;

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.text()).map_err(|_| fmt::Error)?)
    }
}

impl From<Timestamp> for String {
    /// The same text, in half the time.
    fn from(at: Timestamp) -> Self {
        Self::from_utf8(at.text().to_vec()).unwrap_or_default()
    }
}

impl Timestamp {
    /// Writes the digits itself: a printer that knows every format takes ten times as long, and a session check shows
    /// six times.
    fn text(self) -> [u8; 24] {
        let at = self.0.min(LAST_SHOWN);
        let [year, month, day] = date(at / MS_A_DAY);
        let ms = at % MS_A_DAY;
        let mut text = *b"0000-00-00T00:00:00.000Z";
        put(&mut text[..4], year);
        put(&mut text[5..7], month);
        put(&mut text[8..10], day);
        put(&mut text[11..13], ms / 3_600_000);
        put(&mut text[14..16], ms / 60_000 % 60);
        put(&mut text[17..19], ms / 1000 % 60);
        put(&mut text[20..23], ms % 1000);
        text
    }
}

/// Year, month and day, so many days after 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
/// `civil_from_days`). Years begin in March here, so that a leap day is the last one.
fn date(days: u64) -> [u64; 3] {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month) = (day - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    [era * 400 + year + u64::from(month <= 2), month, day]
}

/// Writes a number into all of these places.
fn put(places: &mut [u8], number: u64) {
    let mut rest = number;
    for place in places.iter_mut().rev() {
        *place = b"0123456789"[(rest % 10) as usize];
        rest /= 10;
    }
}

/// Times after the year 9999 become its end.
impl From<Timestamp> for jiff::Timestamp {
    fn from(at: Timestamp) -> Self {
        let milliseconds = i64::try_from(at.0).ok();
        milliseconds.and_then(|it| Self::from_millisecond(it).ok()).unwrap_or(Self::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn a_time_is_shown_as_jiff_shows_it() {
        let printer = jiff::fmt::temporal::DateTimePrinter::new().precision(Some(3));
        let day = 24 * 60 * 60 * 1000;
        let days = (0..200_000).map(|it| it * 14 * day + it * 7_919_317 % day);
        for at in days.chain([0, 1, 253_402_207_200_999, u64::MAX]).map(Timestamp) {
            assert_eq!(at.to_string(), printer.timestamp_to_string(&at.into()));
        }
    }
}
