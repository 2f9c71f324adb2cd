//! The charts of the overview, drawn here as SVG. They need no script, and their table has the same numbers.
//!
//! - `scale`: where things are in a drawing, and how numbers are written
//! - `bars`: bars by day or week; `stacked`: shares of a week
//! - `table`: the same numbers as a table; `caption`: as a sentence

mod bars;
mod caption;
mod scale;
mod stacked;
mod table;

use maud::{Markup, html};

use super::super::layout::{day, moment};
use crate::domain::admin::{Charts, Period, Row};
use crate::domain::record::sums::{Counter, Day};
use crate::domain::record::time::Timestamp;
use crate::path::ADMIN;
use bars::{Band, Bars, Column};
use scale::{many, number};
use table::Table;

/// The place of the charts on the page.
const PLACE: &str = "charts";

/// What is counted in a chart of bars: its words, and the counter.
type Counted = (&'static str, Counter);

const REGISTRATIONS: [Counted; 3] = [
    ("Registered", Counter::Registered),
    ("Confirmed", Counter::Confirmed),
    ("First sign-ins", Counter::FirstSignIns),
];
const SIGN_INS: [Counted; 3] =
    [("With a link", Counter::Link), ("With a code", Counter::Code), ("With a password", Counter::Password)];
const MAIL: [Counted; 3] =
    [("Sent", Counter::Sent), ("Delayed", Counter::Delayed), ("Not delivered", Counter::Failed)];
const REFUSALS: [Counted; 3] = [
    ("Wrong passwords", Counter::WrongPassword),
    ("Wrong codes", Counter::WrongCode),
    ("Too many tries", Counter::Throttled),
];

/// All charts, with links to other periods.
pub(super) fn charts(charts: &Charts) -> Markup {
    html! {
        section.charts #(PLACE) {
            h2 { "Charts" }
            (periods(charts.period))
            (so_far(charts))
            (cohorts(charts))
            (bars(charts, "registrations", "Registrations", &REGISTRATIONS, &caption::registrations(charts)))
            (bars(charts, "sign-ins", "Sign-ins", &SIGN_INS, &caption::sign_ins(charts)))
            (bars(charts, "mail", "Emails", &MAIL, &caption::mail(charts)))
            (bars(charts, "refusals", "Failed sign-ins and too many tries", &REFUSALS, &caption::refusals(charts)))
        }
    }
}

fn periods(current: Period) -> Markup {
    html! {
        nav.tabs aria-label="Time shown in the charts" {
            @for period in Period::ALL {
                a href=(format!("{ADMIN}?days={}#{PLACE}", period.days())) aria-current=[(period == current).then_some("true")] {
                    (period.days()) " days"
                }
            }
        }
    }
}

/// How far things are counted, and what is left out.
fn so_far(charts: &Charts) -> Markup {
    html! {
        p.hint {
            @if charts.counted_until == Timestamp::default() {
                "Nothing has been counted yet. "
            } @else {
                "Counted up to " (moment(charts.counted_until))
                @if charts.refusals_until > Timestamp::default() {
                    "; failed sign-ins up to " (moment(charts.refusals_until))
                }
                ". "
            }
            "Days are in UTC, and weeks begin on Monday."
            @if charts.imported > 0 {
                " Without " (many(charts.imported, "account that was", "accounts that were")) " added or imported."
            }
        }
    }
}

fn cohorts(charts: &Charts) -> Markup {
    const TITLE: &str = "How soon registrations are confirmed";
    let said = caption::cohorts(&charts.cohorts);
    let rows = charts.cohorts.iter().map(|cohort| {
        let monday = cohort.week.first_day().begins();
        let name = format!("{}{}", named(monday), if cohort.unfinished { " (so far)" } else { "" });
        (name, stacked::counts(cohort).map(number).to_vec())
    });
    let head = ["Week of"].into_iter().chain(stacked::SHARES).collect();
    let table = Table { summary: format!("{TITLE}, as a table"), head, rows: rows.collect() };
    let described = "A bar for each week, divided by how soon those who registered then confirmed.";
    html! {
        div.chart.whole {
            h3 { (TITLE) }
            figure {
                (stacked::draw(&charts.cohorts, TITLE, described))
                (table.draw())
                figcaption { (said) }
            }
        }
    }
}

