//! Paths of an app that need no sign-in.

use std::fmt;

/// One path, or all paths below one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicPath {
    /// Exactly this path.
    Exactly(String),
    /// Every path that begins with this one, which ends with a slash.
    Below(String),
}

impl PublicPath {
    /// Parses an entry: a path, or a path that ends in `/*`.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence about it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if !text.starts_with('/') {
            return Err("must begin with /".into());
        }
        let (path, is_prefix) = match text.strip_suffix('*') {
            Some(path) if path.ends_with('/') => (path, true),
            _ => (text, false),
        };
        if path.contains('*') {
            return Err("may have * only in a /* at its end".into());
        }
        if path.contains('?') || is_odd(path) {
            return Err("has a character or a segment that no public path can have".into());
        }
        Ok(if is_prefix { Self::Below(path.to_owned()) } else { Self::Exactly(path.to_owned()) })
    }

    /// Whether it opens what a browser asks the app for: the path and query, as they came.
    ///
    /// The path is compared byte by byte, and one that the app could read in another way is never public:
    /// `/share/%2e%2e/admin`, `/share/..;/admin` and `/share//../admin` would otherwise open `/admin`.
    #[must_use]
    pub fn opens(&self, target: &str) -> bool {
        let path = target.split('?').next().unwrap_or_default();
        let is_it = match self {
            Self::Exactly(exactly) => path == exactly,
            Self::Below(prefix) => path.starts_with(prefix.as_str()),
        };
        is_it && !is_odd(path)
    }
}

/// Whether two programs could take a path for two different ones.
fn is_odd(path: &str) -> bool {
    let is_odd_byte = |byte: u8| !byte.is_ascii_graphic() || b"%\\;#".contains(&byte);
    path.bytes().any(is_odd_byte)
        || path.contains("//")
        || path.split('/').any(|it| [".", ".."].contains(&it))
}

/// As it is written in the configuration.
impl fmt::Display for PublicPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(path) => f.write_str(path),
            Self::Below(prefix) => write!(f, "{prefix}*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PublicPath;

    #[test]
    fn only_the_path_itself_is_public_and_no_odd_one() {
        let opens = |target: &str| {
            let entries =
                ["/healthz", "/share/*", "/x"].map(|entry| PublicPath::parse(entry).expect("it is right"));
            entries.iter().any(|entry| entry.opens(target))
        };
        for target in ["/healthz", "/healthz?a=../b", "/share/", "/share/a", "/share/a/b.c", "/x?%2e%2e"] {
            assert!(opens(target), "{target}");
        }
        for target in [
            "/",
            "/healthz/",
            "/healthzz",
            "/HEALTHZ",
            "/share",
            "/shared/",
            "/Share/",
            "/share/%2e%2e/admin",
            "/share/..;/admin",
            "/share/../admin",
            "/share/./a",
            "/share//a",
            "/share/a#/b",
            "/share/a\\..\\b",
            "/share/%00",
            "/share/\u{e9}",
            "/share/a b",
            "/share/..",
            "//share/",
            "/x/..",
            "healthz",
            "",
        ] {
            assert!(!opens(target), "{target}");
        }
    }

    #[test]
    fn an_entry_that_could_never_match_is_refused() {
        for entry in
            ["", "share", "*", "/a*", "/*/b", "/a/*/", "/a/**", "/a%2fb", "/a/../b", "/a//b", "/a?b", "//*"]
        {
            assert!(PublicPath::parse(entry).is_err(), "{entry}");
        }
        assert!(PublicPath::parse("/*").is_ok_and(|all| all.opens("/anything") && !all.opens("/a;b")));
    }
}
