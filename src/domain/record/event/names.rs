//! The names on the wire, in the order of their letters, for whoever looks for events.

/// Every name on the wire, with what it means in a few words.
pub const NAMES: [(&str, &str); 23] = [
    ("authn_login_success", "Signed in, or identity confirmed"),
    ("authn_login_fail", "Wrong code or password"),
    ("authn_login_lock", "Account disabled"),
    ("authn_login_unlock", "Account enabled"),
    ("authn_password_change", "Password set, changed, removed or reset"),
    ("authn_password_change_fail", "Password change refused"),
    ("authn_token_created", "Email requested, or link created"),
    ("excess_rate_limit_exceeded", "Too many tries"),
    ("invitation_sent", "Invited again"),
    ("mail_delayed", "Email delayed"),
    ("mail_dropped", "Email not sent"),
    ("mail_failed", "Email not delivered"),
    ("mail_retried", "Email tried again"),
    ("mail_sent", "Email sent"),
    ("mail_stopped", "Email stopped while it was being sent"),
    ("mail_test_requested", "Test email requested"),
    ("privilege_permissions_changed", "Admin rights granted or removed"),
    ("registered", "Registered"),
    ("registration_removed", "Registration removed"),
    ("session_ended", "Signed out"),
    ("user_created", "Account created"),
    ("user_deleted", "Account deleted"),
    ("user_updated", "Account changed"),
];
