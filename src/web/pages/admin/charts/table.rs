//! The numbers of a chart as a table.

use maud::{Markup, html};

/// A table.
pub(super) struct Table {
    /// What is in it, to tell it from the others.
    pub(super) summary: String,
    /// The names of the columns. The first one names the rows.
    pub(super) head: Vec<&'static str>,
    /// The name of each row, and its numbers.
    pub(super) rows: Vec<(String, Vec<String>)>,
}

impl Table {
    /// The table, folded away.
    pub(super) fn draw(&self) -> Markup {
        html! {
            details {
                summary { (self.summary) }
                @if self.rows.is_empty() {
                    p { "Nothing has been counted yet." }
                } @else {
                    // It scrolls by itself where it is wider than the screen, by keyboard too.
                    div.scroll role="region" tabindex="0" aria-label=(self.summary) {
                        table {
                            thead { tr { @for name in &self.head { th scope="col" { (name) } } } }
                            tbody {
                                @for (name, numbers) in &self.rows {
                                    tr { th scope="row" { (name) } @for number in numbers { td { (number) } } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
