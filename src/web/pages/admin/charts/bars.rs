//! Bars by day or by week. What is counted has a band of its own below the others, with its name and sum beside it, so that
//! no colour has to say which is which.

use maud::{Markup, html};

use super::scale::{Share, height, number};

/// The height of the words above the bars of a band.
const NAME: u64 = 20;
/// The height of the value above a bar.
const VALUE: u64 = 14;
/// The height of the tallest bar.
const BAR: u64 = 46;
/// The space below a band.
const GAP: u64 = 14;
/// The height of the dates below all bands.
const DATES: u64 = 20;
/// The height of the line that says what stripes mean.
const REMARK: u64 = 18;
/// With more columns than that, the values above the bars would overlap.
const MOST_WITH_VALUES: usize = 7;

/// A chart of bars.
pub(super) struct Bars {
    /// Its name in ids.
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) bands: Vec<Band>,
    /// The columns, from the first one of the period.
    pub(super) columns: Vec<Column>,
}

/// What is counted.
pub(super) struct Band {
    pub(super) name: &'static str,
    /// One for each column; nothing before anything was counted.
    pub(super) values: Vec<Option<u64>>,
}

/// A day or a week.
pub(super) struct Column {
    /// What is written below it, if anything.
    pub(super) date: Option<String>,
    pub(super) is_unfinished: bool,
}

impl Bars {
    /// The drawing.
    pub(super) fn draw(&self, described: &str) -> Markup {
        let (id, band) = (self.id, NAME + VALUE + BAR + GAP);
        let dates = band * self.bands.len() as u64;
        let whole = dates + DATES + REMARK;
        html! {
            svg role="img" width="100%" height=(whole) aria-labelledby=(format!("t-{id} d-{id}")) {
                title id=(format!("t-{id}")) { (self.title) }
                desc id=(format!("d-{id}")) { (described) }
                (stripes(id))
                @for (index, one) in self.bands.iter().enumerate() { (self.band(one, band * index as u64)) }
                @for (index, column) in self.columns.iter().enumerate() {
                    @if let Some(date) = &column.date { (self.date(index, date, dates)) }
                }
                @if self.columns.iter().any(|column| column.is_unfinished) {
                    text.note x="100%" y=(dates + DATES + 13) text-anchor="end" { "Striped: not over yet" }
                }
            }
        }
    }

    fn band(&self, band: &Band, top: u64) -> Markup {
        let values = band.values.iter().flatten();
        let (sum, most) = (values.clone().sum::<u64>(), values.max().copied().unwrap_or_default());
        let ground = top + NAME + VALUE + BAR;
        html! {
            text.name x="0" y=(top + 13) { (band.name) ": " (number(sum)) }
            @if most > 0 && self.columns.len() > MOST_WITH_VALUES {
                text.note x="100%" y=(top + 13) text-anchor="end" { "at most " (number(most)) }
            }
            line.ground x1="0" x2="100%" y1=(ground) y2=(ground) {}
            @for (index, value) in band.values.iter().enumerate() {
                @if let Some(value) = value { (self.bar(index, *value, most, ground)) }
            }
        }
    }

    fn bar(&self, index: usize, value: u64, most: u64, ground: u64) -> Markup {
        let (from, to) = self.place(index);
        let (width, tall) = (from.to(to), height(value, most, BAR));
        let is_unfinished = self.columns.get(index).is_some_and(|column| column.is_unfinished);
        let class = if is_unfinished { "bar open" } else { "bar" };
        let fill = is_unfinished.then(|| format!("url(#{}-stripes)", self.id));
        html! {
            @if tall > 0 {
                rect class=(class) x=(from.plus(width.percent(14))) width=(width.percent(72)) y=(ground - tall) height=(tall) fill=[fill] {}
            }
            @if self.columns.len() <= MOST_WITH_VALUES {
                text.value x=(from.half_to(to)) y=(ground - tall - 4) text-anchor="middle" { (number(value)) }
            }
        }
    }

    fn date(&self, index: usize, date: &str, top: u64) -> Markup {
        let (from, to) = self.place(index);
        let is_last = index + 1 == self.columns.len();
        // Words at an edge stay inside.
        let (x, anchor) = match (index, is_last) {
            _ if self.columns.len() <= MOST_WITH_VALUES => (from.half_to(to), "middle"),
            (0, _) => (from, "start"),
            (_, true) => (to, "end"),
            _ => (from.half_to(to), "middle"),
        };
        html! { text.note x=(x) y=(top + 8) text-anchor=(anchor) { (date) } }
    }

    /// Where a column begins and ends.
    fn place(&self, index: usize) -> (Share, Share) {
        let (index, all) = (index as u64, self.columns.len() as u64);
        (Share::of(index, all), Share::of(index + 1, all))
    }
}

/// The pattern of bars that are not finished.
fn stripes(id: &str) -> Markup {
    html! {
        defs {
            pattern id=(format!("{id}-stripes")) width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                rect.ink width="2" height="5" {}
            }
        }
    }
}
