//! Everything that is proven with an email: requesting one, waiting for it, opening its link, redeeming
//! it.
//!
//! - `request`, `resend`: requesting an email, and sending another one for the same request
//! - `waiting`: what the waiting page knows
//! - `link`: looking at a link, which changes nothing
//! - `redeem`, `redeem_again`: redeeming a link or a code, and doing so twice
//! - `redeemer`, `credential`: who redeems, and with what
//! - `outcome`, `email_change`, `undo`, `securing`: what redeeming does
//! - `owner`: changing who an address belongs to
//! - `passwords`, `pending`: the passwords that count for an address, and its unconfirmed registrations
//! - `workload`: what every password check computes

mod credential;
mod email_change;
mod link;
mod outcome;
mod owner;
mod passwords;
mod pending;
mod redeem;
mod redeem_again;
mod redeemer;
mod request;
mod resend;
mod securing;
mod undo;
mod waiting;
mod workload;

pub use self::link::{LinkView, Need};
pub(in crate::domain) use self::owner::{Removed, put_owner};
pub(in crate::domain) use self::passwords::{Entered, Passwords};
pub use self::redeemer::{Redeemed, Redeemer};
pub(in crate::domain) use self::request::EmailRequest;
pub use self::request::MailQueued;
pub use self::waiting::{CodeState, Waiting};
