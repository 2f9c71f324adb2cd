//! The charts of the overview, on the page and in JSON.

mod drawing;
mod month;
mod periods;

use std::collections::BTreeMap;

use gatepost::domain::ports::{Change, Clock};
use gatepost::domain::record::Record;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::event::{EndedEmail, Event, EventName, Means};
use gatepost::domain::record::ids::RunId;
use gatepost::domain::record::key::Key;
use gatepost::domain::record::letter::LetterKind;
use gatepost::domain::record::refusals::Refusals;
use gatepost::domain::record::time::Timestamp;
use serde_json::{Value, json};

use crate::admin::admin;
use crate::harness::app::App;
use crate::harness::caller::{Caller, Door};

/// What is on a page or in JSON of one chart: the name of each row, and its numbers.
pub(crate) type Rows = Vec<(String, Vec<String>)>;

/// The charts and the names of their columns in JSON.
pub(crate) const COLUMNS: [(&str, &str, &[&str]); 5] = [
    ("registrations", "Registrations", &["registered", "confirmed", "first_sign_ins"]),
    (
        "cohorts",
        "How soon registrations are confirmed",
        &["within_1m", "within_5m", "within_1h", "within_24h", "never"],
    ),
    ("sign_ins", "Sign-ins", &["link", "code", "password"]),
    ("mail", "Emails", &["sent", "delayed", "failed", "half_within_ms", "p95_within_ms"]),
    ("refusals", "Failed sign-ins and too many tries", &["wrong_password", "wrong_code", "throttled"]),
];

/// Something that happened, as the product keeps it.
pub(crate) struct Happened {
    pub(crate) at: Timestamp,
    pub(crate) name: EventName,
    pub(crate) means: Option<Means>,
    pub(crate) took_ms: Option<u64>,
}

impl App {
    /// Puts what happened into the store, before anything else is counted.
    pub(crate) async fn put_happened(&self, all: &[Happened]) {
        for (index, page) in all.chunks(90).enumerate() {
            let mut change = Change::new();
            for (number, one) in page.iter().enumerate() {
                let event = Event::new(one.at, one.name, None, &Client::server());
                let email = one.name == EventName::MailSent;
                let event = Event {
                    means: one.means,
                    took: one.took_ms.map(std::time::Duration::from_millis),
                    email: email.then_some(EndedEmail { kind: LetterKind::SignIn, domain: None }),
                    ..event
                };
                let tail = (index as u64 * 90 + number as u64).to_be_bytes();
                change.put(Key::event(one.at, tail), Record::Event(event));
            }
            self.put_change(change).await;
        }
    }

    /// The same of refusals: so many of a kind within one hour.
    pub(crate) async fn put_refused(&self, name: EventName, first: Timestamp, count: u64) {
        let refusals = Refusals { name, account: None, first, last: first, count, last_client: None };
        let key = Key::refusals(&refusals, RunId([7; 8]));
        let mut change = Change::new();
        change.put(Key::counted(first, &key), Record::Expiry);
        change.put(key, Record::Refusals(refusals));
        self.put_change(change).await;
    }

