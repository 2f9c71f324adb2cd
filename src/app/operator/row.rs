//! An account to import, as one line of JSON.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::domain::operator::{NewAccount, Role};
use crate::domain::password::{ForeignHash, PhcError};
use crate::domain::record::address::{AddressError, EmailAddress};
use crate::domain::record::admins::Admins;
use crate::domain::record::password::Cost;
use crate::domain::record::time::Timestamp;
use crate::domain::record::workload::Workload;

/// A line of the file. Unknown keys are refused, because a misspelled one would otherwise be ignored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportRow {
    /// The email address, which the other system confirmed.
    email: String,
    /// When the account was registered; by default, when it was confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    registered_at: Option<String>,
    /// When the address was confirmed; by default, now. `null`: no one ever confirmed it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    #[expect(clippy::option_option, reason = "missing, null and a time mean three different things")]
    confirmed_at: Option<Option<String>>,
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

/// Reads a field that is there, even if it is `null`. Without this, serde takes `null` for a missing field.
#[expect(clippy::option_option, reason = "missing, null and a time mean three different things")]
fn given<'de, D: Deserializer<'de>>(field: D) -> Result<Option<Option<String>>, D::Error> {
    Deserialize::deserialize(field).map(Some)
}

/// A row without errors.
pub enum Row {
    /// An account to create.
    Account(NewAccount),
    /// Skipped, because no one proved that the address is theirs: its password may be a stranger's.
    Unconfirmed(EmailAddress),
}

impl Row {
    /// The email address.
    #[must_use]
    pub fn address(&self) -> &EmailAddress {
        match self {
            Self::Account(account) => &account.address,
            Self::Unconfirmed(address) => address,
        }
    }

    /// Whether it becomes an enabled administrator.
    #[must_use]
    pub fn is_enabled_admin(&self) -> bool {
        matches!(self, Self::Account(account) if account.role == Role::Admin && !account.disabled)
    }

    /// The cost of its password hash.
    #[must_use]
    pub fn cost(&self) -> Option<Cost> {
        match self {
            Self::Account(account) => account.password.as_ref().map(ForeignHash::cost),
            Self::Unconfirmed(_) => None,
        }
    }
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
    /// The file has hashes of too many different costs.
    #[error(
        "password_hash: its m, t and p differ from {} others in this file, and every sign-in has to compute one \
         hash of each kind; leave out the rarest, and their owners sign in by email",
        Workload::MAX_IMPORTED_COSTS
    )]
    TooManyCosts,
    /// The file has more administrators than there can be.
    #[error("admin: there can be at most {} enabled administrators", Admins::MOST)]
    TooManyAdmins,
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
    /// What there is to do if the row is imported `now`.
    ///
    /// # Errors
    /// All errors of the row.
    pub fn check(self, now: Timestamp) -> Result<Row, RowErrors> {
        let mut errors = RowErrors::default();
        let address = errors.note(EmailAddress::parse(&self.email).map_err(RowError::from));
        let is_unconfirmed = self.confirmed_at == Some(None);
        let confirmed_at = self.confirmed_at.flatten();
        let confirmed_at = errors.note(time("confirmed_at", confirmed_at.as_deref(), now));
        let registered_at = errors.note(time("registered_at", self.registered_at.as_deref(), now));
        let hash = self.password_hash.as_deref().map(ForeignHash::parse).transpose();
        let password = errors.note(hash.map_err(RowError::from));
        let confirmed_at = confirmed_at.flatten().unwrap_or(now);
        let registered_at = registered_at.flatten().unwrap_or(confirmed_at);
        if errors.0.is_empty() && confirmed_at < registered_at {
            errors.0.push(RowError::Backwards);
        }
        match (address, password) {
            (Some(address), Some(_)) if errors.0.is_empty() && is_unconfirmed => {
                Ok(Row::Unconfirmed(address))
            }
            (Some(address), Some(password)) if errors.0.is_empty() => Ok(Row::Account(NewAccount {
                address,
                registered_at,
                confirmed_at,
                role: if self.admin { Role::Admin } else { Role::Member },
                disabled: self.disabled,
                password,
            })),
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
