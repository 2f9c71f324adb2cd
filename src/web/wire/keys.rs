//! The input that makes a key for a program.

use std::time::Duration;

use poem_openapi::Object;
use serde::Deserialize;

use super::Input;
use crate::domain::record::app_key::KeyName;
use crate::web::problem::{Code, Problem};

/// A day.
const DAY: Duration = Duration::from_hours(24);

/// Makes a key for a program.
#[derive(Clone, Debug, Deserialize, Object)]
#[oai(rename = "MakeKey")]
pub struct MakeAppKey {
    /// A name for it: 1 to 64 visible characters.
    pub name: String,
    /// The host of the app that it opens.
    pub app: String,
    /// When it ends: after `30d`, `90d` or `365d`, or `never`, where the app allows that.
    pub expires: String,
}

impl Input for MakeAppKey {}

/// The words for how long a key works, and how they are said to a person.
pub const LIFETIMES: [(&str, &str); 4] =
    [("30d", "After 30 days"), ("90d", "After 90 days"), ("365d", "After 365 days"), (NEVER, "Never")];
/// The word for a key without an end.
pub const NEVER: &str = "never";

impl MakeAppKey {
    /// The name.
    ///
    /// # Errors
    /// `missing_field` for an empty one; `invalid_field`.
    pub fn name(&self) -> Result<KeyName, Problem> {
        if self.name.trim().is_empty() {
            return Err(Problem::of(Code::MissingField).field("name"));
        }
        let problem = Problem::of(Code::InvalidField).field("name");
        KeyName::parse(&self.name).ok_or_else(|| problem.detail("Use 1 to 64 visible characters."))
    }

    /// How long it works; nothing for one without an end.
    ///
    /// # Errors
    /// `invalid_field` for a word that is none of them.
    pub fn lifetime(&self) -> Result<Option<Duration>, Problem> {
        match self.expires.as_str() {
            "30d" => Ok(Some(DAY * 30)),
            "90d" => Ok(Some(DAY * 90)),
            "365d" => Ok(Some(DAY * 365)),
            NEVER => Ok(None),
            "" => Err(Problem::of(Code::MissingField).field("expires")),
            _ => Err(Problem::of(Code::InvalidField).field("expires")),
        }
    }
}
