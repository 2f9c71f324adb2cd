//! Which methods a path knows: what poem's router does not tell, and a 405 must.

use poem::http::Method;
use poem::http::header::HeaderValue;

use crate::web::problem::{Code, Problem};

/// The paths of a door and their methods. Each door hands in its own.
#[derive(Clone, Debug, Default)]
pub struct Routes(Vec<(String, Vec<Method>)>);

impl Routes {
    /// No routes yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a path; a segment in braces (`/link/{token}`) stands for any one segment. HEAD comes
    /// with GET.
    #[must_use]
    pub fn at(mut self, pattern: impl Into<String>, methods: &[Method]) -> Self {
        self.0.push((pattern.into(), methods.to_vec()));
        self
    }

    /// Adds the routes of another door.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Refuses a method this path does not know, and everywhere those that no path knows (TRACE,
    /// CONNECT and inventions). An unknown path is for the router to refuse.
    pub(super) fn check(&self, path: &str, method: &Method) -> Result<(), Problem> {
        let allowed = self.allowed(path);
        let is_known = if allowed.is_empty() {
            method == Method::HEAD || self.0.iter().any(|(_, methods)| methods.contains(method))
        } else {
            allowed.contains(method)
        };
        if is_known { Ok(()) } else { Err(Problem::of(Code::MethodNotAllowed)) }
    }

    /// What `Allow` says of this path; nothing where it has none.
    pub(super) fn allow(&self, path: &str) -> HeaderValue {
        let methods = self.allowed(path);
        let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
        HeaderValue::from_str(&names.join(", ")).expect("methods are tokens")
    }

    fn allowed(&self, path: &str) -> Vec<Method> {
        let has_literal = self.0.iter().any(|(pattern, _)| pattern == path);
        let mut allowed = Vec::new();
        for (pattern, methods) in &self.0 {
            // A path that is spelt out is not also another path's parameter.
            let is_it = if has_literal { pattern == path } else { matches(pattern, path) };
            if is_it {
                allowed.extend(methods.iter().cloned());
            }
        }
        if allowed.contains(&Method::GET) {
            allowed.push(Method::HEAD);
        }
        allowed
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
