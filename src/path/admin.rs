//! The paths of the pages for administrators.

/// How things are: email, and the server.
pub const ADMIN: &str = "/admin";
/// The emails that wait, and those that have ended; the id of one follows.
pub const ADMIN_MAIL: &str = "/admin/mail";

/// The accounts, by address; the id of one follows.
pub const ADMIN_ACCOUNTS: &str = "/admin/accounts";
/// The accounts, the newest first.
pub const ADMIN_NEWEST: &str = "/admin/accounts/newest";

/// The settings of the server.
pub const ADMIN_SETTINGS: &str = "/admin/settings";

/// Those of them that can be opened, whatever there is.
const PAGES: [&str; 4] = [ADMIN, ADMIN_ACCOUNTS, ADMIN_MAIL, ADMIN_SETTINGS];

/// Whether it is one of them, or the page of something that a list leads to.
pub(super) fn is_page(path: &str) -> bool {
    let account = path.strip_prefix(ADMIN_ACCOUNTS).and_then(|rest| rest.strip_prefix('/'));
    PAGES.contains(&path) || account.is_some_and(|rest| !rest.is_empty() && !rest.contains('/'))
}

/// The page of an account.
#[must_use]
pub fn account_page(id: &str) -> String {
    format!("{ADMIN_ACCOUNTS}/{id}")
}

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
