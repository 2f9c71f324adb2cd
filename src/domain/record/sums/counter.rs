//! What is counted.

use std::time::Duration;

/// How many counts the times of sent emails have.
const MAIL_TIMES: usize = 12;
/// The bound of the first one. Each of the others has twice the one before, and the last one has none.
const FIRST_MAIL_TIME: Duration = Duration::from_millis(250);

/// How long sending an email took: one of twelve counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailTime(u8);

impl MailTime {
    /// All of them, the shortest first.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..MAIL_TIMES).filter_map(|index| Some(Self(index.try_into().ok()?)))
    }

    /// The one that this belongs to.
    pub(super) fn of(took: Duration) -> Self {
        let fits = |time: &Self| time.bound().is_none_or(|bound| took <= bound);
        Self::all().find(fits).unwrap_or_default()
    }

    /// No email in it took longer; nothing for the last one.
    #[must_use]
    pub fn bound(self) -> Option<Duration> {
        let has_bound = usize::from(self.0) + 1 < MAIL_TIMES;
        has_bound.then(|| FIRST_MAIL_TIME * (1 << self.0))
    }
}

impl Default for MailTime {
    /// The last one.
    fn default() -> Self {
        Self((MAIL_TIMES - 1).try_into().unwrap_or(u8::MAX))
    }
}

/// What is counted within a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counter {
    /// People who registered: once per address while a registration of it waits.
    Registered,
    /// Registrations that were confirmed.
    Confirmed,
    /// Accounts made by a first sign-in without registering.
    FirstSignIns,
    /// Accounts that were added or imported.
    Imported,
    /// Sessions made with a link, the confirming one included.
    Link,
    /// The same with a code.
    Code,
    /// The same with a password.
    Password,
    /// Emails that were sent.
    Sent,
    /// Emails that could not be sent at once.
    Delayed,
    /// Emails that could not be delivered.
    Failed,
    /// How long those that were sent took.
    SentWithin(MailTime),
    /// Wrong passwords at a sign-in.
    WrongPassword,
    /// Wrong codes.
    WrongCode,
    /// Requests that a limit refused.
    Throttled,
}

impl Counter {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        let plain = [
            Self::Registered,
            Self::Confirmed,
            Self::FirstSignIns,
            Self::Imported,
            Self::Link,
            Self::Code,
            Self::Password,
            Self::Sent,
            Self::Delayed,
            Self::Failed,
            Self::WrongPassword,
            Self::WrongCode,
            Self::Throttled,
        ];
        plain.into_iter().chain(MailTime::all().map(Self::SentWithin))
    }

    /// Its name in keys and in what is said of it.
    #[must_use]
    pub fn name(self) -> String {
        let name = match self {
            Self::Registered => "registered",
            Self::Confirmed => "confirmed",
            Self::FirstSignIns => "first_sign_ins",
            Self::Imported => "imported",
            Self::Link => "link",
            Self::Code => "code",
            Self::Password => "password",
            Self::Sent => "sent",
            Self::Delayed => "delayed",
            Self::Failed => "failed",
            Self::WrongPassword => "wrong_password",
            Self::WrongCode => "wrong_code",
            Self::Throttled => "throttled",
            Self::SentWithin(MailTime(index)) => return format!("sent_within_{index:02}"),
        };
        name.to_owned()
    }

    /// Whether it counts refusals, which are counted an hour at a time.
    #[must_use]
    pub fn is_of_refusals(self) -> bool {
        matches!(self, Self::WrongPassword | Self::WrongCode | Self::Throttled)
    }
}

/// What is counted of those who registered in a week. Those who confirmed are in one of four that do not overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bucket {
    /// All of them.
    Registered,
    /// When the last of them registered: a time, not a sum.
    LastRegistered,
    /// Those who confirmed within a minute.
    Within1m,
    /// Of the others, those who confirmed within five minutes.
    Within5m,
    /// Of the others, within an hour.
    Within1h,
    /// Of the others, within a day; or later, because they registered again before the day was over.
    Within24h,
}

impl Bucket {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Registered,
        Self::LastRegistered,
        Self::Within1m,
        Self::Within5m,
        Self::Within1h,
        Self::Within24h,
    ];

    /// Its name in keys and in what is said of it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::LastRegistered => "last_registered",
            Self::Within1m => "within_1m",
            Self::Within5m => "within_5m",
            Self::Within1h => "within_1h",
            Self::Within24h => "within_24h",
        }
    }

    /// The one of those who took this long to confirm.
    pub(super) fn of(took: Duration) -> Self {
        match took {
            _ if took <= Duration::from_mins(1) => Self::Within1m,
            _ if took <= Duration::from_mins(5) => Self::Within5m,
            _ if took <= Duration::from_hours(1) => Self::Within1h,
            _ => Self::Within24h,
        }
    }
}
