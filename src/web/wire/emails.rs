//! The query of a list of emails.

use serde::Deserialize;

use super::{Fields, Input};
use crate::domain::outbox::EmailQuery;
use crate::domain::record::ended::EmailState;
use crate::web::problem::{Code, Problem};

/// Lists emails. An empty value counts as none, as a form sends it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ListEmails {
    /// `waiting`, `sent`, `failed`, `dropped` or `all`.
    pub state: Option<String>,
    /// The beginning of the recipient's address.
    pub to: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

impl Input for ListEmails {}

/// The state of all emails.
pub const ALL: &str = "all";

impl ListEmails {
    /// Reads the query of a URL.
    ///
    /// # Errors
    /// `malformed`; `invalid_field` for a field that was sent twice.
    pub fn of(query: Option<&str>) -> Result<Self, Problem> {
        Fields::from_query(query.unwrap_or_default().as_bytes())?.read()
    }

    /// Which emails to list. Without a state, those that wait, or all to an address.
    ///
    /// # Errors
    /// `invalid_field` for a state that is none.
    pub fn query(&self) -> Result<EmailQuery, Problem> {
        let (to, after) = (given(self.to.as_ref()), given(self.after.as_ref()));
        let state = match given(self.state.as_ref()).as_deref() {
            None if to.is_some() => None,
            None => Some(EmailState::Waiting),
            Some(ALL) => None,
            Some(word) => {
                let known = EmailState::ALL.into_iter().find(|state| state.as_str() == word);
                Some(known.ok_or_else(|| Problem::of(Code::InvalidField).field("state"))?)
            }
        };
        Ok(EmailQuery { state, to, after })
    }

    /// The same list from its beginning, or from `after` on, as the query of a URL.
    #[must_use]
    pub fn in_url(&self, after: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let (state, to) = (given(self.state.as_ref()), given(self.to.as_ref()));
        let fields = [("state", state), ("to", to), ("after", after.map(str::to_owned))];
        for (name, value) in fields {
            if let Some(value) = value {
                query.append_pair(name, &value);
            }
        }
        query.finish()
    }
}

fn given(value: Option<&String>) -> Option<String> {
    value.filter(|text| !text.trim().is_empty()).cloned()
}
