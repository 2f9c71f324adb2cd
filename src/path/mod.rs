//! Every URL path, written once, and the origin they belong to.

mod admin;
mod origin;

pub use self::admin::{ADMIN, ADMIN_MAIL, ADMIN_SETTINGS, email_drop, email_retry, is_of_admins};
pub use self::origin::{Origin, OriginError, Scheme};

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
    let is_admin = admin::PAGES.contains(&path.as_str());
    let is_letter = path.strip_prefix(MAILBOX).is_some_and(|rest| rest.starts_with('/'));
    PAGES.contains(&path.as_str()) || path.starts_with(LINK) || is_letter || is_admin
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
        || admin::takes_only_post(path)
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
