//! Sums for the charts of administrators: how often what happened, by day and by week.
//!
//! No action writes a sum: one record that every sign-in writes would cost most of the commits. `upkeep` adds up events
//! a minute later, and remembers how far it has come (`cursor`).
//!
//! - `day`: days and weeks
//! - `counter`: what is counted; `tally`: which events count for it
//! - `sum`: sums, by what is counted together
//! - `cursor`: how far events and refusals are counted

mod counter;
mod cursor;
mod day;
mod sum;
mod tally;

pub use self::counter::{Bucket, Counter, MailTime};
pub use self::cursor::{Cursor, EventPlace};
pub use self::day::{Day, Week};
pub use self::sum::{Sum, Sums};
