//! The paths of the pages for administrators.

/// How things are: email, and the server.
pub const ADMIN: &str = "/admin";
/// The accounts, by address; the id of one follows.
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
/// The accounts, the newest first.
pub const ADMIN_NEWEST: &str = "/admin/accounts/newest";
/// Sending a test email.
pub const ADMIN_MAIL_TEST: &str = "/admin/mail/test";

/// The settings of the server.
pub const ADMIN_SETTINGS: &str = "/admin/settings";

/// Those of them that can be opened, whatever there is.
const PAGES: [&str; 5] = [ADMIN, ADMIN_ACCOUNTS, ADMIN_MAIL, ADMIN_EVENTS, ADMIN_SETTINGS];
/// Those that only take POST, besides those of one account or one email.
const ACTS: [&str; 4] = [ADMIN_INVITE, ADMIN_WAITING_RESEND, ADMIN_WAITING_DROP, ADMIN_MAIL_TEST];

/// Whether it is one of them, or a page of something that a list leads to.
pub(super) fn is_page(path: &str) -> bool {
    PAGES.contains(&path) || is_of_account(path)
}

/// What administrators do to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountAct {
    /// No one can sign in to it any more.
    Disable,
    /// Its owner can sign in again.
    Enable,
    /// Its owner is signed out everywhere.
    EndSessions,
    /// Its owner gets a link to sign in by email.
    SendSignIn,
    /// What was counted at its address begins again.
    LiftLimits,
    /// Its owner becomes an administrator.
    GrantAdmin,
    /// Its owner is no longer one.
    RevokeAdmin,
    /// It is deleted.
    Delete,
}

impl AccountAct {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Disable,
        Self::Enable,
        Self::EndSessions,
        Self::SendSignIn,
        Self::LiftLimits,
        Self::GrantAdmin,
        Self::RevokeAdmin,
        Self::Delete,
    ];

    /// The last segment of its path.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::EndSessions => "end-sessions",
            Self::SendSignIn => "send-sign-in",
            Self::LiftLimits => "lift-limits",
            Self::GrantAdmin => "grant-admin",
            Self::RevokeAdmin => "revoke-admin",
            Self::Delete => "delete",
        }
    }

    /// Whether a page asks first. The others are buttons in place.
    #[must_use]
    pub fn asks_first(self) -> bool {
        matches!(self, Self::Disable | Self::GrantAdmin | Self::RevokeAdmin | Self::Delete)
    }
}

/// The page of one account.
#[must_use]
pub fn account_page(id: &str) -> String {
    format!("{ADMIN_ACCOUNTS}/{id}")
}

/// The path that does something to an account.
#[must_use]
pub fn account_act(id: &str, act: AccountAct) -> String {
    format!("{ADMIN_ACCOUNTS}/{id}/{}", act.as_str())
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

/// The path that ends one session of an account.
#[must_use]
pub fn account_session_end(id: &str, session: &str) -> String {
    format!("{ADMIN_ACCOUNTS}/{id}/sessions/{session}/end")
}

/// The path that ends one key of an account.
#[must_use]
pub fn account_key_end(id: &str, key: &str) -> String {
    format!("{ADMIN_ACCOUNTS}/{id}/keys/{key}/end")
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

/// Whether it is a page of one account: its own, or one that asks before something is done to it.
fn is_of_account(path: &str) -> bool {
    let rest: Vec<&str> = below(path, ADMIN_ACCOUNTS).collect();
    match rest[..] {
        [id] => !id.is_empty() && path != ADMIN_INVITE,
        [id, act] => !id.is_empty() && is_act(act, AccountAct::asks_first),
        _ => false,
    }
}

/// Whether it only takes POST.
pub(super) fn takes_only_post(path: &str, is_api: bool) -> bool {
    let email: Vec<&str> = below(path, ADMIN_MAIL).collect();
    let account: Vec<&str> = below(path, ADMIN_ACCOUNTS).collect();
    if ACTS.contains(&path) {
        return true;
    }
    match (&email[..], &account[..]) {
        ([id, act], _) => !id.is_empty() && ["retry", "drop"].contains(act),
        (_, [id, "invite-again" | "withdraw"]) => !id.is_empty(),
        // The API asks nothing first.
        (_, [id, act]) => !id.is_empty() && is_act(act, |act| is_api || !act.asks_first()),
        (_, [id, "sessions" | "keys", one, "end"]) => !id.is_empty() && !one.is_empty(),
        _ => false,
    }
}

/// The segments below a page.
fn below<'a>(path: &'a str, page: &str) -> impl Iterator<Item = &'a str> {
    path.strip_prefix(page)
        .and_then(|rest| rest.strip_prefix('/'))
        .into_iter()
        .flat_map(|rest| rest.split('/'))
}

fn is_act(segment: &str, is_it: impl Fn(AccountAct) -> bool) -> bool {
    AccountAct::ALL.into_iter().any(|act| act.as_str() == segment && is_it(act))
}
