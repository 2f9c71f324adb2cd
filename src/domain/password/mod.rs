//! Passwords: which new ones are accepted, and how they are hashed.
//!
//! Passwords are prepared, then hashed with Argon2id and a pepper. All hashes of one address (the account's,
//! or those of its newest unconfirmed registrations) share one
//! [`Recipe`](crate::domain::record::password::Recipe) wherever they can, and every check computes the same
//! hashes ([`Workload`](crate::domain::record::workload::Workload)). So its time reveals nothing.
//!
//! - `prepare`: one spelling for all keyboards
//! - `policy`, `blocklist`: which passwords are accepted, and the list of common ones
//! - `slots`, `memory`: the threads that hash, and the memory for imported hashes that need more
//! - `phc`: reading imported hashes

mod blocklist;
mod memory;
mod phc;
mod policy;
mod prepare;
mod slots;

use std::fmt;

use zeroize::Zeroizing;

use crate::domain::record::password::Method;

pub use self::phc::{ForeignHash, PhcError};
pub use self::policy::{PasswordPolicy, Weakness};
pub(in crate::domain) use self::slots::{Line, Slots};

/// A password as it was sent, and prepared. Never truncated. Erased from memory when dropped.
#[derive(Clone)]
pub struct Password {
    sent: Zeroizing<String>,
    prepared: Option<Zeroizing<String>>,
}

impl Password {
    /// Longer passwords are refused before they cost anything.
    pub const MAX_BYTES: usize = 1024;

    /// A password from the text of a field.
    #[must_use]
    pub fn new(entered: String) -> Self {
        let sent = Zeroizing::new(entered);
        Self { prepared: prepare::prepare(&sent), sent }
    }

    /// Whether the field is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sent.is_empty()
    }

    /// Whether it is longer than any accepted password.
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        self.text().len() > Self::MAX_BYTES
    }

    /// Whether it can be a new password, apart from how good it is.
    ///
    /// # Errors
    /// `Unprintable`; `TooLong`.
    pub fn check_form(&self) -> Result<(), Weakness> {
        if self.prepared.is_none() {
            return Err(Weakness::Unprintable);
        }
        if self.is_too_long() { Err(Weakness::TooLong) } else { Ok(()) }
    }

    /// Whether it can be hashed as new passwords are.
    pub(in crate::domain) fn is_prepared(&self) -> bool {
        self.prepared.is_some()
    }

    /// The prepared text. A password that cannot be prepared is left as it was sent: then no prepared
    /// password equals it, so it is wrong at the same cost as any other.
    fn text(&self) -> &str {
        self.prepared.as_ref().unwrap_or(&self.sent)
    }

    /// The bytes that a method hashes.
    fn bytes_for(&self, method: Method) -> &[u8] {
        match method {
            Method::Peppered => self.text().as_bytes(),
            Method::Wrapped => self.sent.as_bytes(),
        }
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}
