//! One entry of the list of accounts that an app is for.

use std::fmt;

use super::groups::Groups;
use crate::domain::record::address::{CanonicalAddress, EmailAddress, ascii_domain};

/// What the name of a group begins with.
const GROUP: &str = "group:";

/// The accounts that one entry of `allow` lets in.
#[derive(Clone, PartialEq, Eq)]
pub enum Allow {
    /// Every account.
    Everyone,
    /// Every administrator.
    Admin,
    /// The account with this address.
    Address(CanonicalAddress),
    /// Every account with an address in this domain, but in none of its subdomains.
    Domain(String),
    /// Every account whose address is in this group.
    Group(String),
}

impl Allow {
    /// Parses an entry: `*`, `admin`, `group:NAME`, `*@DOMAIN` or an email address.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence about it.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "*" => return Ok(Self::Everyone),
            "admin" => return Ok(Self::Admin),
            _ => {}
        }
        if let Some(name) = text.strip_prefix(GROUP) {
            return Ok(Self::Group(name.to_owned()));
        }
        if let Some(domain) = text.strip_prefix("*@") {
            let domain =
                ascii_domain(domain).ok_or_else(|| "is not a domain that email is sent to".to_owned())?;
            return Ok(Self::Domain(domain));
        }
        let address = EmailAddress::parse(text).map_err(|_| {
            "is none of \"*\", \"admin\", \"group:NAME\", \"*@example.org\" and \"ann@example.org\""
                .to_owned()
        })?;
        // Spaces around it would be dropped without a word.
        if address.as_str().len() < text.len() && text.trim() != text {
            return Err("has spaces around it".into());
        }
        Ok(Self::Address(address.canonical()))
    }

    /// Whether it lets in an account with this address.
    #[must_use]
    pub fn admits(&self, address: &EmailAddress, is_admin: bool, groups: &Groups) -> bool {
        match self {
            Self::Everyone => true,
            Self::Admin => is_admin,
            Self::Address(other) => address.canonical() == *other,
            // The domain of an address is in lower case already.
            Self::Domain(domain) => address.domain() == domain,
            Self::Group(name) => groups.has(name, &address.canonical()),
        }
    }
}

/// As it is written in the configuration.
impl fmt::Display for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => f.write_str("*"),
            Self::Admin => f.write_str("admin"),
            Self::Address(address) => f.write_str(address.as_str()),
            Self::Domain(domain) => write!(f, "*@{domain}"),
            Self::Group(name) => write!(f, "{GROUP}{name}"),
        }
    }
}

// Without the address, so that a debug print cannot leak one into a log.
impl fmt::Debug for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(f, "{address:?}"),
            other => write!(f, "{other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Allow, EmailAddress, Groups};

    #[test]
    fn each_form_lets_in_exactly_whom_it_names() {
        let mut groups = Groups::default();
        groups.add("family", EmailAddress::parse("Bob@example.net").expect("it is right").canonical());
        let admits = |entry: &str, address: &str, is_admin: bool| {
            let address = EmailAddress::parse(address).expect("it is right");
            Allow::parse(entry).expect("it is right").admits(&address, is_admin, &groups)
        };
        for (entry, address, is_admin, expected) in [
            ("*", "ann@example.org", false, true),
            ("admin", "ann@example.org", false, false),
            ("admin", "ann@example.org", true, true),
            ("ANN@Example.ORG", "ann@example.org", false, true),
            ("ann@example.org", "ann@sub.example.org", false, false),
            ("ann@example.org", "anna@example.org", false, false),
            ("*@EXAMPLE.org", "ann@example.ORG", false, true),
            ("*@example.org", "ann@sub.example.org", false, false),
            ("*@example.org", "ann@evil-example.org", false, false),
            ("group:family", "bob@EXAMPLE.net", false, true),
            ("group:family", "ann@example.org", false, false),
            ("group:FAMILY", "bob@example.net", false, false),
        ] {
            assert_eq!(admits(entry, address, is_admin), expected, "{entry} {address}");
        }
    }

    #[test]
    fn an_entry_of_no_form_is_refused() {
        for entry in
            ["", "ann", "@example.org", "*@", "*@*.example.org", "* ", "*@example", " ann@example.org", "!*"]
        {
            assert!(Allow::parse(entry).is_err(), "{entry}");
        }
    }
}
