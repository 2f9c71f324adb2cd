//! What one run of the process keeps in memory, and a crash loses.
//!
//! - `arrivals`: the emails that were queued last
//! - `refusals`: refusals that change nothing, until their count is written
//! - `limiter`, `uses`: what clients and the whole server have done lately of what is limited

mod arrivals;
mod limiter;
mod refusals;
mod uses;

pub(in crate::domain) use self::arrivals::Arrivals;
pub(in crate::domain) use self::limiter::{Limiter, Reserved};
pub(in crate::domain) use self::refusals::Tally;
pub(in crate::domain) use self::uses::Counter;
