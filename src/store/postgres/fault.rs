//! Why a server cannot be used, or why one statement failed.

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, Severity};

/// Why a server, or one connection to it, is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// It does not answer, or not now. Later it may.
    #[error("{0}")]
    Unreachable(String),
    /// It answers, but it is set up in a way in which it must not be used. A person has to change something.
    #[error("{0}")]
    Unfit(String),
    /// It is another database than the one that this process has used.
    #[error("{0}")]
    Foreign(String),
    /// It is not the server that the pool was opened with, or its role changed: everything has to be proved again.
    #[error("{0}")]
    Changed(String),
}

/// What to say if a connection turns out to be another one than the one that was proved.
pub(super) const POOLER: &str = "a pooler in transaction mode is in between. Use session mode or none";

/// Why the store was not opened: one line that names the setting and what helps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub(super) String);

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self(fault.to_string())
    }
}

/// An error that the server reported, which means that the statement was rolled back. Anything else (a FATAL, a
/// broken connection) says nothing about the statement.
pub(super) fn rolled_back(error: &Error) -> Option<&DbError> {
    error.as_db_error().filter(|reported| reported.parsed_severity() == Some(Severity::Error))
}

/// An error in words, without what the client crate adds.
pub(super) fn plainly(error: &Error) -> String {
    match error.as_db_error() {
        Some(reported) => {
            let (what, code) = (reported.message(), reported.code().code());
            let pooler = if is_of_a_pooler(code) { format!(": {POOLER}") } else { String::new() };
            format!("{what} ({code}){pooler}")
        }
        None => match std::error::Error::source(error) {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        },
    }
}

/// A statement that was prepared a moment ago is not there, or was prepared by someone else. Which of the first
/// statements finds that out is left to the pooler.
fn is_of_a_pooler(code: &str) -> bool {
    matches!(code, "26000" | "42P05")
}

/// A failure while a connection is set up.
pub(super) fn at_start(host: &impl std::fmt::Display, error: &Error) -> Fault {
    let what = format!("{host}: {}", plainly(error));
    match error.as_db_error().map(|reported| reported.code().code()) {
        // Wrong password, no such role, not allowed by pg_hba.conf, no such database.
        Some("28P01" | "28000") => {
            Fault::Unfit(format!("{what}; check user and password in store.url and pg_hba.conf"))
        }
        Some("3D000") => Fault::Unfit(format!("{what}; check the name of the database in store.url")),
        Some(code) if is_of_a_pooler(code) => Fault::Unfit(what),
        _ => Fault::Unreachable(what),
    }
}
