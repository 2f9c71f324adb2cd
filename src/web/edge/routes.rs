//! Which methods a path accepts. A 405 response must list them, and poem's router does not report them.

use std::collections::HashMap;

use poem::http::Method;
use poem::http::header::HeaderValue;

use crate::web::problem::{Code, Problem};

/// The paths of a door and their methods. Each door provides its own.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    /// All of them. The place of a route here is its number.
    all: Vec<(String, Vec<Method>)>,
    /// Paths without a parameter, by their numbers. These are looked up first.
    plain: HashMap<String, usize>,
    /// The numbers of paths with a parameter.
    patterns: Vec<usize>,
}

impl Routes {
    /// No routes yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a path, or more methods to a known one. A segment in braces (`/link/{token}`) matches any
    /// one segment. GET includes HEAD.
    #[must_use]
    pub fn at(mut self, pattern: impl Into<String>, methods: &[Method]) -> Self {
        let pattern = pattern.into();
        let known = self.all.iter().position(|(other, _)| *other == pattern);
        let number = known.unwrap_or_else(|| {
            let number = self.all.len();
            if pattern.contains('{') {
                self.patterns.push(number);
            } else {
                self.plain.insert(pattern.clone(), number);
            }
            self.all.push((pattern, Vec::new()));
            number
        });
        self.all[number].1.extend_from_slice(methods);
        self
    }

    /// Adds the routes of another door.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        others.all.into_iter().fold(self, |all, (path, methods)| all.at(path, &methods))
    }

    /// The patterns of all routes, in the order of their numbers.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|(pattern, _)| pattern.as_str())
    }

    /// The number of the route that a path belongs to.
    pub(super) fn find(&self, path: &str) -> Option<usize> {
        let of_pattern = || self.patterns.iter().find(|number| matches(&self.all[**number].0, path));
        self.plain.get(path).or_else(of_pattern).copied()
    }

    /// Refuses a method that this route does not accept. Methods that no route accepts (TRACE, CONNECT,
    /// invented ones) are refused everywhere. The router refuses unknown paths.
    pub(super) fn check(&self, route: Option<usize>, method: &Method) -> Result<(), Problem> {
        let allows = |methods: &[Method]| {
            methods.contains(method) || (method == Method::HEAD && methods.contains(&Method::GET))
        };
        let is_known = match route {
            None => self.all.iter().any(|(_, methods)| allows(methods)),
            Some(route) => allows(&self.all[route].1),
        };
        if is_known { Ok(()) } else { Err(Problem::of(Code::MethodNotAllowed)) }
    }

    /// The value of `Allow` for this route; empty for a path that has none.
    pub(super) fn allow(&self, route: Option<usize>) -> HeaderValue {
        let methods = route.map_or(&[][..], |route| &self.all[route].1);
        let mut names: Vec<&str> = methods.iter().map(Method::as_str).collect();
        if methods.contains(&Method::GET) {
            names.push(Method::HEAD.as_str());
        }
        HeaderValue::from_str(&names.join(", ")).expect("methods are tokens")
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
