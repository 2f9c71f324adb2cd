//! The pages for administrators.
//!
//! - `entrance`: who may come in, and where everyone else is sent
//! - `mail`: the emails of everyone, and what is done with one; `emails`: how they are drawn
//! - `overview`: how email and the server are doing
//! - `settings`: the settings of the server
//! - `frame`: what these pages share; `outside`: text that comes from outside

mod emails;
mod entrance;
mod frame;
mod mail;
mod outside;
mod overview;
mod settings;

pub(in crate::web) use self::entrance::unknown;
pub(super) use self::mail::{drop_email, list, retry_email};
pub(super) use self::overview::overview;
pub(super) use self::settings::settings;
