//! What the server does on its own: opening the store, and removing what has expired.
//!
//! - `monitoring`: what monitoring sees of this run
//! - `startup`: checking that the key ring belongs to the store
//! - `sweep`, `swept`: removing expired records
//! - `remains`: removing what deleted accounts left behind
//! - `refusals`: writing how many refusals there were

mod monitoring;
mod refusals;
mod remains;
mod startup;
mod sweep;
mod swept;

pub use self::monitoring::Waiting;
pub use self::startup::OpenError;
pub use self::swept::Swept;
