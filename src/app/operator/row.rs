//! An account that lived elsewhere, as a line of JSON tells of it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::operator::NewAccount;
use crate::domain::operator::Role;
use crate::domain::password::PhcError;
use crate::domain::record::address::{AddressError, EmailAddress};
use crate::domain::record::password::PasswordHash;
use crate::domain::record::time::Timestamp;

/// A line of the file. A key that is not one of these is refused: what is misspelt would be missing.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportRow {
    /// The address, which was proven there.
    email: String,
    /// When it was typed: without, when it was proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    registered_at: Option<String>,
    /// When it was proven: without, now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confirmed_at: Option<String>,
    /// Whether it may use the admin pages.
    #[serde(default)]
    admin: bool,
    /// Whether nobody can sign in to it.
    #[serde(default)]
    disabled: bool,
    /// Its password as a PHC string; without, it signs in by mail alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password_hash: Option<String>,
}

/// What is wrong with one value of a row.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// The address is none.
    #[error("email: {0}")]
    Address(#[from] AddressError),
    /// A time is none.
    #[error("{0}: must be a time like 2026-01-31T12:00:00Z (RFC 3339), not before 1970")]
    Time(&'static str),
    /// A time has not come yet.
    #[error("{0}: is in the future")]
    Future(&'static str),
    /// Nothing is proven before it is typed.
    #[error("confirmed_at: is before registered_at")]
    Backwards,
    /// The password cannot be taken over.
    #[error("password_hash: {0}")]
    Password(#[from] PhcError),
}

/// All that is wrong with a row.
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
    /// The account that comes of it, if it is taken over `now`.
    ///
    /// # Errors
    /// All that is wrong with it.
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
