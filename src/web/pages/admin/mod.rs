//! The pages for administrators.
//!
//! - `charts`: what happened, by day and by week
//! - `entrance`: who may come in, and where everyone else is sent
//! - `accounts`: the accounts of everyone; `account`: one of them; `acts`: what is done to one
//! - `invite`: inviting someone; `waiting`: registrations that are not confirmed yet
//! - `events`: what has happened
//! - `mail`: the emails of everyone, and what is done with one; `emails`: how they are drawn; `test_email`: sending one
//! - `overview`: how email and the server are doing
//! - `settings`: the settings of the server
//! - `frame`: what these pages share; `outside`: text that comes from outside

mod account;
mod accounts;
mod acts;
mod charts;
mod emails;
mod entrance;
mod events;
mod frame;
mod invite;
mod mail;
mod outside;
mod overview;
mod settings;
mod test_email;
mod waiting;

pub(super) use self::account::account;
pub(super) use self::accounts::{accounts, newest};
pub(super) use self::acts::{act, ask, end_key, end_session};
pub(in crate::web) use self::entrance::unknown;
pub(super) use self::events::list as events;
pub(super) use self::invite::{again as invite_again, invite, withdraw as withdraw_invitation};
pub(super) use self::mail::{drop_email, list, retry_email};
pub(super) use self::overview::overview;
pub(super) use self::settings::settings;
pub(super) use self::test_email::send as send_test_email;
pub(super) use self::waiting::{list as waiting, remove as drop_registration, resend as resend_registration};