    /// What time it is.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// A year that is made by hand and ends now: on each day a few of everything.
pub(crate) fn year(now: Timestamp, days: u64) -> Vec<Happened> {
    let mut all = Vec::new();
    for day in 0..days {
        let morning = Timestamp(now.0 - (day + 1) * 86_400_000 + 36_000_000);
        // More on some days than on others, less long ago, and fewer at weekends.
        let weekday = (morning.0 / 86_400_000 + 3) % 7;
        let busy = 3 + (day * 7 + day * day) % 5 + (days - day) * 6 / days - if weekday > 4 { 2 } else { 0 };
        for number in 0..busy {
            person(&mut all, morning.plus(std::time::Duration::from_secs(number * 400)), day * 31 + number);
        }
    }
    all
}

/// Someone who registers or signs in, with what their emails took.
fn person(all: &mut Vec<Happened>, at: Timestamp, number: u64) {
    let later = |ms: u64| Timestamp(at.0 + ms);
    let mut put = |at, name, means, took_ms| all.push(Happened { at, name, means, took_ms });
    let means = [Means::Link, Means::Link, Means::Code, Means::Password, Means::Link]
        [usize::try_from(number % 5).unwrap()];
    let mail = [180, 900, 1_500, 700, 3_100, 450, 12_000, 2_000][usize::try_from(number % 8).unwrap()];
    put(later(mail), EventName::MailSent, None, Some(mail));
    if number.is_multiple_of(11) {
        put(later(50), EventName::MailDelayed, None, Some(50));
    }
    if number.is_multiple_of(67) {
        put(later(90), EventName::MailFailed, None, Some(90));
    }
    if number.is_multiple_of(3) {
        put(later(200), EventName::SignedIn, Some(means), None);
        return;
    }
    if number.is_multiple_of(13) {
        put(later(300), EventName::FirstSignIn, Some(Means::Link), Some(20_000));
        return;
    }
    put(at, EventName::Registered, None, None);
    let took = match number % 10 {
        0..6 => Some(20_000 + number % 30 * 1_000),
        6 => Some(150_000),
        7 => Some(1_500_000),
        8 if number.is_multiple_of(4) => Some(20_000_000),
        _ => None,
    };
    if let Some(took) = took {
        put(later(took), EventName::AccountConfirmed, Some(means), Some(took));
    }
}

/// The overview of these days as JSON, as an administrator who just signed in gets it.
pub(crate) async fn json_of(app: &App, days: u32) -> Value {
    let mut admin = admin_again(app, Door::Json).await;
    let shown = admin.opened(&format!("/admin?days={days}")).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    shown.json()
}

/// The same as a page.
pub(crate) async fn page_of(app: &App, days: u32) -> String {
    let mut admin = admin_again(app, Door::Pages).await;
    let shown = admin.opened(&format!("/admin?days={days}")).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    shown.body
}

/// The administrator, who was added at the first time.
async fn admin_again(app: &App, door: Door) -> Caller {
    if app.admins().await.is_some_and(|admins| admins.count() > 0) {
        return crate::admin::again(app, door).await;
    }
    admin(app, door).await
}

/// The rows of a chart in JSON, with numbers as a page writes them.
pub(crate) fn rows_of(json: &Value, chart: &str, columns: &[&str]) -> Rows {
    let rows = json["charts"][chart].as_array().unwrap().iter();
    let name = |row: &Value| row["day"].as_str().or(row["week"].as_str()).unwrap().to_owned();
    let numbers = |row: &Value| columns.iter().map(|column| written(column, &row[*column])).collect();
    rows.map(|row| (name(row), numbers(row))).collect()
}

fn written(column: &str, value: &Value) -> String {
    match value.as_u64() {
        Some(ms) if column.ends_with("_ms") && ms % 1_000 == 0 => format!("{} s", ms / 1_000),
        Some(ms) if column.ends_with("_ms") => {
            json!(ms).to_string().replace("250", "0.25 s").replace("500", "0.5 s")
        }
        Some(number) => number.to_string(),
        None => "–".into(),
    }
}

/// The rows of the table of a chart on a page, with the names of JSON.
pub(crate) fn table_of(page: &str, title: &str) -> Rows {
    let (_, rest) = page.split_once(&format!("<summary>{title}, as a table</summary>")).unwrap();
    let (table, _) = rest.split_once("</details>").unwrap();
    let Some((_, body)) = table.split_once("<tbody>") else { return Vec::new() };
    let cell = |text: &str| text.split_once('>').unwrap().1.split_once('<').unwrap().0.to_owned();
    let rows = body.split("<tr>").skip(1).map(|row| {
        let name = cell(row.split_once("<th").unwrap().1);
        let numbers = row.split("<td").skip(1).map(|it| cell(it).replace(',', "")).collect();
        (name, numbers)
    });
    rows.collect()
}

/// A day as a page names it, from the name of a day or week in JSON.
pub(crate) fn named(day: &str) -> String {
    let date: jiff::civil::Date = match day.split_once("-W") {
        Some((year, week)) => {
            let week = jiff::civil::ISOWeekDate::new(
                year.parse().unwrap(),
                week.parse().unwrap(),
                jiff::civil::Weekday::Monday,
            );
            week.unwrap().date()
        }
        None => day.parse().unwrap(),
    };
    date.strftime("%-d %B %Y").to_string()
}

/// The numbers of a chart in JSON by their column, added up.
pub(crate) fn totals(json: &Value, chart: &str) -> BTreeMap<String, u64> {
    let mut totals = BTreeMap::new();
    for row in json["charts"][chart].as_array().unwrap() {
        for (name, value) in row.as_object().unwrap() {
            if let Some(value) = value.as_u64() {
                *totals.entry(name.clone()).or_default() += value;
            }
        }
    }
    totals
}
