//! Every URL path, written once, and the origin they belong to.

use std::fmt;

/// The home page.
pub const HOME: &str = "/";
/// Requesting a sign-in link.
pub const SIGN_IN: &str = "/sign-in";
/// Signing in with a password.
pub const SIGN_IN_PASSWORD: &str = "/sign-in/password";
/// Registering with an email address and a password.
pub const REGISTER: &str = "/register";
/// Waiting for the confirmation email.
pub const UNCONFIRMED: &str = "/unconfirmed";
/// Waiting for a sign-in email.
pub const CHECK_INBOX: &str = "/check-inbox";
/// Entering the code.
pub const CODE: &str = "/code";
/// Requesting another email.
pub const RESEND: &str = "/resend";
/// The landing page of a link; the token follows.
pub const LINK: &str = "/link/";
/// The account page.
pub const PROFILE: &str = "/profile";
/// Setting or changing the password.
pub const PROFILE_PASSWORD: &str = "/profile/password";
/// Removing the password.
pub const PROFILE_PASSWORD_REMOVE: &str = "/profile/password/remove";
/// Requesting a change of the email address.
pub const PROFILE_EMAIL: &str = "/profile/email";
/// Cancelling that change.
pub const PROFILE_EMAIL_CANCEL: &str = "/profile/email/cancel";
/// Turning emails about sign-ins on new devices on or off.
pub const PROFILE_NOTICES: &str = "/profile/notices";
/// The sessions of an account (JSON only; the account page shows them with everything else).
pub const PROFILE_SESSIONS: &str = "/profile/sessions";
/// Ending all other sessions.
pub const PROFILE_END_OTHERS: &str = "/profile/sessions/end-others";
/// Downloading all data about the account.
pub const PROFILE_EXPORT: &str = "/profile/export";
/// Deleting the account.
pub const PROFILE_DELETE: &str = "/profile/delete";
/// Signing in once more, to confirm a sensitive change.
pub const REAUTHENTICATE: &str = "/reauthenticate";
/// Requesting a code for that.
pub const REAUTHENTICATE_MAIL: &str = "/reauthenticate/mail";
/// Requesting an email to set a new password.
pub const FORGOT_PASSWORD: &str = "/forgot-password";
/// Signing out.
pub const SIGN_OUT: &str = "/sign-out";
/// The emails that would have been sent; the id of one follows.
pub const MAILBOX: &str = "/mailbox";
/// Stylesheet, scripts and icon; a name follows.
pub const ASSETS: &str = "/assets/";
/// Where browsers and password managers look for the page that changes a password (W3C).
pub const CHANGE_PASSWORD: &str = "/.well-known/change-password";
/// The icon that browsers request on their own.
pub const FAVICON: &str = "/favicon.ico";
/// Whether the process is alive.
pub const HEALTHZ: &str = "/healthz";
/// Whether it is ready for requests.
pub const READYZ: &str = "/readyz";
/// Numbers for Prometheus.
pub const METRICS: &str = "/metrics";
/// Tells the proxy who is signed in, for apps behind the same proxy.
pub const FORWARD_AUTH: &str = "/forward-auth";
/// The prefix of the JSON counterpart of a page.
pub const API: &str = "/api";
/// The current session and its account (JSON only), below `API`.
pub const SESSION: &str = "/session";
/// The `OpenAPI` document, below `API`.
pub const OPENAPI: &str = "/openapi.json";
/// The documentation page of the API, below `API`.
pub const DOCS: &str = "/docs";

/// The public address of this server: the only source of links, cookies and origin checks. Never
/// taken from a request; otherwise an attacker's Host header would end up in our emails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: Scheme,
    authority: String,
    is_loopback: bool,
}

/// The scheme of the public address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Unencrypted; only on loopback.
    Http,
    /// Through a proxy that terminates TLS.
    Https,
}

/// Why a text is not an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an origin such as https://id.example.org, without a path or a user name")]
pub struct OriginError;

impl Origin {
    /// Parses an origin: `http` or `https`, a host, an optional port, and nothing else.
    ///
    /// # Errors
    /// Describes what an origin looks like.
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

    /// Its scheme.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host and, unless it is the scheme's default, the port: the value a browser sends as `Host`.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The port, written out or not.
    #[must_use]
    pub fn port(&self) -> u16 {
        let port = self.authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        port.unwrap_or(self.scheme.default_port())
    }

