//! The query of a URL.

use poem::Request;
use serde::Deserialize;

use crate::domain::record::next::Next;
use crate::web::wire::{self, Fields};

/// In the query of a page, it asks whether the browser keeps cookies.
pub(super) const ASKS_FOR_COOKIES: &str = "cookies";

/// What the query of a URL can contain.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Query {
    next: Option<String>,
    /// Which of this browser's requests.
    pub(super) request: Option<String>,
    spent: Option<String>,
    /// Whether the browser has to show that it keeps cookies.
    #[serde(skip)]
    pub(super) asks_for_cookies: bool,
}

impl wire::Input for Query {}

impl Query {
    /// The query of a request's URL.
    pub(super) fn of(request: &Request) -> Self {
        Self::read(request.uri().query().unwrap_or_default())
    }

    /// Reads the query of a URL. Anything unreadable counts as absent.
    ///
    /// A proxy that cannot percent-encode sends people here with `?next=` and the URL they wanted,
    /// exactly as it came. So if `next` comes first and begins with a literal slash (ours is always
    /// encoded), the rest of the query belongs to it, including `&`, `?` and `%`.
    ///
    /// `cookies` always comes first, so that it neither ends up in such a `next` nor makes it end early.
    pub(super) fn read(query: &str) -> Self {
        if query.is_empty() {
            return Self::default();
        }
        let rest = query.strip_prefix(ASKS_FOR_COOKIES);
        match rest.and_then(|rest| if rest.is_empty() { Some(rest) } else { rest.strip_prefix('&') }) {
            Some(rest) => Self { asks_for_cookies: true, ..Self::read_rest(rest) },
            None => Self::read_rest(query),
        }
    }

    fn read_rest(query: &str) -> Self {
        let rest = query.strip_prefix("next=").filter(|rest| rest.starts_with('/'));
        match rest {
            Some(next) => Self { next: Some(next.to_owned()), ..Self::default() },
            None => Fields::from_query(query.as_bytes()).and_then(Fields::read).unwrap_or_else(|_| {
                // A `next` that can't be read, or two of them, are not the same as none.
                let next = query.contains("next=").then(|| Next::Elsewhere.text().to_owned());
                Self { next, ..Self::default() }
            }),
        }
    }

    /// Where the person wanted to go.
    pub(super) fn next(&self) -> Option<Next> {
        wire::next(self.next.as_deref()?)
    }

    /// Whether a waiting tab that asks for its state already shows that the code is dead.
    pub(super) fn shows_spent(&self) -> bool {
        self.spent.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::{Next, Query};

    #[test]
    fn a_next_that_a_proxy_wrote_reaches_to_the_end_of_the_query() {
        for (query, next) in [
            ("next=/app/x?a=1&b=2%20c", Some("/app/x?a=1&b=2%20c")),
            ("next=/app/x&next=/y", Some("/app/x&next=/y")),
            ("next=/app/x?y=a+b%2Fc", Some("/app/x?y=a+b%2Fc")),
            ("next=/a%26b", Some("/a%26b")),
            ("next=/", Some("/")),
            // Ours, encoded: it ends where a parameter ends.
            ("next=%2Fapp%2Fx%3Fa%3D1%26b%3D2%2520c", Some("/app/x?a=1&b=2%20c")),
            ("next=%2Fapp&request=r", Some("/app")),
            ("request=r&next=/app/x&b=2", Some("/app/x")),
            // What a slash means in the middle is the app's business.
            ("next=/%2Fx", Some("/%2Fx")),
            ("next=/app/../..//x", Some("/app/../..//x")),
            // Neither reading leads to another origin.
            ("next=//evil.example", Some("elsewhere")),
            ("next=/\\evil.example", Some("elsewhere")),
            ("next=https://evil.example/", Some("elsewhere")),
            ("next=%2F%2Fevil.example", Some("elsewhere")),
            ("next=%2F%FF", Some("elsewhere")),
            ("next=%2Fa&next=%2Fb", Some("elsewhere")),
            ("request=%FF", None),
            ("next=", None),
            ("nextx=/app", None),
            ("", None),
        ] {
            let read = Query::read(query).next();
            assert_eq!(read.as_ref().map(Next::text), next, "{query}");
        }
        assert_eq!(Query::read("next=%2Fapp&request=r").request.as_deref(), Some("r"));
    }

    #[test]
    fn asking_for_cookies_changes_nothing_about_next() {
        for (query, asks, next) in [
            ("cookies", true, None),
            ("cookies&next=%2Fapp", true, Some("/app")),
            ("cookies&next=/app/x?a=1&b=2%20c", true, Some("/app/x?a=1&b=2%20c")),
            // Part of the URL that a proxy wrote.
            ("next=/app&cookies", false, Some("/app&cookies")),
            ("cookiesx&next=%2Fapp", false, Some("/app")),
        ] {
            let read = Query::read(query);
            let found = (read.asks_for_cookies, read.next());
            assert_eq!((found.0, found.1.as_ref().map(Next::text)), (asks, next), "{query}");
        }
    }
}
