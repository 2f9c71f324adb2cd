//! Charts of an empty store, of a first day and of a year, for all periods.

use std::time::Duration;

use gatepost::domain::record::event::EventName;
use serde_json::json;

use super::drawing::assert_is_drawn_well;
use super::{COLUMNS, json_of, named, page_of, rows_of, table_of, year};
use crate::admin::admin;
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    days_that_are_none_of_the_periods_are_refused,
}

const PERIODS: [u32; 4] = [7, 30, 90, 365];

/// The page and JSON say the same, and the drawings are well made. Returns how many rows there are.
async fn same(app: &App, days: u32) -> usize {
    let (json, page) = (json_of(app, days).await, page_of(app, days).await);
    assert_is_drawn_well(&page);
    assert_eq!(json["days"], json!(days));
    let mut most = 0;
    for (chart, title, columns) in COLUMNS {
        let (rows, table) = (rows_of(&json, chart, columns), table_of(&page, title));
        assert_eq!(rows.len(), table.len(), "{chart} of {days} days");
        for ((day, numbers), (name, shown)) in rows.iter().zip(&table) {
            assert!(name.starts_with(&named(day)), "{chart}: {day} {name}");
            assert_eq!(numbers, shown, "{chart} {day}");
        }
        if chart != "cohorts" {
            most = rows.len().max(most);
        }
    }
    most
}

#[tokio::test]
async fn an_empty_store_has_charts_without_rows() {
    let app = App::start().await;
    for days in PERIODS {
        assert_eq!(same(&app, days).await, 0);
    }
    assert!(page_of(&app, 30).await.contains("No one has registered in these weeks."));
}

#[tokio::test]
async fn a_first_day_has_one_row_and_no_bars_before_it() {
    let app = App::start().await;
    app.put_happened(&year(app.now().plus(Duration::from_hours(15)), 1)).await;
    app.clock.advance(Duration::from_hours(9));
    app.count_all().await;
    for days in PERIODS {
        assert_eq!(same(&app, days).await, 1);
    }
}

#[tokio::test]
async fn a_year_has_a_row_a_day_or_a_week() {
    let app = App::start().await;
    let now = app.now();
    app.put_happened(&year(now, 400)).await;
    app.put_refused(EventName::WrongCode, now.minus(Duration::from_hours(30)), 1_234).await;
    app.count_all().await;
    for (days, rows) in PERIODS.into_iter().zip([7, 30, 90, 53]) {
        assert_eq!(same(&app, days).await, rows);
    }
    assert!(page_of(&app, 7).await.contains("1,234 wrong codes"));
}

async fn days_that_are_none_of_the_periods_are_refused(door: Door) {
    let app = App::start().await;
    let mut caller = admin(&app, door).await;
    for days in ["8", "0", "-7", "30.0", "week", "1000000000000000000000"] {
        let refused = caller.open(&format!("/admin?days={days}")).await;
        assert_eq!(refused, Answer::refused_field(422, "invalid_field", "days"), "{days}");
    }
    assert_eq!(caller.open("/admin?days=7&days=30").await.code(), "invalid_field");
    // An empty value counts as none, and other names are ignored.
    for query in ["", "?days=", "?days=30", "?what=7"] {
        assert_eq!(caller.opened(&format!("/admin{query}")).await.status, 200, "{query}");
    }
    // Whoever is no administrator does not learn what is wrong with a query.
    let mut stranger = app.caller(door);
    assert_eq!(stranger.open("/admin?days=8").await, Answer::refused(401, "sign_in_required"));
}
