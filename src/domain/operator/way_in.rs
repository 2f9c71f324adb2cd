//! Why someone can't get in, in sentences for whoever looks after accounts.

use std::time::Duration;

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::record::account::Account;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::answer::Answer;
use crate::domain::record::ended::EmailState;
use crate::domain::record::event::{Event, EventName, Means};
use crate::domain::record::key::Span;
use crate::domain::record::limits::Budget;
use crate::domain::record::time::Timestamp;

/// An email that was never tried is in no one's way for this long.
const USUAL_WAIT: Duration = Duration::from_mins(1);
/// How many events are looked through for the last sign-in.
const MOST_EVENTS: usize = 500;

/// One thing that is in the way of signing in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The account is disabled.
    AccountDisabled,
    /// The last email was not delivered.
    EmailRefused {
        /// What the mail server said.
        answer: Option<Answer>,
    },
    /// The last email has not been sent yet.
    EmailWaiting {
        /// Since when it waits.
        since: Timestamp,
        /// What the mail server said.
        answer: Option<Answer>,
    },
    /// No more emails can be requested for now.
    TooManyMails {
        /// When the next one can.
        until: Timestamp,
    },
    /// No more codes can be entered for now.
    TooManyCodes {
        /// How many wrong ones there can be in a day.
        most: usize,
        /// When the next one can be entered.
        until: Timestamp,
    },
    /// No more passwords can be entered for now.
    TooManyTries {
        /// When the next one can be entered.
        until: Timestamp,
    },
}

/// What is in the way of signing in to an account, and the last time it worked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayIn {
    /// What is in the way, the most telling first.
    pub reasons: Vec<Reason>,
    /// The last sign-in, and what it was done with; nothing if none is known.
    pub last_sign_in: Option<(Timestamp, Option<Means>)>,
}

impl Reason {
    /// The code on the wire. It never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::AccountDisabled => "account_disabled",
            Self::EmailRefused { .. } => "email_refused",
            Self::EmailWaiting { .. } => "email_waiting",
            Self::TooManyMails { .. } => "too_many_mails",
            Self::TooManyCodes { .. } => "too_many_codes",
            Self::TooManyTries { .. } => "too_many_tries",
        }
    }

    /// When it is over, if that is known.
    #[must_use]
    pub fn until(&self) -> Option<Timestamp> {
        match self {
            Self::TooManyMails { until }
            | Self::TooManyCodes { until, .. }
            | Self::TooManyTries { until } => Some(*until),
            _ => None,
        }
    }

    /// A sentence or two, with times as one says them at `now`, in UTC.
    #[must_use]
    pub fn text(&self, now: Timestamp) -> String {
        let said = |answer: &Option<Answer>| {
            answer.as_ref().map_or_else(String::new, |it| format!(" The mail server said: {}", it.as_str()))
        };
        match self {
            Self::AccountDisabled => "This account is disabled.".into(),
            Self::EmailRefused { answer } => format!("The last email was not delivered.{}", said(answer)),
            Self::EmailWaiting { since, answer } => {
                let since = hour(*since, now);
                format!("An email has been waiting to be sent since {since}.{}", said(answer))
            }
            Self::TooManyMails { until } => {
                let until = hour(*until, now);
                format!("Too many emails were requested. The next can be sent at {until}.")
            }
            Self::TooManyCodes { most, .. } => {
                format!("Too many wrong codes today ({most} of {most}). The link in the email still works.")
            }
            Self::TooManyTries { .. } => "Too many password tries. Signing in by email still works.".into(),
        }
    }
}

impl WayIn {
    /// A sentence for each reason or, without one, for the last sign-in.
    #[must_use]
    pub fn sentences(&self, now: Timestamp) -> Vec<String> {
        if !self.reasons.is_empty() {
            return self.reasons.iter().map(|reason| reason.text(now)).collect();
        }
        let last = self.last_sign_in.map(|(at, means)| {
            let with = match means {
                Some(Means::Link) => " with a link",
                Some(Means::Code) => " with a code",
                Some(Means::Password) => " with a password",
                Some(Means::Session | Means::Command) | None => "",
            };
            format!(" Last signed in on {}{with}.", day(at))
        });
        vec![format!("Nothing is in the way.{}", last.unwrap_or_default())]
    }
}

impl Gatepost {
    /// What is in the way of signing in to an account.
    ///
    /// # Errors
    /// `Store`.
    pub async fn way_in(&self, account: &Account) -> Result<WayIn, Error> {
        let mut reasons = Vec::new();
        if account.disabled {
            reasons.push(Reason::AccountDisabled);
        }
        reasons.extend(self.last_email(&account.address).await?);
        reasons.extend(self.used_up(&account.address).await?);
        Ok(WayIn { reasons, last_sign_in: self.last_sign_in(account).await? })
    }

    /// Whether the last email to an address has not arrived.
    async fn last_email(&self, address: &EmailAddress) -> Result<Option<Reason>, Error> {
        let Some(email) = self.newest_email_to(&address.canonical()).await? else { return Ok(None) };
        let (since, answer) = (email.letter.queued_at, email.answer);
        let is_usual = email.tried_at.is_none() && since.is_within(USUAL_WAIT, self.world.now());
        Ok(match email.state {
            EmailState::Failed => Some(Reason::EmailRefused { answer }),
            EmailState::Waiting => Some(Reason::EmailWaiting { since, answer }).filter(|_| !is_usual),
            EmailState::Sent | EmailState::Dropped => None,
        })
    }

    /// What was done too often at an address. Browsers that are known there have budgets of their own.
    async fn used_up(&self, address: &EmailAddress) -> Result<Vec<Reason>, Error> {
        let most = self.settings().limits.codes_per_address_day;
        let mut reasons = Vec::new();
        for budget in [Budget::Mails, Budget::Codes, Budget::Tries] {
            let wait = self.wait_at(budget, address, None).await?;
            let until = self.world.now().plus(wait);
            let reason = match budget {
                Budget::Mails => Reason::TooManyMails { until },
                Budget::Codes => Reason::TooManyCodes { most, until },
                Budget::Tries => Reason::TooManyTries { until },
            };
            reasons.extend(Some(reason).filter(|_| !wait.is_zero()));
        }
        Ok(reasons)
    }

    /// The last sign-in that is known: of a session, or from the history.
    async fn last_sign_in(&self, account: &Account) -> Result<Option<(Timestamp, Option<Means>)>, Error> {
        let sessions = self.sessions_of(account.id).await?.into_iter();
        let of_sessions = sessions.map(|(_, session)| (session.created_at, Some(Means::from(session.means))));
        let events = self.list::<Event>(&Span::history(account.id), MOST_EVENTS).await?.into_iter();
        let signed_in = events.map(|listed| listed.value).find(|event| is_sign_in(event.name));
        let of_history = signed_in.map(|event| (event.at, event.means));
        Ok(of_sessions.chain(of_history).max_by_key(|(at, _)| *at))
    }
}

fn is_sign_in(name: EventName) -> bool {
    matches!(name, EventName::SignedIn | EventName::AccountConfirmed | EventName::PasswordReset)
}

/// A time of day, with its day if that is not today.
fn hour(at: Timestamp, now: Timestamp) -> String {
    let hour = jiff::Timestamp::from(at).strftime("%H:%M").to_string();
    if day(at) == day(now) { hour } else { format!("{hour} on {}", day(at)) }
}

fn day(at: Timestamp) -> String {
    jiff::Timestamp::from(at).strftime("%-d %B").to_string()
}
