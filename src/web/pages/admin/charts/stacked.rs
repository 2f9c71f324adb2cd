//! How soon those who registered confirmed: a bar for each week, with the shares of all who registered then. The shares are
//! in order of time, from solid to empty: shade, pattern and place say the same, and the larger ones say it in numbers.

use maud::{Markup, html};

use super::super::super::layout::day;
use super::scale::{Share, many, percent};
use crate::domain::admin::Cohort;
use crate::domain::record::time::Timestamp;

/// The name of this chart in ids.
const ID: &str = "cohorts";
/// The shares of a bar in words, for the table.
pub(super) const SHARES: [&str; 5] =
    ["Within 1 minute", "Within 5 minutes", "Within 1 hour", "Within 24 hours", "Never, or not yet"];
/// What they are drawn with: the words of the legend, which fit beside each other on the narrowest screen, a class and a
/// pattern.
const DRAWN: [(&str, &str, Option<&str>); 5] = [
    ("in 1 minute", "solid", None),
    ("in 5 minutes", "part", Some("dense")),
    ("in 1 hour", "part", Some("stripes")),
    ("in 24 hours", "part", Some("dots")),
    ("not confirmed", "none", None),
];
/// How tall a line of the legend is.
const LEGEND_LINE: u64 = 22;
/// The space below the legend.
const GAP: u64 = 10;
/// The height of the line that says what an asterisk means.
const REMARK: u64 = 20;
/// With more weeks than that, each has one line instead of two.
const MOST_WITH_WORDS: usize = 14;

/// How the bars of this many weeks are laid out.
struct Layout {
    /// The height of a week.
    row: u64,
    /// Where its bar begins below that.
    bar_top: u64,
    bar: u64,
    /// How much of the width the words beside a bar take, in percent.
    beside: u64,
}

impl Layout {
    fn of(weeks: usize) -> Self {
        if weeks <= MOST_WITH_WORDS {
            Self { row: 52, bar_top: 18, bar: 24, beside: 0 }
        } else {
            Self { row: 18, bar_top: 2, bar: 13, beside: 22 }
        }
    }
}

/// The counts of a week in the order of the shares.
pub(super) fn counts(cohort: &Cohort) -> [u64; 5] {
    let Cohort { within_1m, within_5m, within_1h, within_24h, never, .. } = *cohort;
    [within_1m, within_5m, within_1h, within_24h, never]
}

/// The drawing.
pub(super) fn draw(cohorts: &[Cohort], title: &str, described: &str) -> Markup {
    let layout = Layout::of(cohorts.len());
    let legend = LEGEND_LINE * 3 + GAP;
    let weeks = legend + layout.row * cohorts.len() as u64;
    let has_remark = layout.beside > 0 && cohorts.iter().any(|cohort| cohort.unfinished);
    let whole = weeks + if has_remark { REMARK } else { 0 };
    html! {
        svg role="img" width="100%" height=(whole) aria-labelledby=(format!("t-{ID} d-{ID}")) {
            title id=(format!("t-{ID}")) { (title) }
            desc id=(format!("d-{ID}")) { (described) }
            (patterns())
            (draw_legend())
            @for (index, cohort) in cohorts.iter().enumerate() {
                (draw_week(cohort, legend + layout.row * index as u64, &layout))
            }
            @if has_remark {
                text.note x="0" y=(weeks + 14) { "* so far" }
            }
        }
    }
}

fn draw_legend() -> Markup {
    html! {
        @for (index, (words, class, pattern)) in DRAWN.into_iter().enumerate() {
            // Two columns, read downwards.
            @let (column, line) = (index as u64 / 3, index as u64 % 3);
            @let x = Share::of(column, 2);
            svg x=(x) y=(LEGEND_LINE * line) width="50%" height=(LEGEND_LINE) {
                rect class=(class) x="1" y="3" width="20" height="14" fill=[fill(pattern)] {}
                text.note x="28" y="14" { (words) }
            }
        }
    }
}

fn draw_week(cohort: &Cohort, top: u64, layout: &Layout) -> Markup {
    let (all, is_roomy) = (cohort.registered(), layout.beside == 0);
    let monday = date(cohort.week.first_day().begins());
    let who = many(all, "registered", "registered");
    let (y, middle) = (top + layout.bar_top, top + layout.bar_top + layout.bar / 2 + 4);
    html! {
        @if is_roomy {
            text.name x="0" y=(top + 12) { "Week of " (monday) }
            text.note x="100%" y=(top + 12) text-anchor="end" {
                (who) @if cohort.unfinished { " so far" }
            }
        } @else {
            text.note x="0" y=(middle) { (monday) @if cohort.unfinished { " *" } }
        }
        @if all == 0 {
            line.ground x1=(Share::of(layout.beside, 100)) x2="100%" y1=(y + layout.bar) y2=(y + layout.bar) {}
        } @else {
            svg x=(Share::of(layout.beside, 100)) y=(y) width=(Share::of(100 - layout.beside, 100)) height=(layout.bar) {
                (draw_shares(counts(cohort), all, layout))
            }
        }
    }
}

fn draw_shares(counts: [u64; 5], all: u64, layout: &Layout) -> Markup {
    let mut ends = [0; 5];
    let mut sum = 0;
    for (end, count) in ends.iter_mut().zip(counts) {
        sum += count;
        *end = sum;
    }
    html! {
        @for ((count, end), (_, class, pattern)) in counts.into_iter().zip(ends).zip(DRAWN) {
            @let (from, to) = (Share::of(end - count, all), Share::of(end, all));
            @if count > 0 {
                rect class=(class) x=(from) width=(from.to(to)) y="1" height=(layout.bar - 2) fill=[fill(pattern)] {}
                @if layout.beside == 0 && from.to(to).fits_a_word() {
                    text class=(format!("share on-{class}")) x=(from.half_to(to)) y=(layout.bar / 2 + 5) text-anchor="middle" {
                        (percent(count, all))
                    }
                }
            }
        }
    }
}

fn fill(pattern: Option<&str>) -> Option<String> {
    pattern.map(|pattern| format!("url(#{ID}-{pattern})"))
}

fn patterns() -> Markup {
    html! {
        defs {
            pattern id=(format!("{ID}-dense")) width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                rect.ink width="3.5" height="6" {}
            }
            pattern id=(format!("{ID}-stripes")) width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)" {
                rect.ink width="1.6" height="7" {}
            }
            pattern id=(format!("{ID}-dots")) width="6" height="6" patternUnits="userSpaceOnUse" {
                circle.ink cx="3" cy="3" r="1.1" {}
            }
        }
    }
}

/// A day in few letters.
fn date(at: Timestamp) -> String {
    day(at, "%-d %b")
}
