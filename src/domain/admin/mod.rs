//! What administrators do: look after the accounts and emails of everyone.
//!
//! An administrator is an enabled account with the role. Each action checks that itself, in the commit that it makes:
//! a door that forgot to ask could do no harm. To look at something, a live session of an administrator is enough; to
//! change something, the sign-in has to be recent, as everywhere. The event of each action names the administrator,
//! and what is done to an account is emailed to its owner. No action signs anyone in.
//!
//! - `emails`: seeing what became of emails, having one tried again, and not sent
//! - `overview`: how email is doing
//! - `account`: one account, to look at or to act on
//! - `access`, `role`, `deletion`: disabling, enabling and signing out; the role; deleting an account
//! - `keys`: ending a key for a program
//! - `helping`: a sign-in link by email, and limits that begin again

mod access;
mod account;
mod deletion;
mod emails;
mod helping;
mod keys;
mod overview;
mod role;

pub use self::account::AccountSeen;
pub use self::overview::MailOverview;
