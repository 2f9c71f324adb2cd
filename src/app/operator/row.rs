//! An account to import, as one line of JSON.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::operator::{NewAccount, Role};
use crate::domain::password::PhcError;
use crate::domain::record::address::{AddressError, EmailAddress};
use crate::domain::record::password::PasswordHash;
use crate::domain::record::time::Timestamp;

/// A line of the file. Unknown keys are refused, because a misspelled one would otherwise be ignored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportRow {
    /// The email address, which the other system confirmed.
    email: String,
    /// When the account was registered; by default, when it was confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    registered_at: Option<String>,
    /// When the address was confirmed; by default, now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confirmed_at: Option<String>,
    /// Whether it is an administrator.
    #[serde(default)]
    admin: bool,
    /// Whether sign-in is blocked.
    #[serde(default)]
    disabled: bool,
    /// Its password hash as a PHC string; without one, the account signs in by email only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password_hash: Option<String>,
}

/// An error in one value of a row.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// The address is not valid.
    #[error("email: {0}")]
    Address(#[from] AddressError),
    /// A time is not valid.
    #[error("{0}: must be a time such as 2026-01-31T12:00:00Z (RFC 3339), not before 1970")]
    Time(&'static str),
    /// A time is in the future.
    #[error("{0}: is in the future")]
    Future(&'static str),
    /// An address cannot be confirmed before it was registered.
    #[error("confirmed_at: is before registered_at")]
    Backwards,
    /// The password hash cannot be imported.
    #[error("password_hash: {0}")]
    Password(#[from] PhcError),
}

/// All errors of a row.
#[derive(Debug, Default)]
pub struct RowErrors(pub(super) Vec<RowError>);

impl RowErrors {
    fn note<T>(&mut self, read: Result<T, RowError>) -> Option<T> {
        read.map_err(|error| self.0.push(error)).ok()
    }
}

impl fmt::Display for RowErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reasons: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&reasons.join("; "))
    }
}

impl ImportRow {
    /// The account to create if the row is imported `now`.
    ///
    /// # Errors
    /// All errors of the row.
    pub fn check(self, now: Timestamp) -> Result<NewAccount, RowErrors> {
        let mut errors = RowErrors::default();
        let address = errors.note(EmailAddress::parse(&self.email).map_err(RowError::from));
        let confirmed_at = errors.note(time("confirmed_at", self.confirmed_at.as_deref(), now));
        let registered_at = errors.note(time("registered_at", self.registered_at.as_deref(), now));
        let hash = self.password_hash.as_deref().map(PasswordHash::from_phc).transpose();
        let password = errors.note(hash.map_err(RowError::from));
        let confirmed_at = confirmed_at.flatten().unwrap_or(now);
        let registered_at = registered_at.flatten().unwrap_or(confirmed_at);
        if errors.0.is_empty() && confirmed_at < registered_at {
            errors.0.push(RowError::Backwards);
        }
        match (address, password) {
            (Some(address), Some(password)) if errors.0.is_empty() => Ok(NewAccount {
                address,
                registered_at,
                confirmed_at,
                role: if self.admin { Role::Admin } else { Role::Member },
                disabled: self.disabled,
                password,
            }),
            _ => Err(errors),
        }
    }
}

fn time(field: &'static str, text: Option<&str>, now: Timestamp) -> Result<Option<Timestamp>, RowError> {
    let Some(text) = text else { return Ok(None) };
    let time: jiff::Timestamp = text.parse().map_err(|_| RowError::Time(field))?;
    let milliseconds = u64::try_from(time.as_millisecond()).map_err(|_| RowError::Time(field))?;
    if milliseconds > now.0 { Err(RowError::Future(field)) } else { Ok(Some(Timestamp(milliseconds))) }
}
