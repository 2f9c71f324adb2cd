//! Several nodes over one store.

mod acts;
mod clocks;
mod first_start;
mod indexes;
mod keys;
mod leases;
mod mails;
mod paused;
mod rules;
mod runs;
mod seen;
