//! A month that was made by hand gives exactly the charts and cohorts that it should.

use std::time::Duration;

use gatepost::domain::record::event::{EventName, Means};
use gatepost::domain::record::time::Timestamp;
use serde_json::json;

use super::{COLUMNS, Happened, json_of, named, page_of, rows_of, table_of, totals};
use crate::harness::app::App;

const DAY: u64 = 86_400_000;
/// How long confirming took, or that it never happened, in seconds.
const TOOK: [Option<u64>; 9] =
    [Some(30), Some(60), Some(61), Some(300), Some(301), Some(3_600), Some(3_601), Some(80_000), None];

/// 3 December 2025, ten in the morning.
const FIRST: u64 = 1_764_756_000_000;

/// Who registers on a day, and how long it takes each of them.
fn registrations(day: u64) -> Vec<Option<u64>> {
    (0..=day % 5).map(|number| TOOK[usize::try_from((day + number) % 9).unwrap()]).collect()
}

fn happened() -> Vec<Happened> {
    let mut all = Vec::new();
    for day in 0..29 {
        let at = Timestamp(FIRST + day * DAY);
        let mut put = |at, name, means, took_ms| all.push(Happened { at, name, means, took_ms });
        for took in registrations(day) {
            put(at, EventName::Registered, None, None);
            if let Some(took) = took {
                let confirmed_at = at.plus(Duration::from_secs(took));
                put(confirmed_at, EventName::AccountConfirmed, Some(Means::Link), Some(took * 1_000));
            }
        }
        if day % 7 == 0 {
            put(at, EventName::FirstSignIn, Some(Means::Code), Some(1_000));
            put(at, EventName::PasswordReset, Some(Means::Code), None);
        }
        put(at, EventName::SignedIn, Some(Means::Password), None);
        // Half of them within a quarter of a second, and the slowest one beyond all bounds.
        for took in [100, 250, 251, 300_000] {
            put(at, EventName::MailSent, None, Some(took));
        }
    }
    let last = Timestamp(FIRST + 28 * DAY);
    for (name, count) in
        [(EventName::MailDelayed, 3), (EventName::MailFailed, 2), (EventName::AccountAdded, 2)]
    {
        for _ in 0..count {
            all.push(Happened { at: last, name, means: None, took_ms: None });
        }
    }
    let import = EventName::AccountsImported { accounts: 500, admins: 0 };
    all.push(Happened { at: last, name: import, means: None, took_ms: None });
    all
}

/// A store with that month, at midnight of New Year's Day.
async fn app() -> App {
    let app = App::start().await;
    app.put_happened(&happened()).await;
    let evening = Timestamp(FIRST + 27 * DAY + 8 * 3_600_000);
    app.put_refused(EventName::PasswordRefused, evening, 12).await;
    app.put_refused(EventName::WrongCode, evening, 5).await;
    app.put_refused(EventName::Throttled, evening, 2).await;
    // Someone signed in entered a wrong current password: no failed sign-in.
    app.put_refused(EventName::PasswordChangeRefused, evening, 9).await;
    app.count_all().await;
    app
}

#[tokio::test]
async fn a_month_made_by_hand_gives_its_charts() {
    let app = app().await;
    let json = json_of(&app, 30).await;
    assert_eq!((&json["days"], &json["imported"]), (&json!(30), &json!(502)));
    // The month began on the first day shown; the last one is New Year's Day itself.
    let expected: Vec<_> = (0..30u64)
        .map(|day| {
            let registered = if day < 29 { registrations(day) } else { Vec::new() };
            // A confirmation after midnight is on the next day.
            let confirmed = |of: u64| registrations(of).into_iter().flatten();
            let on_time = if day < 29 { confirmed(day).filter(|took| *took < 50_400).count() } else { 0 };
            let later = if day > 0 { confirmed(day - 1).filter(|took| *took >= 50_400).count() } else { 0 };
            // Those of the last day are not a minute old yet.
            let later = if day == 29 { 0 } else { later };
            (registered.len(), on_time + later)
        })
        .collect();
    let rows = json["charts"]["registrations"].as_array().unwrap();
    let found: Vec<_> = rows
        .iter()
        .map(|row| {
            [&row["registered"], &row["confirmed"]].map(|it| usize::try_from(it.as_u64().unwrap()).unwrap())
        })
        .map(|[registered, confirmed]| (registered, confirmed))
        .collect();
    assert_eq!(found, expected);
    assert_eq!((&rows[0]["day"], &rows[29]["day"]), (&json!("2025-12-03"), &json!("2026-01-01")));
    assert_eq!(totals(&json, "registrations")["first_sign_ins"], 5);
    let confirmed: u64 = expected.iter().map(|(_, confirmed)| *confirmed as u64).sum();
    let sign_ins = totals(&json, "sign_ins");
    assert_eq!((sign_ins["link"], sign_ins["code"], sign_ins["password"]), (confirmed, 10, 29));
    let mail = &json["charts"]["mail"][28];
    assert_eq!(
        *mail,
        json!({ "day": "2025-12-31", "sent": 4, "delayed": 3, "failed": 2, "half_within_ms": 250, "p95_within_ms": null })
    );
    let refused = &json["charts"]["refusals"][27];
    assert_eq!(
        *refused,
        json!({ "day": "2025-12-30", "wrong_password": 12, "wrong_code": 5, "throttled": 2 })
    );
    assert_eq!(app.misfits().await, Vec::<String>::new());
}

