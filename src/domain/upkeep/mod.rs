//! What the server does on its own: opening the store, and removing what has expired.
//!
//! - `consistency`: whether the records of a store fit together
//! - `monitoring`: what monitoring sees of this run
//! - `neighbours`: what the operator sees of the other nodes
//! - `runs`: the other runs that share the store
//! - `refusal`: why a store cannot be opened
//! - `startup`: checking that the key ring belongs to the store
//! - `sweep`, `swept`: removing expired records
//! - `ended`: removing what is kept about emails that have ended
//! - `events`: removing old events
//! - `indexes`: making what a store of an earlier version lacks
//! - `remains`: removing what deleted accounts left behind
//! - `mail_totals`: telling the operator what became of emails
//! - `refusals`, `last_uses`: writing how many refusals there were, and when sessions were used

mod consistency;
mod ended;
mod events;
mod indexes;
mod last_uses;
mod mail_totals;
mod monitoring;
mod neighbours;
mod refusal;
mod refusals;
mod remains;
mod runs;
mod startup;
mod sweep;
mod swept;

pub use self::consistency::{Consistency, Misfits};
pub use self::indexes::Indexed;
pub use self::monitoring::Waiting;
pub use self::neighbours::{Neighbour, Surroundings};
pub use self::refusal::OpenError;
pub use self::runs::{HeartbeatError, RunEnded, make_room};
pub use self::startup::check_keys;
pub use self::swept::Swept;
pub use super::read::put_ended;
