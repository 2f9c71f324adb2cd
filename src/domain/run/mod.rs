//! What one run of the process keeps in memory, and a crash loses.
//!
//! - `settings`: what the operator configures
//! - `arrivals`: the emails that were queued last
//! - `mail_totals`: what became of the emails of the last hour
//! - `refusals`: refusals that change nothing, until their count is written
//! - `figures`, `metered`: numbers for monitoring
//! - `last_uses`: when sessions were used, until that is written
//! - `neighbours`: the other runs that share the store
//! - `limiter`, `uses`: what clients and the whole server have done lately of what is limited

mod arrivals;
mod figures;
mod last_uses;
mod limiter;
mod mail_totals;
mod metered;
mod neighbours;
mod refusals;
mod settings;
mod uses;

pub(in crate::domain) use self::arrivals::Arrivals;
pub(in crate::domain) use self::figures::{Attempt, Figures};
pub(in crate::domain) use self::last_uses::{LastUse, LastUses};
pub(in crate::domain) use self::limiter::{Limiter, Reserved};
pub(in crate::domain) use self::mail_totals::MailTotals;
pub(in crate::domain) use self::metered::Metered;
pub(in crate::domain) use self::neighbours::Neighbours;
pub(in crate::domain) use self::refusals::Tally;
pub use self::settings::Settings;
pub(in crate::domain) use self::uses::Counter;
