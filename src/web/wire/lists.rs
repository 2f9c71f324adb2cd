//! The queries of lists for administrators. An empty value counts as none, as a form sends it.

use std::net::IpAddr;

use serde::Deserialize;

use super::{Fields, Input};
use crate::domain::admin::{EventQuery, UnconfirmedQuery};
use crate::domain::record::event::NAMES;
use crate::domain::record::ids::AccountId;
use crate::domain::record::time::Timestamp;
use crate::web::problem::{Code, Problem};

/// Lists registrations that are not confirmed yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ListUnconfirmed {
    /// The beginning of the address.
    pub q: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

impl Input for ListUnconfirmed {}

impl ListUnconfirmed {
    /// Reads the query of a URL.
    ///
    /// # Errors
    /// `malformed`; `invalid_field` for a field that was sent twice.
    pub fn of(query: Option<&str>) -> Result<Self, Problem> {
        Fields::from_query(query.unwrap_or_default().as_bytes())?.read()
    }

    /// Which registrations to list.
    #[must_use]
    pub fn query(&self) -> UnconfirmedQuery {
        UnconfirmedQuery { beginning: given(self.q.as_ref()), after: given(self.after.as_ref()) }
    }

    /// The same list from its beginning, or from `after` on, as the query of a URL.
    #[must_use]
    pub fn in_url(&self, after: Option<&str>) -> String {
        in_url([("q", given(self.q.as_ref())), ("after", after.map(str::to_owned))])
    }
}

/// Lists events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ListEvents {
    /// The name of the events.
    pub name: Option<String>,
    /// The id of the account they happened to.
    pub account: Option<String>,
    /// The address of the client.
    pub ip: Option<String>,
    /// The latest time.
    pub until: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

impl Input for ListEvents {}

impl ListEvents {
    /// Reads the query of a URL.
    ///
    /// # Errors
    /// `malformed`; `invalid_field` for a field that was sent twice.
    pub fn of(query: Option<&str>) -> Result<Self, Problem> {
        Fields::from_query(query.unwrap_or_default().as_bytes())?.read()
    }

    /// Which events to list.
    ///
    /// # Errors
    /// `invalid_field` for a value that is none.
    pub fn query(&self) -> Result<EventQuery, Problem> {
        let invalid = |field: &'static str| move || Problem::of(Code::InvalidField).field(field);
        let name = given(self.name.as_ref());
        if name.as_ref().is_some_and(|name| NAMES.iter().all(|(known, _)| known != name)) {
            return Err(invalid("name")());
        }
        let account = given(self.account.as_ref())
            .map(|text| AccountId::parse(text.trim()).ok_or_else(invalid("account")))
            .transpose()?;
        let ip = given(self.ip.as_ref())
            .map(|text| text.trim().parse::<IpAddr>().ok().ok_or_else(invalid("ip")))
            .transpose()?;
        let until = given(self.until.as_ref())
            .map(|text| time(text.trim()).ok_or_else(invalid("until")))
            .transpose()?;
        Ok(EventQuery { name, account, ip, until, after: given(self.after.as_ref()) })
    }

    /// The same list from its beginning, or from `after` on, as the query of a URL.
    #[must_use]
    pub fn in_url(&self, after: Option<&str>) -> String {
        in_url([
            ("name", given(self.name.as_ref())),
            ("account", given(self.account.as_ref())),
            ("ip", given(self.ip.as_ref())),
            ("until", given(self.until.as_ref())),
            ("after", after.map(str::to_owned)),
        ])
    }
}

/// A time as programs write it (RFC 3339), or as the field of a form does: without seconds or zone, in UTC.
fn time(text: &str) -> Option<Timestamp> {
    let written = text.parse::<jiff::Timestamp>().ok();
    let entered = || {
        let civil = text.parse::<jiff::civil::DateTime>().ok()?;
        Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    };
    let at = written.or_else(entered)?;
    u64::try_from(at.as_millisecond()).ok().map(Timestamp)
}

fn in_url<const N: usize>(fields: [(&str, Option<String>); N]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        if let Some(value) = value {
            query.append_pair(name, &value);
        }
    }
    query.finish()
}

fn given(value: Option<&String>) -> Option<String> {
    value.filter(|text| !text.trim().is_empty()).cloned()
}
