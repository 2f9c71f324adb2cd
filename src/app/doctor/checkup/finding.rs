//! What a checkup finds.

use std::io;
use std::time::Duration;

use tokio::time::timeout;

use crate::app::doctor::caller::{Ask, Target};
use crate::app::doctor::reply::Reply;

/// How long each answer may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As it should be.
    Ok,
    /// It works, and could be better or safer.
    Warning,
    /// Something does not work, or is not safe.
    Wrong,
    /// It cannot be found out from here.
    Unknown,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// What was looked at.
    pub check: &'static str,
    /// How it is.
    pub status: Status,
    /// That in a sentence, and what to do.
    pub message: String,
}

impl Finding {
    pub(super) fn new(check: &'static str, status: Status, message: impl Into<String>) -> Self {
        Self { check, status, message: message.into() }
    }
}

/// Asks the server where it listens.
pub(super) async fn ask(target: &Target, ask: Ask, patience: Duration) -> io::Result<Reply> {
    let asked = timeout(patience, target.ask(ask, None)).await;
    asked.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
