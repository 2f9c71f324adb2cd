//! The paths of the pages for administrators.

/// How things are: email, and the server.
pub const ADMIN: &str = "/admin";
/// The emails that wait, and those that have ended; the id of one follows.
pub const ADMIN_MAIL: &str = "/admin/mail";

/// The settings of the server.
pub const ADMIN_SETTINGS: &str = "/admin/settings";

/// Those of them that can be opened.
pub(super) const PAGES: [&str; 3] = [ADMIN, ADMIN_MAIL, ADMIN_SETTINGS];

/// The path that has an email tried now.
#[must_use]
pub fn email_retry(id: &str) -> String {
    format!("{ADMIN_MAIL}/{id}/retry")
}

/// The path that has an email not sent.
#[must_use]
pub fn email_drop(id: &str) -> String {
    format!("{ADMIN_MAIL}/{id}/drop")
}

/// Whether a path, without that of the API, belongs to administrators, whether or not there is anything.
#[must_use]
pub fn is_of_admins(path: &str) -> bool {
    path.strip_prefix(ADMIN).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether it only takes POST.
pub(super) fn takes_only_post(path: &str) -> bool {
    let email = path.strip_prefix(ADMIN_MAIL).and_then(|rest| rest.strip_prefix('/'));
    let act = email.and_then(|rest| rest.split_once('/'));
    act.is_some_and(|(id, act)| !id.is_empty() && ["retry", "drop"].contains(&act))
}
