//! The figures of the charts, for administrators.

use poem_openapi::Object;
use serde::Serialize;

use crate::domain::admin::{Charts, Cohort, Row, SentWithin};
use crate::domain::record::sums::Counter;

/// The figures of the charts.
#[derive(Debug, Object, Serialize)]
pub(super) struct OverviewCharts {
    /// Registrations, and what became of them.
    registrations: Vec<RegistrationsRow>,
    /// How soon those who registered in a week confirmed. The five counts add up to all of them.
    cohorts: Vec<CohortsRow>,
    /// Sessions, by how people signed in.
    sign_ins: Vec<SignInsRow>,
    /// Emails.
    mail: Vec<MailRow>,
    /// Failed sign-ins.
    refusals: Vec<RefusalsRow>,
}

/// Registrations of a day or week.
#[derive(Debug, Object, Serialize)]
struct RegistrationsRow {
    /// The day, such as `2026-01-31`.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<String>,
    /// In place of the day: the ISO week, such as `2026-W05`.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    week: Option<String>,
    /// Email addresses that were registered, once each while they wait to be confirmed.
    registered: u64,
    /// Registrations that were confirmed.
    confirmed: u64,
    /// Accounts that were made by a first sign-in, without registering.
    first_sign_ins: u64,
}

/// Those who registered in a week.
#[derive(Debug, Object, Serialize)]
struct CohortsRow {
    /// The ISO week, such as `2026-W05`.
    week: String,
    /// Confirmed within one minute.
    within_1m: u64,
    /// Of the others, within five minutes.
    within_5m: u64,
    /// Of the others, within an hour.
    within_1h: u64,
    /// Of the others, within a day.
    within_24h: u64,
    /// Not confirmed.
    never: u64,
    /// Whether the last registration is younger than a day, so that `never` still means "not yet".
    unfinished: bool,
}

/// Sessions that were made on a day or in a week.
#[derive(Debug, Object, Serialize)]
struct SignInsRow {
    /// The day.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<String>,
    /// In place of the day: the ISO week.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    week: Option<String>,
    /// With a link.
    link: u64,
    /// With a code.
    code: u64,
    /// With a password.
    password: u64,
}

/// Emails of a day or week.
#[derive(Debug, Object, Serialize)]
struct MailRow {
    /// The day.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<String>,
    /// In place of the day: the ISO week.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    week: Option<String>,
    /// Sent.
    sent: u64,
    /// Not sent at the first attempt.
    delayed: u64,
    /// Not delivered.
    failed: u64,
    /// Half of those that were sent took at most so long, in milliseconds: 250, 500, 1000 and so on up to 256000. `null` if it
    /// was longer, or if none was sent.
    #[oai(nullable)]
    half_within_ms: Option<u64>,
    /// The same for 95 of 100.
    #[oai(nullable)]
    p95_within_ms: Option<u64>,
}

/// Failed sign-ins of a day or week.
#[derive(Debug, Object, Serialize)]
struct RefusalsRow {
    /// The day.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<String>,
    /// In place of the day: the ISO week.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    week: Option<String>,
    /// Wrong passwords.
    wrong_password: u64,
    /// Wrong codes.
    wrong_code: u64,
    /// Requests that a limit refused.
    throttled: u64,
}

impl From<&Charts> for OverviewCharts {
    fn from(charts: &Charts) -> Self {
        let name = |row: &Row| {
            let week = charts.period.is_by_week().then(|| row.first.week().to_string());
            let day = week.is_none().then(|| row.first.to_string());
            (day, week)
        };
        let named = || charts.rows.iter().map(|row| (name(row), row));
        Self {
            registrations: named().map(|((day, week), row)| registrations(day, week, row)).collect(),
            cohorts: charts.cohorts.iter().map(CohortsRow::from).collect(),
            sign_ins: named().map(|((day, week), row)| sign_ins(day, week, row)).collect(),
            mail: named().map(|((day, week), row)| mail(day, week, row)).collect(),
            refusals: named().map(|((day, week), row)| refusals(day, week, row)).collect(),
        }
    }
}

impl From<&Cohort> for CohortsRow {
    fn from(cohort: &Cohort) -> Self {
        let Cohort { week, within_1m, within_5m, within_1h, within_24h, never, unfinished } = *cohort;
        Self { week: week.to_string(), within_1m, within_5m, within_1h, within_24h, never, unfinished }
    }
}

fn registrations(day: Option<String>, week: Option<String>, row: &Row) -> RegistrationsRow {
    RegistrationsRow {
        day,
        week,
        registered: row.count(Counter::Registered),
        confirmed: row.count(Counter::Confirmed),
        first_sign_ins: row.count(Counter::FirstSignIns),
    }
}

fn sign_ins(day: Option<String>, week: Option<String>, row: &Row) -> SignInsRow {
    SignInsRow {
        day,
        week,
        link: row.count(Counter::Link),
        code: row.count(Counter::Code),
        password: row.count(Counter::Password),
    }
}

fn mail(day: Option<String>, week: Option<String>, row: &Row) -> MailRow {
    let in_ms = |within| match within {
        SentWithin::AtMost(time) => Some(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
        SentWithin::None | SentWithin::Longer => None,
    };
    MailRow {
        day,
        week,
        sent: row.count(Counter::Sent),
        delayed: row.count(Counter::Delayed),
        failed: row.count(Counter::Failed),
        half_within_ms: in_ms(row.sent_within(50)),
        p95_within_ms: in_ms(row.sent_within(95)),
    }
}

fn refusals(day: Option<String>, week: Option<String>, row: &Row) -> RefusalsRow {
    RefusalsRow {
        day,
        week,
        wrong_password: row.count(Counter::WrongPassword),
        wrong_code: row.count(Counter::WrongCode),
        throttled: row.count(Counter::Throttled),
    }
}
