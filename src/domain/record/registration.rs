//! Who can get an account without the operator.
//!
//! The rule looks at the mode and at the domain of an address, and at nothing else. So whatever it refuses,
//! it refuses whether or not the address has an account, and reveals nothing.

use std::fmt;
use std::sync::Arc;

use crate::domain::record::address::{EmailAddress, ascii_domain, readable_domain};

/// What a rule about subdomains begins with.
const WILDCARD: &str = "*.";

/// Who can get an account by proving an email address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RegistrationMode {
    /// Anyone with a mailbox.
    #[default]
    Open,
    /// Anyone with a mailbox in one of these domains.
    Domains(Domains),
    /// No one who was not invited.
    Invite,
    /// No one.
    Closed,
}

impl RegistrationMode {
    /// Whether anyone at all can register.
    #[must_use]
    pub fn has_form(&self) -> bool {
        matches!(self, Self::Open | Self::Domains(_))
    }

    /// Whether proving this address can create an account.
    #[must_use]
    pub fn accepts(&self, address: &EmailAddress) -> bool {
        match self {
            Self::Open => true,
            Self::Domains(domains) => domains.contain(address),
            Self::Invite | Self::Closed => false,
        }
    }

    /// Whether an account can change to this address. Only the domains matter: otherwise someone who leaves
    /// an organisation could take the account along to a private mailbox.
    #[must_use]
    pub fn accepts_change_to(&self, address: &EmailAddress) -> bool {
        self.domains().is_none_or(|domains| domains.contain(address))
    }

    /// The domains an address has to be in, if it has to be in any.
    #[must_use]
    pub fn domains(&self) -> Option<&Domains> {
        match self {
            Self::Domains(domains) => Some(domains),
            Self::Open | Self::Invite | Self::Closed => None,
        }
    }
}

/// One or more domains. Displayed, they continue a sentence such as "an email address at …".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domains(Arc<[DomainRule]>);

impl Domains {
    /// The domains of these rules, each once. Nothing if there are none.
    #[must_use]
    pub fn new(rules: Vec<DomainRule>) -> Option<Self> {
        let mut unique: Vec<DomainRule> = Vec::new();
        for rule in rules {
            if !unique.contains(&rule) {
                unique.push(rule);
            }
        }
        Some(unique).filter(|rules| !rules.is_empty()).map(|rules| Self(rules.into()))
    }

    /// Whether an address is in one of them.
    #[must_use]
    pub fn contain(&self, address: &EmailAddress) -> bool {
        self.0.iter().any(|rule| rule.contains(address.domain()))
    }

    /// The name of a domain whose addresses are in one of them.
    #[must_use]
    pub fn example(&self) -> String {
        let first = &self.0[0];
        match first.reach {
            Reach::Itself => first.domain.clone(),
            Reach::Subdomains => format!("mail.{}", first.domain),
        }
    }
}

impl fmt::Display for Domains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, rule) in self.0.iter().enumerate() {
            match index {
                0 => {}
                _ if index + 1 == self.0.len() => f.write_str(" or ")?,
                _ => f.write_str(", ")?,
            }
            write!(f, "{rule}")?;
        }
        Ok(())
    }
}

/// A domain, or all its subdomains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainRule {
    /// In the form that addresses have: A-labels in lower case.
    domain: String,
    reach: Reach,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Itself,
    Subdomains,
}

/// Why a text is not a rule about a domain, to follow the text in a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DomainRuleError {
    /// It is not a domain that an email address can have.
    #[error("is not a domain such as example.org, or *.example.org for its subdomains")]
    Domain,
    /// The wildcard is somewhere else than at the beginning.
    #[error("can have a * only at its beginning, as in *.example.org")]
    Wildcard,
}

impl DomainRule {
    /// Parses a rule as the operator writes it. The domain goes through the parser of addresses, so that both
    /// are compared in one form.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, DomainRuleError> {
        let (reach, domain) = match text.strip_prefix(WILDCARD) {
            Some(domain) => (Reach::Subdomains, domain),
            None => (Reach::Itself, text),
        };
        if domain.contains('*') {
            return Err(DomainRuleError::Wildcard);
        }
        let domain = match reach {
            Reach::Itself => ascii_domain(domain),
            // The shortest address that it is about has one label more, and is long enough to be a domain.
            Reach::Subdomains => ascii_domain(&format!("x.{domain}")).map(|it| it["x.".len()..].to_owned()),
        };
        Ok(Self { domain: domain.ok_or(DomainRuleError::Domain)?, reach })
    }

    /// Whether it is about this domain of an address.
    fn contains(&self, domain: &str) -> bool {
        match (self.reach, domain.strip_suffix(self.domain.as_str())) {
            (Reach::Itself, Some(before)) => before.is_empty(),
            (Reach::Subdomains, Some(before)) => before.ends_with('.'),
            (_, None) => false,
        }
    }
}

impl fmt::Display for DomainRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.reach == Reach::Subdomains {
            f.write_str("a subdomain of ")?;
        }
        f.write_str(&readable_domain(&self.domain))
    }
}
