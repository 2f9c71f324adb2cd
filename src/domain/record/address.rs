//! One strict parser for email addresses: normalise first, then validate, then trust the type.
//!
//! Anything that two parsers could read in two ways (comments, quotes, lists, literals, look-alike
//! characters) is refused. Otherwise an email could go to someone other than the account's owner.

use std::fmt;

/// An email address we can send to. The local part is kept as entered. The domain is in lower-case ASCII
/// (A-labels), so that a look-alike domain is recognisable.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct EmailAddress(String);

/// The address in lower case, which identifies the mailbox. Unique among accounts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CanonicalAddress(String);

/// Why a text is not an address we can send to, in a sentence for the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The field is empty.
    #[error("Please enter your email address.")]
    Empty,
    /// More than 254 bytes, or more than 64 before the `@` (RFC 5321, 4.5.3.1).
    #[error("That email address is too long.")]
    TooLong,
    /// Not exactly one `@` with something before and after it.
    #[error("Enter an email address such as name@example.org.")]
    Shape,
    /// The local part contains something other than dots and the atext of RFC 5322.
    #[error("The part before the @ contains a character we can't send to.")]
    Local,
    /// The domain is not an internet host name, or normalising changes it.
    #[error("The part after the @ isn't a domain we can send to.")]
    Domain,
}

impl EmailAddress {
    /// The most bytes in an address.
    pub const MAX_BYTES: usize = 254;
    const MAX_LOCAL_BYTES: usize = 64;

    /// Parses an address as a person enters it, ignoring spaces and invisible characters around it.
    ///
    /// # Errors
    /// The reason it is refused, as a sentence for the person.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim_matches(is_invisible);
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(AddressError::TooLong);
        }
        let (local, domain) = text.split_once('@').ok_or(AddressError::Shape)?;
        if local.is_empty() || domain.is_empty() || domain.contains('@') {
            return Err(AddressError::Shape);
        }
        if local.len() > Self::MAX_LOCAL_BYTES {
            return Err(AddressError::TooLong);
        }
        if !is_dot_atom(local) {
            return Err(AddressError::Local);
        }
        let address = format!("{local}@{}", ascii_domain(domain).ok_or(AddressError::Domain)?);
        if address.len() > Self::MAX_BYTES {
            return Err(AddressError::TooLong);
        }
        Ok(Self(address))
    }

    /// The address we send to.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that identifies the mailbox.
    #[must_use]
    pub fn canonical(&self) -> CanonicalAddress {
        CanonicalAddress(self.0.to_ascii_lowercase())
    }

    /// The part after the @.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.parts().1
    }

    /// A shortened form for the log: recognisable only to someone who already knows the address.
    #[must_use]
    pub fn masked(&self) -> String {
        let (local, domain) = self.parts();
        format!("{}…@{domain}", &local[..1])
    }

    fn parts(&self) -> (&str, &str) {
        self.0.split_once('@').expect("an address has one @")
    }
}

impl CanonicalAddress {
    /// The address in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// Masked, so that a debug print cannot leak an address into a log.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Debug for CanonicalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CanonicalAddress")
    }
}

/// Whether a character shows nothing. Copied from a page or a chat, an address often has one at its end,
/// where no one can see what is wrong with it.
fn is_invisible(c: char) -> bool {
    let is_ignorable = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}');
    is_ignorable || c.is_whitespace() || c.is_control()
}

/// RFC 5322, 3.2.3, without quotes and comments: ASCII only, nothing empty between dots.
fn is_dot_atom(local: &str) -> bool {
    let is_atext = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atext))
}

/// The domain's A-labels in lower case, or nothing if it is not a host name.
///
/// UTS 46 maps full-width and other look-alike letters to plain ones. If that changes more of a domain than
/// its letter case, it is refused instead of corrected: the name a person entered and the name we send to
/// must be the same (CVE-2019-19844, CVE-2026-73420).
pub(super) fn ascii_domain(domain: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii_strict(domain).ok()?;
    let unicode = idna::domain_to_unicode(&ascii).0;
    // Letter by letter, as UTS 46 does it: a whole word in Greek ends in another small sigma.
    let entered: String = domain.chars().flat_map(char::to_lowercase).collect();
    let labels: Vec<&str> = ascii.split('.').collect();
    // Each label may be entered in its own letters or already encoded.
    let spellings = labels.iter().zip(unicode.split('.'));
    let is_spelled =
        |(entered, (ascii, unicode)): (&str, (&&str, &str))| [*ascii, unicode].contains(&entered);
    if entered.split('.').count() != labels.len() || !entered.split('.').zip(spellings).all(is_spelled) {
        return None;
    }
    let is_host_name = labels.len() >= 2 || ascii == "localhost";
    // A last label of digits only is an IPv4 address in disguise.
    let is_numeric = labels.last()?.bytes().all(|byte| byte.is_ascii_digit());
    let is_label = |label: &&str| (1..=63).contains(&label.len());
    (is_host_name && !is_numeric && labels.iter().all(is_label)).then_some(ascii)
}

/// The same domain in its own letters, as its people write it.
pub(super) fn readable_domain(ascii: &str) -> String {
    idna::domain_to_unicode(ascii).0
}
