//! What the operator configures about mail, parsed strictly: a mistake is reported at startup and not
//! discovered when an email does not arrive.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use lettre::transport::smtp::authentication::Credentials;

use crate::domain::record::address::EmailAddress;

/// The `From` of every email: an address, with or without a name before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    pub(super) name: Option<String>,
    pub(super) address: EmailAddress,
}

/// The text is not a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an email address such as \"Gatepost <gatepost@example.org>\" or gatepost@example.org")]
pub struct SenderError;

impl Sender {
    /// Reads `address` or `name <address>`.
    ///
    /// Refuses control characters: a line break in the name would start a second header, and lettre
    /// panics on one.
    ///
    /// # Errors
    /// If the text is neither.
    pub fn parse(text: &str) -> Result<Self, SenderError> {
        let text = text.trim();
        if text.chars().any(char::is_control) {
            return Err(SenderError);
        }
        let (name, address) = match text.strip_suffix('>') {
            Some(rest) => rest.split_once('<').ok_or(SenderError)?,
            None => ("", text),
        };
        let name = name.trim().trim_matches('"').trim();
        let address = EmailAddress::parse(address).map_err(|_| SenderError)?;
        Ok(Self { name: (!name.is_empty()).then(|| name.to_owned()), address })
    }

    /// The domain of the address, used in every `Message-ID` too.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.address.as_str().rsplit_once('@').expect("every address has an @").1
    }
}

/// The mail server in `smtp_url`.
#[derive(Clone)]
pub struct SmtpServer {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) login: Option<Credentials>,
    /// Its addresses. If there are none, its name is looked up.
    pub(super) addresses: Vec<SocketAddr>,
}

/// How the conversation with the mail server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Security {
    /// TLS from the start.
    Implicit,
    /// TLS after STARTTLS, before anything of ours is sent. Required.
    StartTls,
    /// Not at all. Only on loopback.
    Plain,
}

/// Why a text is not a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmtpServerError {
    /// It is not a URL with the scheme smtps or smtp and a host.
    #[error("must be a URL such as smtps://mail.example.org:465 or smtp://mail.example.org:587")]
    Shape,
    /// A character in the user or the password ends the host part of the URL.
    #[error(
        "has a /, ? or # in its user or password; write it as %2F, %3F or %23, or set mail.smtp_user and \
         mail.smtp_password instead"
    )]
    Unencoded,
    /// A percent sign is followed by something else than two hexadecimal digits of UTF-8 text.
    #[error(
        "has a % in its user or password that is not percent-encoding; write it as %25, or set mail.smtp_user \
         and mail.smtp_password instead"
    )]
    Percent,
    /// It has a path, a fragment or a query without a meaning here.
    #[error("must end after the host and port (except smtp://…?tls=none)")]
    Rest,
    /// Emails, and the codes in them, would cross the network unencrypted.
    #[error("can use tls=none only for a mail server on this machine (localhost, 127.0.0.1, [::1])")]
    PlainOffLoopback,
    /// The user or the password contains a control character, or one of the two is missing.
    #[error("needs both a user and a password, percent-encoded, or neither")]
    Login,
    /// A user is set in the URL and in `smtp_user`.
    #[error("contains a user, and mail.smtp_user is set too; remove one of them")]
    TwoLogins,
}

