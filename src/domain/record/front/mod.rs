//! Who may open an app that a proxy guards with our help, and which of its paths are open to everyone. Rules without
//! order, negation or regular expressions: one matching entry is enough, so no entry can be read in two ways.
//!
//! - `allow`: the accounts that an app is for
//! - `groups`: named lists of email addresses
//! - `admission`: the whole rule of one app
//! - `public`: paths that need no sign-in

mod admission;
mod allow;
mod groups;
mod public;

pub use self::admission::{Admission, Given};
pub use self::allow::Allow;
pub use self::groups::Groups;
pub use self::public::PublicPath;
