//! What administrators do: look after the accounts and emails of everyone, and invite people.
//!
//! An administrator is an enabled account with the role. Each action checks that itself, in the commit that it makes:
//! a door that forgot to ask could do no harm. To look at something, a live session of an administrator is enough; to
//! change something, the sign-in has to be recent, as everywhere. The event of each action names the administrator,
//! and what is done to an account is emailed to its owner. No action signs anyone in.
//!
//! - `accounts`: lists of accounts; `account`: one of them, with everything that has to do with it
//! - `charts`: what the charts show
//! - `emails`: seeing what became of emails, having one tried again, and not sent
//! - `overview`: how email is doing; `test_email`: sending one to see whether it works
//! - `target`: the account that an action is about
//! - `access`, `role`, `deletion`: disabling, enabling and signing out; the role; deleting an account
//! - `keys`: ending a key for a program
//! - `helping`: a sign-in link by email, and limits that begin again
//! - `invitations`: inviting someone, again too, and withdrawing it
//! - `events`: what has happened
//! - `waiting`: registrations that are not confirmed yet

mod access;
mod account;
mod accounts;
mod charts;
mod deletion;
mod emails;
mod events;
mod helping;
mod invitations;
mod keys;
mod overview;
mod role;
mod target;
mod test_email;
mod waiting;

pub use self::account::AccountView;
pub use self::accounts::{AccountPage, AccountQuery, AccountRow};
pub use self::charts::{Charts, Cohort, Period, Row, SentWithin, sent_within};
pub use self::events::{EventPage, EventQuery, Named, SeenEvent};
pub use self::overview::MailOverview;
pub use self::waiting::{Unconfirmed, UnconfirmedQuery};

/// A page of a list.
#[derive(Clone, Debug)]
pub struct PageOf<T> {
    /// Its rows.
    pub rows: Vec<T>,
    /// Where the next page goes on. Nothing on the last one.
    pub next: Option<String>,
}
