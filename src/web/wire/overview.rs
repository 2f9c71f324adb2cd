//! The query of the overview.

use serde::Deserialize;

use super::{Fields, Input};
use crate::domain::admin::Period;
use crate::web::problem::{Code, Problem};

/// Shows how things are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ShowOverview {
    /// How many days the charts show: 7, 30, 90 or 365.
    pub days: Option<String>,
}

impl Input for ShowOverview {}

impl ShowOverview {
    /// Reads the query of a URL. An empty value counts as none.
    ///
    /// # Errors
    /// `malformed`; `invalid_field` for a field that was sent twice, or for days that are none of these.
    pub fn period(query: Option<&str>) -> Result<Period, Problem> {
        let wanted: Self = Fields::from_query(query.unwrap_or_default().as_bytes())?.read()?;
        match wanted.days.filter(|days| !days.trim().is_empty()) {
            None => Ok(Period::default()),
            Some(days) => {
                let known = Period::ALL.into_iter().find(|period| period.days().to_string() == days);
                known.ok_or_else(|| Problem::of(Code::InvalidField).field("days"))
            }
        }
    }
}
