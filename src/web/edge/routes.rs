//! The handler of each path, and which methods a path accepts: one table for all doors. A request finds its row
//! once, and what answers there is called at once.

use std::collections::HashMap;

use poem::endpoint::{BoxEndpoint, DynEndpoint};
use poem::http::Method;
use poem::http::header::HeaderValue;
use poem::{EndpointExt, IntoEndpoint, Response, Route};

use crate::web::problem::{Code, Problem};

/// The paths of a door, their methods, and what answers. Each door provides its own.
#[derive(Default)]
pub struct Routes {
    /// All of them. The place of a row here is its number.
    rows: Vec<Row>,
    /// Paths without a parameter, by their numbers. These are looked up first.
    plain: HashMap<String, usize>,
    /// The numbers of paths with a parameter.
    patterns: Vec<usize>,
    /// What answers at any other path.
    elsewhere: Option<BoxEndpoint<'static>>,
}

struct Row {
    pattern: String,
    methods: Vec<(Method, BoxEndpoint<'static>)>,
}

impl Routes {
    /// No routes yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what answers to a method at a path. A segment in braces (`/link/{token}`) matches any one segment, and
    /// what answers can ask the request for it. GET answers HEAD too.
    #[must_use]
    pub fn at<E>(mut self, pattern: impl Into<String>, method: Method, endpoint: E) -> Self
    where
        E: IntoEndpoint + 'static,
        E::Endpoint: poem::Endpoint<Output = Response> + 'static,
    {
        let pattern = pattern.into();
        let endpoint = if pattern.contains('{') {
            // poem's router reads the parameter. It has only this one route.
            Route::new().at(pattern.replace('{', ":").replace('}', ""), endpoint).boxed()
        } else {
            endpoint.boxed()
        };
        self.add(pattern, vec![(method, endpoint)]);
        self
    }

    /// Sets what answers at every path that has no row.
    #[must_use]
    pub fn elsewhere(self, endpoint: impl poem::Endpoint<Output = Response> + 'static) -> Self {
        Self { elsewhere: Some(endpoint.boxed()), ..self }
    }

    /// Adds the routes of another door.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        for row in others.rows {
            self.add(row.pattern, row.methods);
        }
        self
    }

    /// Every path with its methods.
    #[must_use]
    pub fn methods(&self) -> Vec<(String, Vec<Method>)> {
        let methods = |row: &Row| row.methods.iter().map(|(method, _)| method.clone()).collect();
        self.rows.iter().map(|row| (row.pattern.clone(), methods(row))).collect()
    }

    fn add(&mut self, pattern: String, methods: Vec<(Method, BoxEndpoint<'static>)>) {
        let known = self.rows.iter_mut().find(|row| row.pattern == pattern);
        if let Some(row) = known {
            row.methods.extend(methods);
            return;
        }
        let number = self.rows.len();
        if pattern.contains('{') {
            self.patterns.push(number);
        } else {
            self.plain.insert(pattern.clone(), number);
        }
        self.rows.push(Row { pattern, methods });
    }

    /// The patterns of all routes, in the order of their numbers.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| row.pattern.as_str())
    }

    /// The number of the route that a path belongs to.
    pub(super) fn find(&self, path: &str) -> Option<usize> {
        let of_pattern = || self.patterns.iter().find(|number| matches(&self.rows[**number].pattern, path));
        self.plain.get(path).or_else(of_pattern).copied()
    }

    /// Refuses a method that this route does not accept. Methods that no route accepts (TRACE, CONNECT,
    /// invented ones) are refused everywhere.
    pub(super) fn check(&self, route: Option<usize>, method: &Method) -> Result<(), Problem> {
        let is_known = match route {
            None => self.rows.iter().any(|row| row.endpoint(method).is_some()),
            Some(route) => self.rows[route].endpoint(method).is_some(),
        };
        if is_known { Ok(()) } else { Err(Problem::of(Code::MethodNotAllowed)) }
    }

    /// What answers to a method that this route accepts.
    pub(super) fn endpoint(
        &self,
        route: Option<usize>,
        method: &Method,
    ) -> Result<&dyn DynEndpoint<Output = Response>, Problem> {
        let endpoint = match route {
            None => self.elsewhere.as_deref(),
            Some(route) => self.rows[route].endpoint(method),
        };
        endpoint.ok_or_else(|| Problem::of(Code::NotFound))
    }

    /// The value of `Allow` for this route; empty for a path that has none.
    pub(super) fn allow(&self, route: Option<usize>) -> HeaderValue {
        let methods = route.map_or(&[][..], |route| &self.rows[route].methods);
        let mut names: Vec<&str> = methods.iter().map(|(method, _)| method.as_str()).collect();
        if names.contains(&"GET") {
            names.push("HEAD");
        }
        HeaderValue::from_str(&names.join(", ")).expect("methods are tokens")
    }
}

impl Row {
    fn endpoint(&self, method: &Method) -> Option<&dyn DynEndpoint<Output = Response>> {
        let accepts =
            |accepted: &Method| accepted == method || (method == Method::HEAD && accepted == Method::GET);
        self.methods.iter().find(|(accepted, _)| accepts(accepted)).map(|(_, endpoint)| &**endpoint)
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(want), Some(give)) if want == give => {}
            (Some(want), Some(give)) if want.starts_with('{') && want.ends_with('}') && !give.is_empty() => {}
            _ => return false,
        }
    }
}