impl SmtpServer {
    /// Reads `smtps://host:465` (TLS from the start), `smtp://host:587` (STARTTLS, required) or
    /// `smtp://host:25?tls=none` (loopback only), with or without `user:password@` before the host.
    ///
    /// # Errors
    /// Says what is wrong with the URL.
    pub fn parse(text: &str) -> Result<Self, SmtpServerError> {
        if has_unencoded_login(text) {
            return Err(SmtpServerError::Unencoded);
        }
        let url = url::Url::parse(text.trim()).map_err(|_| SmtpServerError::Shape)?;
        let (security, default_port) = match (url.scheme(), url.query()) {
            ("smtps", None) => (Security::Implicit, 465),
            ("smtp", None) => (Security::StartTls, 587),
            ("smtp", Some("tls=none")) => (Security::Plain, 25),
            ("smtps" | "smtp", Some(_)) => return Err(SmtpServerError::Rest),
            _ => return Err(SmtpServerError::Shape),
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(SmtpServerError::Rest);
        }
        let host = url.host_str().and_then(host_name).ok_or(SmtpServerError::Shape)?;
        if security == Security::Plain && !is_loopback(&host) {
            return Err(SmtpServerError::PlainOffLoopback);
        }
        let login = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => Some(credentials(&decoded(user)?, &decoded(password.unwrap_or_default())?)?),
        };
        let (port, addresses) = (url.port().unwrap_or(default_port), Vec::new());
        Ok(Self { host, port, security, login, addresses })
    }

    /// Host and port, as the operator knows the server.
    pub(super) fn authority(&self) -> String {
        match self.host.parse() {
            Ok(IpAddr::V6(ip)) => format!("[{ip}]:{}", self.port),
            _ => format!("{}:{}", self.host, self.port),
        }
    }

    /// The same server, with `smtp_user` and `smtp_password` as its login.
    ///
    /// # Errors
    /// `Login` if one of the two is empty; `TwoLogins` if the URL contains a user too.
    pub fn with_login(self, user: &str, password: &str) -> Result<Self, SmtpServerError> {
        if self.login.is_some() {
            return Err(SmtpServerError::TwoLogins);
        }
        Ok(Self { login: Some(credentials(user, password)?), ..self })
    }

    /// The same server at these addresses, whatever its name resolves to.
    #[must_use]
    pub fn at(self, addresses: Vec<SocketAddr>) -> Self {
        Self { addresses, ..self }
    }

    /// What is probably wrong if the port is the usual one for the other kind of TLS. Without this, the first
    /// failed attempt would say so, and that of `smtp://` on port 465 only after half a minute.
    #[must_use]
    pub fn doubt(&self) -> Option<&'static str> {
        match (self.security, self.port) {
            (Security::Implicit, 25 | 587) => Some(
                "mail.smtp_url: this port usually uses STARTTLS; if sending fails, write smtp:// instead of smtps://",
            ),
            (Security::StartTls, 465) => Some(
                "mail.smtp_url: port 465 usually uses TLS from the start; if sending fails, write smtps:// instead of \
                 smtp://",
            ),
            _ => None,
        }
    }

    /// Whether the connection is encrypted, so that the server has to show a valid certificate.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.security != Security::Plain
    }
}

/// Without the login, so that it can be logged.
impl fmt::Display for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.security == Security::Implicit { "smtps" } else { "smtp" };
        write!(f, "{scheme}://{}", self.authority())
    }
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpServer({self})")
    }
}

/// A host as it is resolved and compared with the certificate. The URL standard does not normalise the
/// hosts of schemes that it does not know.
fn host_name(host: &str) -> Option<String> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if bare.parse::<IpAddr>().is_ok() {
        return Some(bare.to_owned());
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    (!host.is_empty() && host.bytes().all(is_plain)).then(|| host.to_ascii_lowercase())
}

fn is_loopback(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(ip) => ip.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

fn credentials(user: &str, password: &str) -> Result<Credentials, SmtpServerError> {
    let is_sendable = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
    if is_sendable(user) && is_sendable(password) {
        Ok(Credentials::new(user.to_owned(), password.to_owned()))
    } else {
        Err(SmtpServerError::Login)
    }
}

/// Whether the user and password of a URL reach past where its host and port end. No host, path or query
/// of ours has an @.
fn has_unencoded_login(text: &str) -> bool {
    let after_scheme = text.split_once("://").map_or("", |(_, rest)| rest);
    after_scheme.find(['/', '?', '#']).is_some_and(|end| after_scheme[end..].contains('@'))
}

/// Decodes percent-encoding.
fn decoded(text: &str) -> Result<String, SmtpServerError> {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2).ok_or(SmtpServerError::Percent)?;
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let byte = u8::from_str_radix(digits, 16).ok().filter(|_| is_hex).ok_or(SmtpServerError::Percent)?;
        bytes.push(byte);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).map_err(|_| SmtpServerError::Percent)
}
