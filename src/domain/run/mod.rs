//! What one run of the process keeps in memory, and a crash loses.
//!
//! - `arrivals`: the emails that were queued last
//! - `refusals`: refusals that change nothing, until their count is written
//! - `figures`, `metered`: numbers for monitoring
//! - `limiter`, `uses`: what clients and the whole server have done lately of what is limited

mod arrivals;
mod figures;
mod limiter;
mod metered;
mod refusals;
mod uses;

pub(in crate::domain) use self::arrivals::Arrivals;
pub(in crate::domain) use self::figures::{Attempt, Figures};
pub(in crate::domain) use self::limiter::{Limiter, Reserved};
pub(in crate::domain) use self::metered::Metered;
pub(in crate::domain) use self::refusals::Tally;
pub(in crate::domain) use self::uses::Counter;
