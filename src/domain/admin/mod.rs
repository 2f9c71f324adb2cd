//! What administrators do: look after the emails of everyone.
//!
//! An administrator is an enabled account with the role. Each action checks that itself, in the commit that it makes:
//! a door that forgot to ask could do no harm. To look at something, a live session of an administrator is enough; to
//! change something, the sign-in has to be recent, as everywhere. The event of each action names the administrator.
//!
//! - `emails`: seeing what became of emails, having one tried again, and not sent
//! - `overview`: how email is doing

mod emails;
mod overview;

pub use self::overview::MailOverview;
