//! What a chart says, in a sentence made from its numbers.

use super::scale::{many, number, percent};
use crate::domain::admin::{Charts, Cohort, SentWithin, sent_within};
use crate::domain::record::sums::Counter;

/// Registrations by day.
pub(super) fn registrations(charts: &Charts) -> String {
    let (registered, confirmed) = (sum(charts, Counter::Registered), sum(charts, Counter::Confirmed));
    let first = sum(charts, Counter::FirstSignIns);
    let accounts = many(first, "account was made", "accounts were made");
    format!(
        "{} in {}, and {} confirmed in that time. {accounts} by a first sign-in without registering.",
        many(registered, "registration", "registrations"),
        period(charts),
        number(confirmed),
    )
}

/// How soon they were confirmed.
pub(super) fn cohorts(cohorts: &[Cohort]) -> String {
    let of = |count: fn(&Cohort) -> u64| cohorts.iter().map(count).sum::<u64>();
    let registered = of(Cohort::registered);
    if registered == 0 {
        return "No one has registered in these weeks.".into();
    }
    let confirmed = percent(of(Cohort::confirmed), registered);
    let at_once = percent(of(|cohort| cohort.within_1m), registered);
    let within_hour = percent(of(|it| it.within_1m + it.within_5m + it.within_1h), registered);
    let mut said = format!(
        "Of {} in these weeks, {confirmed} confirmed their email address: {at_once} within a minute, {within_hour} within an \
         hour.",
        many(registered, "person who registered", "people who registered"),
    );
    if cohorts.iter().any(|cohort| cohort.unfinished) {
        said.push_str(" Some who registered in the last day may still confirm.");
    }
    said
}

/// Sessions by how people signed in.
pub(super) fn sign_ins(charts: &Charts) -> String {
    let [link, code, password] =
        [Counter::Link, Counter::Code, Counter::Password].map(|counter| sum(charts, counter));
    let all = link + code + password;
    if all == 0 {
        return format!("No one has signed in within {}.", period(charts));
    }
    format!(
        "{} in {}: {} with a link, {} with a code, {} with a password.",
        many(all, "sign-in", "sign-ins"),
        period(charts),
        percent(link, all),
        percent(code, all),
        percent(password, all),
    )
}

/// Emails.
pub(super) fn mail(charts: &Charts) -> String {
    let [sent, delayed, failed] =
        [Counter::Sent, Counter::Delayed, Counter::Failed].map(|counter| sum(charts, counter));
    let took = match sent {
        0 => String::new(),
        _ => format!(
            ", half {} and 95% {}",
            within(sent_within(&charts.rows, 50)),
            within(sent_within(&charts.rows, 95))
        ),
    };
    format!(
        "{} sent in {}{took}. {} could not be sent at once, {} could not be delivered.",
        many(sent, "email", "emails"),
        period(charts),
        number(delayed),
        number(failed),
    )
}

/// Failed sign-ins.
pub(super) fn refusals(charts: &Charts) -> String {
    let [passwords, codes, throttled] =
        [Counter::WrongPassword, Counter::WrongCode, Counter::Throttled].map(|counter| sum(charts, counter));
    format!(
        "{} and {} in {}. A limit refused {}.",
        many(passwords, "wrong password", "wrong passwords"),
        many(codes, "wrong code", "wrong codes"),
        period(charts),
        many(throttled, "request", "requests"),
    )
}

/// A time in words, for the end of a sentence.
fn within(time: SentWithin) -> String {
    match time {
        SentWithin::AtMost(_) => format!("within {}", cell(time)),
        SentWithin::None | SentWithin::Longer => "in more than 4 minutes".into(),
    }
}

/// The same for a table.
pub(super) fn cell(time: SentWithin) -> String {
    match time {
        SentWithin::None => "–".into(),
        SentWithin::AtMost(time) if time.subsec_millis() == 0 => format!("{} s", time.as_secs()),
        SentWithin::AtMost(time) => format!("{} s", time.as_secs_f64()),
        SentWithin::Longer => "over 256 s".into(),
    }
}

fn sum(charts: &Charts, counter: Counter) -> u64 {
    charts.rows.iter().map(|row| row.count(counter)).sum()
}

fn period(charts: &Charts) -> String {
    format!("{} days", charts.period.days())
}
