//! The pages for administrators.
//!
//! - `entrance`: who may come in, and where everyone else is sent
//! - `mail`: the emails of everyone, and what is done with one; `emails`: how they are drawn
//! - `acts`: what is done to an account
//! - `overview`: how email and the server are doing
//! - `settings`: the settings of the server
//! - `frame`: what these pages share; `outside`: text that comes from outside

mod acts;
mod emails;
mod entrance;
mod frame;
mod mail;
mod outside;
mod overview;
mod settings;

pub(super) use self::acts::{act, ask, end_key, end_session};
pub(in crate::web) use self::entrance::unknown;
pub(super) use self::mail::{drop_email, list, retry_email};
pub(super) use self::overview::overview;
pub(super) use self::settings::settings;
