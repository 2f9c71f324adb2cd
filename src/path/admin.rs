//! The paths of the pages for administrators.

/// How things are: email, and the server.
pub const ADMIN: &str = "/admin";
/// The accounts; the id of one follows.
pub const ADMIN_ACCOUNTS: &str = "/admin/accounts";
/// Inviting someone.
pub const ADMIN_INVITE: &str = "/admin/accounts/invite";
/// The registrations that are not confirmed yet.
pub const ADMIN_WAITING: &str = "/admin/accounts/waiting";
/// Sending the email of one of them again.
pub const ADMIN_WAITING_RESEND: &str = "/admin/accounts/waiting/resend";
/// Removing those of an address.
pub const ADMIN_WAITING_DROP: &str = "/admin/accounts/waiting/drop";
/// What has happened.
pub const ADMIN_EVENTS: &str = "/admin/events";
/// The emails that wait, and those that have ended; the id of one follows.
pub const ADMIN_MAIL: &str = "/admin/mail";
/// Sending a test email.
pub const ADMIN_MAIL_TEST: &str = "/admin/mail/test";

/// The settings of the server.
pub const ADMIN_SETTINGS: &str = "/admin/settings";

/// Those of them that can be opened.
pub(super) const PAGES: [&str; 5] = [ADMIN, ADMIN_WAITING, ADMIN_MAIL, ADMIN_EVENTS, ADMIN_SETTINGS];
/// Those that only take POST.
const ACTS: [&str; 4] = [ADMIN_INVITE, ADMIN_WAITING_RESEND, ADMIN_WAITING_DROP, ADMIN_MAIL_TEST];

/// The path of one account.
#[must_use]
pub fn admin_account(id: &str) -> String {
    format!("{ADMIN_ACCOUNTS}/{id}")
}

/// The path that sends an invitation again.
#[must_use]
pub fn invite_again(id: &str) -> String {
    format!("{ADMIN_ACCOUNTS}/{id}/invite-again")
}

/// The path that withdraws an invitation.
#[must_use]
pub fn withdraw_invitation(id: &str) -> String {
    format!("{ADMIN_ACCOUNTS}/{id}/withdraw")
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
    let is_act_of = |list: &str, acts: &[&str]| {
        let one = path.strip_prefix(list).and_then(|rest| rest.strip_prefix('/'));
        let act = one.and_then(|rest| rest.split_once('/'));
        act.is_some_and(|(id, act)| !id.is_empty() && acts.contains(&act))
    };
    ACTS.contains(&path)
        || is_act_of(ADMIN_MAIL, &["retry", "drop"])
        || is_act_of(ADMIN_ACCOUNTS, &["invite-again", "withdraw"])
}
