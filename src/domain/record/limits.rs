//! What is limited, and how much of it is allowed.

use std::time::Duration;

const FIVE_MINUTES: Duration = Duration::from_mins(5);
const QUARTER_HOUR: Duration = Duration::from_mins(15);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// How many known browsers of one address can use up their budgets at the same time: all of them together
/// have this many times the budget of one.
const BROWSERS: usize = 5;

/// How often something may be done. 0 means as often as anyone likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requested emails to one address in 15 minutes.
    pub mails_per_address_15m: usize,
    /// Requested emails to one address in a day.
    pub mails_per_address_day: usize,
    /// Emails that one client requests in an hour.
    pub mails_per_client_hour: usize,
    /// Requested emails of the whole server in an hour.
    pub mails_per_hour: usize,
    /// Passwords that one client enters in 5 minutes.
    pub tries_per_client_5m: usize,
    /// Passwords that are entered for one address in 15 minutes.
    pub tries_per_address_15m: usize,
    /// Wrong codes that are entered for one address in a day.
    pub codes_per_address_day: usize,
    /// Changes of one account in an hour.
    pub changes_per_account_hour: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            mails_per_address_15m: 3,
            mails_per_address_day: 10,
            mails_per_client_hour: 20,
            mails_per_hour: 1000,
            tries_per_client_5m: 30,
            tries_per_address_15m: 10,
            codes_per_address_day: 20,
            changes_per_account_hour: 60,
        }
    }
}

/// Which limit refused something. Decides what the response says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Emails to one address.
    MailsToAddress,
    /// Emails that one client requests.
    MailsOfClient,
    /// Emails of the whole server.
    MailsOfServer,
    /// Passwords entered for one address.
    TriesAtAddress,
    /// Passwords that one client enters.
    TriesOfClient,
    /// Wrong codes for one address.
    CodesAtAddress,
    /// Changes of one account.
    Changes,
}

/// So many within a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// How many. Never 0.
    pub most: usize,
    /// In what time. It slides.
    pub within: Duration,
}

impl Allowance {
    /// Nothing if the limit is switched off.
    fn new(most: usize, within: Duration) -> Option<Self> {
        (most > 0).then_some(Self { most, within })
    }

    /// The same for all known browsers of an address together.
    #[must_use]
    pub fn of_all_browsers(self) -> Self {
        Self { most: self.most.saturating_mul(BROWSERS), ..self }
    }
}

/// What has a budget at each address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// Requested emails.
    Mails,
    /// Passwords, right or wrong.
    Tries,
    /// Wrong codes.
    Codes,
}

impl Budget {
    /// The limit that refuses.
    #[must_use]
    pub fn limit(self) -> Limit {
        match self {
            Self::Mails => Limit::MailsToAddress,
            Self::Tries => Limit::TriesAtAddress,
            Self::Codes => Limit::CodesAtAddress,
        }
    }
}

impl Limits {
    /// What is allowed at one address, to strangers together or to one known browser. The longest time is last.
    #[must_use]
    pub fn at_address(&self, budget: Budget) -> Vec<Allowance> {
        let allowances = match budget {
            Budget::Mails => [
                Allowance::new(self.mails_per_address_15m, QUARTER_HOUR),
                Allowance::new(self.mails_per_address_day, DAY),
            ],
            Budget::Tries => [Allowance::new(self.tries_per_address_15m, QUARTER_HOUR), None],
            Budget::Codes => [Allowance::new(self.codes_per_address_day, DAY), None],
        };
        allowances.into_iter().flatten().collect()
    }

    /// Changes of one account.
    #[must_use]
    pub fn of_changes(&self) -> Option<Allowance> {
        Allowance::new(self.changes_per_account_hour, HOUR)
    }

    /// Emails that one client requests.
    #[must_use]
    pub fn mails_of_client(&self) -> Option<Allowance> {
        Allowance::new(self.mails_per_client_hour, HOUR)
    }

    /// Emails of the whole server.
    #[must_use]
    pub fn mails_of_server(&self) -> Option<Allowance> {
        Allowance::new(self.mails_per_hour, HOUR)
    }

    /// Those of them that strangers request: a quarter is kept for known browsers and for people who are signed
    /// in, so that strangers cannot keep them from signing in.
    #[must_use]
    pub fn mails_of_strangers(&self) -> Option<Allowance> {
        Allowance::new(self.mails_per_hour - self.mails_per_hour / 4, HOUR)
    }

    /// Passwords that one client enters.
    #[must_use]
    pub fn tries_of_client(&self) -> Option<Allowance> {
        Allowance::new(self.tries_per_client_5m, FIVE_MINUTES)
    }
}
