//! The query of a list of accounts.

use serde::Deserialize;

use super::emails::{ALL, given};
use super::{Fields, Input};
use crate::domain::admin::AccountQuery;
use crate::domain::record::account_state::StateList;
use crate::web::problem::{Code, Problem};

/// Lists accounts. An empty value counts as none, as a form sends it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ListAccounts {
    /// The beginning of an address, a domain after an @, or an id.
    pub q: Option<String>,
    /// `all`, `admin`, `disabled` or `invited`.
    pub state: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

impl Input for ListAccounts {}

impl ListAccounts {
    /// Reads the query of a URL.
    ///
    /// # Errors
    /// `malformed`; `invalid_field` for a field that was sent twice.
    pub fn of(query: Option<&str>) -> Result<Self, Problem> {
        Fields::from_query(query.unwrap_or_default().as_bytes())?.read()
    }

    /// Which accounts to list. Without a state, all of them.
    ///
    /// # Errors
    /// `invalid_field` for a state that is none, and for one with a domain or an id, which no list by state can find.
    pub fn query(&self) -> Result<AccountQuery, Problem> {
        let refused = || Problem::of(Code::InvalidField).field("state");
        let list = match given(self.state.as_ref()).as_deref() {
            None | Some(ALL) => None,
            Some(word) => {
                let known = StateList::ALL.into_iter().find(|list| list.as_str() == word);
                Some(known.ok_or_else(refused)?)
            }
        };
        let query = AccountQuery { sought: self.q.clone().unwrap_or_default(), list, after: self.after() };
        if list.is_some() && query.is_for_all() {
            return Err(refused().detail("Domains and IDs are searched among all accounts only."));
        }
        Ok(query)
    }

    /// Whether it looks for a domain or an id, so that no state applies.
    #[must_use]
    pub fn is_for_all(&self) -> bool {
        AccountQuery { sought: self.q.clone().unwrap_or_default(), ..AccountQuery::default() }.is_for_all()
    }

    /// Where a list goes on that needs nothing else.
    #[must_use]
    pub fn after(&self) -> Option<String> {
        given(self.after.as_ref())
    }

    /// The same list from its beginning, or from `after` on, as the query of a URL.
    #[must_use]
    pub fn in_url(&self, after: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let (q, state) = (given(self.q.as_ref()), given(self.state.as_ref()));
        for (name, value) in [("q", q), ("state", state), ("after", after.map(str::to_owned))] {
            if let Some(value) = value {
                query.append_pair(name, &value);
            }
        }
        query.finish()
    }
}
