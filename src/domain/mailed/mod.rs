//! Everything that is proven with an email: requesting one, waiting for it, opening its link, redeeming it.

mod credential;
mod email_change;
mod link;
mod outcome;
mod passwords;
mod pending;
mod redeem;
mod redeem_again;
mod redeemer;
mod request;
mod resend;
mod undo;
mod waiting;

pub use self::link::{LinkView, Need};
pub(in crate::domain) use self::passwords::Passwords;
pub use self::redeemer::{Redeemed, Redeemer};
pub(in crate::domain) use self::request::Ask;
pub use self::request::MailQueued;
pub use self::waiting::{CodeState, Waiting};
