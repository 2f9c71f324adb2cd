//! Every URL path, written once, and the origin they stand under.

use std::fmt;

/// Home: who is signed in.
pub const HOME: &str = "/";
/// Asking for a sign-in link.
pub const SIGN_IN: &str = "/sign-in";
/// Signing in with a password.
pub const SIGN_IN_PASSWORD: &str = "/sign-in/password";
/// Registering with address and password.
pub const REGISTER: &str = "/register";
/// Waiting for the letter that confirms.
pub const UNCONFIRMED: &str = "/unconfirmed";
/// Waiting for the letter.
pub const CHECK_INBOX: &str = "/check-inbox";
/// Typing the code.
pub const CODE: &str = "/code";
/// Asking for one more letter.
pub const RESEND: &str = "/resend";
/// Landing page of a link; the token follows.
pub const LINK: &str = "/link/";
/// The account page.
pub const PROFILE: &str = "/profile";
/// Setting or changing the password.
pub const PROFILE_PASSWORD: &str = "/profile/password";
/// Removing it.
pub const PROFILE_PASSWORD_REMOVE: &str = "/profile/password/remove";
/// Asking to change the address.
pub const PROFILE_EMAIL: &str = "/profile/email";
/// Calling that off.
pub const PROFILE_EMAIL_CANCEL: &str = "/profile/email/cancel";
/// Where somebody is signed in (JSON alone: the page shows it with the rest).
pub const PROFILE_SESSIONS: &str = "/profile/sessions";
/// Ending all other sessions.
pub const PROFILE_END_OTHERS: &str = "/profile/sessions/end-others";
/// All that is known of a person.
pub const PROFILE_EXPORT: &str = "/profile/export";
/// Deleting the account.
pub const PROFILE_DELETE: &str = "/profile/delete";
/// Proving once more who is signed in.
pub const REAUTHENTICATE: &str = "/reauthenticate";
/// Asking for a code to prove it by.
pub const REAUTHENTICATE_MAIL: &str = "/reauthenticate/mail";
/// Asking for a letter to set a new password.
pub const FORGOT_PASSWORD: &str = "/forgot-password";
/// Signing out.
pub const SIGN_OUT: &str = "/sign-out";
/// The mails that would have been sent; a letter's id follows.
pub const MAILBOX: &str = "/mailbox";
/// Stylesheet, scripts and icon; a name follows.
pub const ASSETS: &str = "/assets/";
/// Where browsers look for an icon unasked.
pub const FAVICON: &str = "/favicon.ico";
/// Is the process alive?
pub const HEALTHZ: &str = "/healthz";
/// Does it take work?
pub const READYZ: &str = "/readyz";
/// Who looks at an app behind the same proxy?
pub const FORWARD_AUTH: &str = "/forward-auth";
/// Before the path of a page: the same act over JSON.
pub const API: &str = "/api";
/// Who holds this session (JSON alone), below `API`.
pub const SESSION: &str = "/session";
/// The `OpenAPI` document, below `API`.
pub const OPENAPI: &str = "/openapi.json";
/// A readable page of the document, below `API`.
pub const DOCS: &str = "/docs";

/// Where this server is reached: the one source of links, cookies and origin checks. Never taken
/// from a request, or a stranger's Host header would stand in our letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: Scheme,
    authority: String,
    is_loopback: bool,
}

/// How this server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// In the clear; on loopback alone.
    Http,
    /// Through a proxy that ends TLS.
    Https,
}

/// Why a text is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an origin such as https://id.example.org: a scheme and a host, no path, no user")]
pub struct OriginError;

impl Origin {
    /// Reads an origin: `http` or `https`, a host, perhaps a port, and nothing more.
    ///
    /// # Errors
    /// Says how an origin looks.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let url = url::Url::parse(text).map_err(|_| OriginError)?;
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(OriginError),
        };
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let has_user = !url.username().is_empty() || url.password().is_some();
        let host = url.host().filter(|_| is_bare && !has_user).ok_or(OriginError)?;
        let is_loopback = match &host {
            url::Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
            url::Host::Ipv4(ip) => ip.is_loopback(),
            url::Host::Ipv6(ip) => ip.is_loopback(),
        };
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_string(),
        };
        Ok(Self { scheme, authority, is_loopback })
    }

    /// How it is reached.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Host and, unless it is the scheme's own, port: what a browser sends as `Host`.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The host alone, as the last line of a letter names it for autofill.
    #[must_use]
    pub fn host(&self) -> &str {
        match self.authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => &self.authority,
        }
    }

    /// Whether only this machine reaches it.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    /// The whole link to a path of ours.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        format!("{self}{path}")
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        write!(f, "{scheme}://{}", self.authority)
    }
}

/// The landing page of a link.
#[must_use]
pub fn link(token: &str) -> String {
    format!("{LINK}{token}")
}

/// Ending one session.
#[must_use]
pub fn session_end(id: &str) -> String {
    format!("{PROFILE_SESSIONS}/{id}/end")
}

/// An asset by its name.
#[must_use]
pub fn asset(name: &str) -> String {
    format!("{ASSETS}{name}")
}
