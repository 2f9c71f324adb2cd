//! Where to go after signing in: a path of this origin.

/// A path, query included, that no browser reads as another site.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Next(String);

impl Next {
    const MAX_BYTES: usize = 1024;

    /// Parses what a client sent as `next`. Nothing if it could lead anywhere but to a path here.
    ///
    /// An open redirect would let an attacker's link begin with our name and end on the attacker's page.
    /// Browsers read `\` as `/`, drop tabs and line breaks, and read `//` as the start of a host, so all
    /// of these are refused everywhere in the path.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let path = text.split(['?', '#']).next()?;
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        let decoded = path.to_ascii_lowercase();
        let hides_a_slash =
            ["//", "%2f", "%5c", "%0", "%1", "%7f", "/.."].iter().any(|part| decoded.contains(part));
        (text.starts_with('/') && text.len() <= Self::MAX_BYTES && is_plain && !hides_a_slash)
            .then(|| Self(text.to_owned()))
    }

    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Next;

    #[test]
    fn paths_of_this_origin_are_accepted() {
        for path in ["/", "/app", "/app/a.b?x=1&y=//z", "/app#part", "/a%20b", "/%E2%82%AC", "/.well-known/x"]
        {
            assert_eq!(Next::parse(path).as_ref().map(Next::as_str), Some(path));
        }
    }

    #[test]
    fn anything_that_could_lead_elsewhere_is_refused() {
        let long = format!("/{}", "a".repeat(1024));
        for path in [
            "",
            "app",
            " /app",
            "/app ",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/%2fevil.example",
            "/%2Fevil.example",
            "/%5cevil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/..//evil.example",
            "/../evil",
            "/a/..//evil",
            "https:evil.example",
            "https://evil.example",
            "HTTPS://evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "@evil.example",
            ".evil.example",
            "/app\r\nSet-Cookie:a=b",
            "/%0d%0aSet-Cookie:a=b",
            "/app\0",
            "/%00",
            "/bücher",
            "/\u{2028}/evil",
            "?next=/",
            "#x",
            "/a//b",
            long.as_str(),
        ] {
            assert_eq!(Next::parse(path), None, "{path:?}");
        }
    }
}