    /// The host without a port, as used in the autofill line of an email.
    #[must_use]
    pub fn host(&self) -> &str {
        match self.authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => &self.authority,
        }
    }

    /// Whether only this machine can reach it.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    /// The full link to one of our paths.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        format!("{self}{path}")
    }
}

impl Scheme {
    /// The port that is left out of an origin.
    #[must_use]
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
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

/// Whether a path, perhaps with a query, leads to one of our pages rather than to an app beside us.
#[must_use]
pub fn is_page(place: &str) -> bool {
    const PAGES: [&str; 10] = [
        HOME,
        SIGN_IN,
        SIGN_IN_PASSWORD,
        REGISTER,
        UNCONFIRMED,
        CHECK_INBOX,
        FORGOT_PASSWORD,
        PROFILE,
        REAUTHENTICATE,
        MAILBOX,
    ];
    let path = resolved(place);
    let is_letter = path.strip_prefix(MAILBOX).is_some_and(|rest| rest.starts_with('/'));
    PAGES.contains(&path.as_str()) || path.starts_with(LINK) || is_letter
}

/// Whether it leads to the landing page of a link.
#[must_use]
pub fn is_link(place: &str) -> bool {
    resolved(place).starts_with(LINK)
}

/// Whether it is a page for waiting, which forms lead to and which leads on once there is nothing to wait for.
#[must_use]
pub fn is_waiting(path: &str) -> bool {
    [UNCONFIRMED, CHECK_INBOX].contains(&path)
}

/// Whether it leads to one of the pages that send anyone signed in on, to their `next` or home.
#[must_use]
pub fn sends_on(place: &str) -> bool {
    const PAGES: [&str; 6] = [SIGN_IN, SIGN_IN_PASSWORD, REGISTER, UNCONFIRMED, CHECK_INBOX, REAUTHENTICATE];
    PAGES.contains(&resolved(place).as_str())
}

/// Whether it leads to a path of ours that only takes POST: a browser that is led there would see an error.
#[must_use]
pub fn takes_only_post(place: &str) -> bool {
    const AT_BOTH_DOORS: [&str; 11] = [
        CODE,
        RESEND,
        PROFILE_PASSWORD,
        PROFILE_PASSWORD_REMOVE,
        PROFILE_EMAIL,
        PROFILE_EMAIL_CANCEL,
        PROFILE_NOTICES,
        PROFILE_END_OTHERS,
        PROFILE_DELETE,
        REAUTHENTICATE_MAIL,
        SIGN_OUT,
    ];
    const IN_THE_API: [&str; 5] = [SIGN_IN, SIGN_IN_PASSWORD, REGISTER, FORGOT_PASSWORD, REAUTHENTICATE];
    let path = resolved(place);
    let in_the_api = path.strip_prefix(API).filter(|rest| rest.starts_with('/'));
    let path = in_the_api.unwrap_or(&path);
    let session = path.strip_prefix(PROFILE_SESSIONS).and_then(|rest| rest.strip_suffix("/end"));
    AT_BOTH_DOORS.contains(&path)
        || session.is_some_and(|id| id.len() > 1 && id.rfind('/') == Some(0))
        || in_the_api.is_some_and(|path| IN_THE_API.contains(&path))
}

/// The path that a browser requests for a place on this origin: dot segments are followed, and query and
/// fragment are left out. Otherwise `/link/../app` would count as a page of ours.
fn resolved(place: &str) -> String {
    let origin = url::Url::parse("https://origin.invalid").expect("an origin");
    origin.join(place).map(|url| url.path().to_owned()).unwrap_or_default()
}

/// A page's path that carries along where someone wants to go in the end.
#[must_use]
pub fn with_next(page: &str, next: Option<&str>) -> String {
    match next {
        Some(next) => {
            let query: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
            format!("{page}?next={query}")
        }
        None => page.to_owned(),
    }
}

/// The path of a link's landing page.
#[must_use]
pub fn link(token: &str) -> String {
    format!("{LINK}{token}")
}

/// The page of one email in the mailbox.
#[must_use]
pub fn letter(id: &str) -> String {
    format!("{MAILBOX}/{id}")
}

/// The HTML part of that email, for a frame on its page.
#[must_use]
pub fn letter_html(id: &str) -> String {
    format!("{MAILBOX}/{id}/html")
}

/// The path that ends one session.
#[must_use]
pub fn session_end(id: &str) -> String {
    format!("{PROFILE_SESSIONS}/{id}/end")
}

/// The path of an asset.
#[must_use]
pub fn asset(name: &str) -> String {
    format!("{ASSETS}{name}")
}
