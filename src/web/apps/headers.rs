//! The names of the headers under which an app is given who someone is.

use poem::http::header::HeaderName;

/// What every app is given: the account's id, its address, its groups, and the name of a key.
pub static DEFAULTS: [HeaderName; 4] = [
    HeaderName::from_static("remote-user"),
    HeaderName::from_static("remote-email"),
    HeaderName::from_static("remote-groups"),
    HeaderName::from_static("remote-key"),
];

/// Headers that mean something between us, the proxy and the browser.
const OURS: [&str; 18] = [
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-security-policy",
    "content-type",
    "date",
    "host",
    "keep-alive",
    "location",
    "referrer-policy",
    "retry-after",
    "set-cookie",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
    "x-content-type-options",
];

/// Something about a person that an app can be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The account's id, which never changes.
    Id,
    /// The email address.
    Email,
    /// The groups, separated by commas.
    Groups,
}

/// A header, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// Its name.
    pub name: HeaderName,
    /// What it is filled with.
    pub value: Identity,
}

impl Mapped {
    /// Parses a name and the word for its value: `id`, `email` or `groups`.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence about it.
    pub fn parse(name: &str, value: &str) -> Result<Self, String> {
        let value = match value {
            "id" => Identity::Id,
            "email" => Identity::Email,
            "groups" => Identity::Groups,
            _ => return Err("must be \"id\", \"email\" or \"groups\"".into()),
        };
        let name =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| "is not the name of a header".to_owned())?;
        let is_ours = OURS.contains(&name.as_str()) || name.as_str().starts_with("x-forwarded-");
        if is_ours { Err("means something else in an answer".into()) } else { Ok(Self { name, value }) }
    }
}

/// Further headers of one app. One with the name of a default replaces it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappedHeaders(Vec<Mapped>);

impl MappedHeaders {
    /// These headers.
    ///
    /// # Errors
    /// The two names that some programs would take for one, because they read `-`, `_` and `.` alike: a client could
    /// send the one, and the app would read it as the other.
    pub fn new(all: Vec<Mapped>) -> Result<Self, [String; 2]> {
        let alike = |name: &HeaderName| name.as_str().replace(['_', '.'], "-");
        for (index, one) in all.iter().enumerate() {
            let others = all[..index].iter().map(|other| (&other.name, true));
            let defaults = DEFAULTS.iter().map(|name| (name, false));
            for (other, is_mapped) in others.chain(defaults) {
                if alike(&one.name) == alike(other) && (is_mapped || one.name != *other) {
                    return Err([one.name.to_string(), other.to_string()]);
                }
            }
        }
        Ok(Self(all))
    }

    /// Each of them.
    pub fn each(&self) -> impl Iterator<Item = &Mapped> {
        self.0.iter()
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &HeaderName> {
        self.0.iter().map(|mapped| &mapped.name)
    }
}

#[cfg(test)]
mod tests {
    use super::{Mapped, MappedHeaders};

    #[test]
    fn names_that_a_program_could_confuse_are_refused() {
        let new = |names: &[&str]| {
            let parsed = names.iter().map(|name| Mapped::parse(name, "email").expect("it is right"));
            MappedHeaders::new(parsed.collect()).is_ok()
        };
        assert!(new(&["X-WEBAUTH-USER", "Remote-User", "X-Mail"]));
        for names in
            [&["X-A", "x-a"][..], &["X-A", "X_A"], &["X.A", "x_a"], &["Remote_User"], &["remote.email"]]
        {
            assert!(!new(names), "{names:?}");
        }
        for name in ["", "a b", "X:A", "Set-Cookie", "X-Forwarded-Host"] {
            assert!(Mapped::parse(name, "id").is_err(), "{name}");
        }
        assert!(Mapped::parse("X-A", "name").is_err());
    }
}
