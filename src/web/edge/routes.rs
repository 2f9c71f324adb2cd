//! Which methods a path accepts. A 405 response must list them, and poem's router does not report them.

use std::collections::HashMap;

use poem::http::Method;
use poem::http::header::HeaderValue;

use crate::web::problem::{Code, Problem};

/// The paths of a door and their methods. Each door provides its own.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    /// Paths without a parameter. These are looked up first.
    plain: HashMap<String, Vec<Method>>,
    /// Paths with a parameter.
    patterns: Vec<(String, Vec<Method>)>,
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
        let known = if pattern.contains('{') {
            let index = self.patterns.iter().position(|(other, _)| *other == pattern);
            let index = index.unwrap_or_else(|| {
                self.patterns.push((pattern, Vec::new()));
                self.patterns.len() - 1
            });
            &mut self.patterns[index].1
        } else {
            self.plain.entry(pattern).or_default()
        };
        known.extend_from_slice(methods);
        self
    }

    /// Adds the routes of another door.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        others
            .plain
            .into_iter()
            .chain(others.patterns)
            .fold(self, |all, (path, methods)| all.at(path, &methods))
    }

    /// Refuses a method that this path does not accept. Methods that no path accepts (TRACE, CONNECT,
    /// invented ones) are refused everywhere. The router refuses unknown paths.
    pub(super) fn check(&self, path: &str, method: &Method) -> Result<(), Problem> {
        let allows = |methods: &[Method]| {
            methods.contains(method) || (method == Method::HEAD && methods.contains(&Method::GET))
        };
        let is_known = match self.methods(path) {
            [] => self.all().any(|methods| allows(methods)),
            methods => allows(methods),
        };
        if is_known { Ok(()) } else { Err(Problem::of(Code::MethodNotAllowed)) }
    }

    /// The value of `Allow` for this path; empty if the path is unknown.
    pub(super) fn allow(&self, path: &str) -> HeaderValue {
        let methods = self.methods(path);
        let mut names: Vec<&str> = methods.iter().map(Method::as_str).collect();
        if methods.contains(&Method::GET) {
            names.push(Method::HEAD.as_str());
        }
        HeaderValue::from_str(&names.join(", ")).expect("methods are tokens")
    }

    fn methods(&self, path: &str) -> &[Method] {
        let pattern = || self.patterns.iter().find(|(pattern, _)| matches(pattern, path));
        let methods = self.plain.get(path).or_else(|| pattern().map(|(_, methods)| methods));
        methods.map_or(&[], Vec::as_slice)
    }

    fn all(&self) -> impl Iterator<Item = &Vec<Method>> {
        self.plain.values().chain(self.patterns.iter().map(|(_, methods)| methods))
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
