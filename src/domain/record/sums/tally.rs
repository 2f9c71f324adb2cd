//! Which events count for what.

use super::{Bucket, Counter, Day, MailTime, Sum, Sums};
use crate::domain::record::event::{Event, EventName, Means};
use crate::domain::record::refusals::Refusals;
use crate::domain::record::time::Timestamp;

impl Sums {
    /// Counts an event.
    pub fn count(&mut self, event: &Event) {
        self.add_all(of(event));
    }

    /// Counts refusals.
    pub fn count_refusals(&mut self, refusals: &Refusals) {
        self.add_all(of_refusals(refusals));
    }
}

/// What an event adds to which sums. It carries everything, so no account is read: one that is deleted a second later
/// counts all the same.
fn of(event: &Event) -> Vec<(Sum, u64)> {
    let day = Day::of(event.at);
    let mut adds = Vec::new();
    let mut count = |counter, more| adds.push((Sum::OfDay(day, counter), more));
    match event.name {
        EventName::Registered => count(Counter::Registered, 1),
        EventName::AccountConfirmed => count(Counter::Confirmed, 1),
        EventName::FirstSignIn => count(Counter::FirstSignIns, 1),
        EventName::AccountAdded => count(Counter::Imported, 1),
        EventName::AccountsImported { accounts, .. } => count(Counter::Imported, accounts),
        EventName::MailSent => {
            count(Counter::Sent, 1);
            count(Counter::SentWithin(MailTime::of(event.took.unwrap_or_default())), 1);
        }
        EventName::MailDelayed => count(Counter::Delayed, 1),
        EventName::MailFailed => count(Counter::Failed, 1),
        _ => {}
    }
    if let Some(means) = session_made(event) {
        count(means, 1);
    }
    adds.extend(of_cohort(event));
    adds
}

/// What someone used who got a session. A new session in place of the one they had, after a change of password or
/// address, is none of these.
fn session_made(event: &Event) -> Option<Counter> {
    let makes_one = matches!(
        event.name,
        EventName::SignedIn | EventName::AccountConfirmed | EventName::FirstSignIn | EventName::PasswordReset
    );
    match event.means.filter(|_| makes_one)? {
        Means::Link => Some(Counter::Link),
        Means::Code => Some(Counter::Code),
        Means::Password => Some(Counter::Password),
        Means::Session | Means::Command => None,
    }
}

/// What an event adds to the week in which someone registered.
fn of_cohort(event: &Event) -> Vec<(Sum, u64)> {
    match (event.name, event.took) {
        (EventName::Registered, _) => {
            let week = Day::of(event.at).week();
            vec![
                (Sum::OfWeek(week, Bucket::Registered), 1),
                (Sum::OfWeek(week, Bucket::LastRegistered), event.at.0),
            ]
        }
        (EventName::AccountConfirmed, Some(took)) => {
            let registered_at: Timestamp = event.at.minus(took);
            vec![(Sum::OfWeek(Day::of(registered_at).week(), Bucket::of(took)), 1)]
        }
        _ => Vec::new(),
    }
}

/// What refusals add. A wrong current password of someone signed in is no failed sign-in.
fn of_refusals(refusals: &Refusals) -> Option<(Sum, u64)> {
    let counter = match refusals.name {
        EventName::PasswordRefused => Counter::WrongPassword,
        EventName::WrongCode => Counter::WrongCode,
        EventName::Throttled => Counter::Throttled,
        _ => return None,
    };
    Some((Sum::OfDay(Day::of(refusals.first), counter), refusals.count))
}