fn bars(charts: &Charts, id: &'static str, title: &'static str, counted: &[Counted], said: &str) -> Markup {
    let until = if id == "refusals" { charts.refusals_until } else { charts.counted_until };
    let drawn = Bars { id, title, bands: bands(charts, counted), columns: columns(charts, until) };
    let by = if charts.period.is_by_week() { "week" } else { "day" };
    let described = format!("A bar for each {by}, in a band for each of: {}.", list(counted));
    html! {
        div.chart {
            h3 { (title) }
            figure {
                (drawn.draw(&described))
                (numbers(charts, id, title, counted, until).draw())
                figcaption { (said) }
            }
        }
    }
}

fn list(counted: &[Counted]) -> String {
    counted.iter().map(|(words, _)| words.to_lowercase()).collect::<Vec<_>>().join(", ")
}

/// The numbers of a chart, and of emails how long they took.
fn numbers(charts: &Charts, id: &str, title: &str, counted: &[Counted], until: Timestamp) -> Table {
    let is_mail = id == "mail";
    let first = if charts.period.is_by_week() { "Week of" } else { "Day" };
    let mut head: Vec<&'static str> =
        [first].into_iter().chain(counted.iter().map(|(words, _)| *words)).collect();
    if is_mail {
        head.extend(["Half within", "95% within"]);
    }
    let rows = charts.rows.iter().map(|row| {
        let mut numbers: Vec<String> =
            counted.iter().map(|(_, counter)| number(row.count(*counter))).collect();
        if is_mail {
            numbers.extend([50, 95].map(|percent| caption::cell(row.sent_within(percent))));
        }
        let so_far = if row.is_unfinished(until) { " (so far)" } else { "" };
        (format!("{}{so_far}", named(row.first.begins())), numbers)
    });
    Table { summary: format!("{title}, as a table"), head, rows: rows.collect() }
}

/// A band for each of what is counted, with nothing for the time before the first event.
fn bands(charts: &Charts, counted: &[Counted]) -> Vec<Band> {
    let band = |(name, counter): &Counted| {
        let value =
            |first: Day| charts.rows.iter().find(|row| row.first == first).map(|row| row.count(*counter));
        Band { name, values: firsts(charts).into_iter().map(value).collect() }
    };
    counted.iter().map(band).collect()
}

fn columns(charts: &Charts, until: Timestamp) -> Vec<Column> {
    let firsts = firsts(charts);
    let column = |first: &Day| {
        let row = charts.rows.iter().find(|row| row.first == *first);
        let is_unfinished = row.is_some_and(|row: &Row| row.is_unfinished(until));
        Column { date: date(charts.period, *first), is_unfinished }
    };
    firsts.iter().map(column).collect()
}

/// The first days of all columns.
fn firsts(charts: &Charts) -> Vec<Day> {
    let step = if charts.period.is_by_week() { 7 } else { 1 };
    let last = charts.last.0;
    (charts.from.0..=last).step_by(step).map(Day).collect()
}

/// What is written below a column: so much that nothing overlaps on the narrowest screen.
fn date(period: Period, first: Day) -> Option<String> {
    let at = first.begins();
    let is_monday = first.week().first_day() == first;
    let is_first_of_month = day(at, "%-d") == "1";
    match period {
        Period::Week => Some(day(at, "%a")),
        Period::Month => is_monday.then(|| day(at, "%-d %b")),
        Period::Quarter => is_first_of_month.then(|| day(at, "%-d %b")),
        Period::Year => {
            // The week in which a quarter begins.
            let begins = (0..7).map(|later| first.plus(later).begins());
            let is_quarter =
                |at: &Timestamp| day(*at, "%-d") == "1" && ["1", "4", "7", "10"].contains(&&*day(*at, "%-m"));
            begins.into_iter().find(is_quarter).map(|at| day(at, "%b"))
        }
    }
}

fn named(at: Timestamp) -> String {
    day(at, "%-d %B %Y")
}
