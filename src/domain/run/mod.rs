//! What one run of the process keeps in memory, and a crash loses.
//!
//! - `arrivals`: the emails that were queued last
//! - `refusals`: refusals that change nothing, until their count is written

mod arrivals;
mod refusals;

pub(in crate::domain) use self::arrivals::Arrivals;
pub(in crate::domain) use self::refusals::Tally;