#[tokio::test]
async fn its_cohorts_add_up_and_the_last_week_is_unfinished() {
    let app = app().await;
    let json = json_of(&app, 30).await;
    let weeks = ["2025-W49", "2025-W50", "2025-W51", "2025-W52", "2026-W01"];
    let rows = json["charts"]["cohorts"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| row["week"].as_str().unwrap()).collect::<Vec<_>>(), weeks);
    // 3 December was a Wednesday.
    for (index, row) in rows.iter().enumerate() {
        let days = (0..29u64).filter(|day| (day + 2) / 7 == index as u64);
        // On the last day, who took so long has not confirmed yet.
        let so_far = |day: u64| {
            let all = registrations(day).into_iter();
            all.map(move |took| took.filter(|took| day < 28 || *took < 50_400)).collect::<Vec<_>>()
        };
        let took: Vec<Option<u64>> = days.flat_map(so_far).collect();
        let within =
            |from: u64, to: u64| took.iter().flatten().filter(|it| (from..=to).contains(*it)).count();
        let (m1, m5, h1, h24) = (within(0, 60), within(61, 300), within(301, 3_600), within(3_601, 86_400));
        assert_eq!(
            *row,
            json!({
                "week": weeks[index],
                "within_1m": m1,
                "within_5m": m5,
                "within_1h": h1,
                "within_24h": h24,
                "never": took.len() - m1 - m5 - h1 - h24,
                "unfinished": index == 4,
            })
        );
    }
    // "Not yet" becomes "never" a day after the last one registered.
    app.clock.advance(Duration::from_hours(11));
    app.count_all().await;
    assert_eq!(json_of(&app, 30).await["charts"]["cohorts"][4]["unfinished"], json!(false));
}

#[tokio::test]
async fn the_page_says_the_same_in_words_and_tables() {
    let app = app().await;
    let (json, page) = (json_of(&app, 30).await, page_of(&app, 30).await);
    for (chart, title, columns) in COLUMNS {
        let (rows, table) = (rows_of(&json, chart, columns), table_of(&page, title));
        assert_eq!(rows.len(), table.len(), "{chart}");
        for ((day, numbers), (name, shown)) in rows.iter().zip(&table) {
            assert!(name.starts_with(&named(day)), "{chart}: {day} {name}");
            let longer =
                |(it, shown): (&String, &String)| it == shown || (it == "–" && shown == "over 256 s");
            assert!(numbers.iter().zip(shown).all(longer), "{chart} {day}: {numbers:?} {shown:?}");
        }
    }
    let registered = totals(&json, "registrations")["registered"];
    for said in [
        "Without 502 accounts that were added or imported.",
        &format!("{registered} registrations in 30 days, and "),
        &format!("Of {registered} people who registered in these weeks, "),
        "Some who registered in the last day may still confirm.",
        "1 January 2026 (so far)",
        "29 December 2025 (so far)",
        "half within 0.25 s and 95% in more than 4 minutes",
        "12 wrong passwords and 5 wrong codes in 30 days. A limit refused 2 requests.",
        "Days are in UTC, and weeks begin on Monday.",
    ] {
        assert!(page.contains(said), "{said}");
    }
}
