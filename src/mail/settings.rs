//! What an operator says about mail, read strictly: a mistake is told at the start, not by a letter
//! that never arrives.

use std::fmt;
use std::net::IpAddr;

use lettre::transport::smtp::authentication::Credentials;

use crate::domain::record::address::EmailAddress;

/// Who letters are from: an address, perhaps with a name before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    pub(super) name: Option<String>,
    pub(super) address: EmailAddress,
}

/// Why a text is no sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an address such as \"Gatepost <gatepost@example.org>\" or gatepost@example.org")]
pub struct SenderError;

impl Sender {
    /// Reads `address` or `name <address>`.
    ///
    /// A line break in the name would make a second header of it (and lettre panics on one), so no
    /// control character is taken.
    ///
    /// # Errors
    /// Says how a sender looks.
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

    /// The domain of the address: also that of every `Message-ID`.
    pub(super) fn domain(&self) -> &str {
        self.address.as_str().rsplit_once('@').expect("an address has one @").1
    }
}

/// The mail server that takes our letters, as `smtp_url` names it.
#[derive(Clone)]
pub struct SmtpServer {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) login: Option<Credentials>,
}

/// How a conversation with the mail server is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Security {
    /// TLS from the first byte.
    Implicit,
    /// TLS before anything of ours is said; without it nothing is.
    StartTls,
    /// None: on loopback alone.
    Plain,
}

/// Why a text names no mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmtpServerError {
    /// It is no URL with the scheme smtps or smtp and a host.
    #[error("must be a URL such as smtps://mail.example.org:465 or smtp://mail.example.org:587")]
    Shape,
    /// It has a path, a fragment or a query that means nothing here.
    #[error("has something after the host that means nothing here (only smtp://…?tls=none does)")]
    Rest,
    /// Letters, and the codes in them, would go over the network in the clear.
    #[error("may say tls=none only for a mail server on this machine (localhost, 127.0.0.1, [::1])")]
    PlainOffLoopback,
    /// The user or the password has a byte that cannot be sent, or one of the two is missing.
    #[error("needs both a user and a password, percent-encoded, or none of them")]
    Login,
    /// The user stands in the URL and in `smtp_user`.
    #[error("names a user, and smtp_user names one too: one of them must go")]
    TwoLogins,
}

impl SmtpServer {
    /// Reads `smtps://host:465` (TLS from the first byte), `smtp://host:587` (STARTTLS, required) or
    /// `smtp://host:25?tls=none` (loopback only), perhaps with `user:password@` before the host.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, SmtpServerError> {
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
        Ok(Self { host, port: url.port().unwrap_or(default_port), security, login })
    }

    /// The same server, with `smtp_user` and `smtp_password` to sign in with.
    ///
    /// # Errors
    /// `Login` when one of the two is empty; `TwoLogins` when the URL names a user too.
    pub fn with_login(self, user: &str, password: &str) -> Result<Self, SmtpServerError> {
        if self.login.is_some() {
            return Err(SmtpServerError::TwoLogins);
        }
        Ok(Self { login: Some(credentials(user, password)?), ..self })
    }

    /// Whether the connection is encrypted, so that the server has to show a valid certificate.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.security != Security::Plain
    }
}

/// The server without its login: fit for a log.
impl fmt::Display for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.security == Security::Implicit { "smtps" } else { "smtp" };
        match self.host.parse() {
            Ok(IpAddr::V6(ip)) => write!(f, "{scheme}://[{ip}]:{}", self.port),
            _ => write!(f, "{scheme}://{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpServer({self})")
    }
}

/// A host as it is connected to and looked for in the certificate. The URL standard leaves hosts of
/// schemes it does not know as they are.
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

/// Undoes percent-encoding.
fn decoded(text: &str) -> Result<String, SmtpServerError> {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2).ok_or(SmtpServerError::Login)?;
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let byte = u8::from_str_radix(digits, 16).ok().filter(|_| is_hex).ok_or(SmtpServerError::Login)?;
        bytes.push(byte);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).map_err(|_| SmtpServerError::Login)
}
