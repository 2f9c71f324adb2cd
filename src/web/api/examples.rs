//! The example of each object in the document.

use serde_json::{Value, json};

const REQUEST: &str = "QZ8lH0q3v5n1mXc2Yw7bTtq0m7yXo2f4r9aKcVdE";
const SESSION: &str = "QTp1Xk3v9yQm4cW8nZ0aLr7dTfHbUe5sGiJoKxPq2vYwMzRtNcBlAhSgDfEuIoWyXkQjVpCnZs4";

/// The example of a schema, by its name.
pub(super) fn of(schema: &str) -> Option<Value> {
    let example = match schema {
        "RequestSignIn" | "RequestEmail" => json!({ "email": "ann@example.org" }),
        "Register" | "SignInWithPassword" => {
            json!({ "email": "ann@example.org", "password": "three quiet otters" })
        }
        "Reauthenticate" => json!({ "password": "three words or four" }),
        "ChangePassword" => {
            json!({ "password": "four other words altogether", "current_password": "three words or four" })
        }
        "ChangeNotices" => json!({ "new_device": "no" }),
        "DeleteAccount" => json!({ "confirm": "delete" }),
        "Sessions" => json!({ "sessions": [session()] }),
        "Event" => event(),
        "Export" => json!({ "account": account(), "sessions": [session()], "keys": [], "events": [event()] }),
        "Resend" | "RequestReauthentication" | "RedeemLink" => json!({ "request": REQUEST }),
        "RedeemCode" => json!({ "request": REQUEST, "code": "123456" }),
        "MailQueued" => json!({
            "code": "mail_queued",
            "request": REQUEST,
            "expires_at": "2026-11-02T10:00:00.000Z",
            "resend_after": 30,
        }),
        "Account" => account(),
        "Session" => session(),
        "NewSession" => new_session(),
        "Profile" => json!({ "account": account(), "session": session() }),
        "Renewed" => json!({ "account": account(), "session": new_session() }),
        "Outcome" | "LinkOutcome" => {
            json!({ "outcome": "signed_in", "account": account(), "session": new_session() })
        }
        "EmailRestored" => json!({ "outcome": "email_restored", "account": account() }),
        "AccountSecured" => json!({
            "outcome": "account_secured",
            "request": REQUEST,
            "expires_at": "2026-11-02T10:00:00.000Z",
            "resend_after": 30,
        }),
        "Link" => json!({
            "purpose": "sign_in",
            "email": "ann@example.org",
            "expires_at": "2026-11-02T09:10:00.000Z",
            "needs": ["confirm"],
        }),
        "Email" => email(),
        "Emails" => json!({ "letters": [email()] }),
        "Overview" => json!({
            "mail": overview_mail(),
            "version": env!("CARGO_PKG_VERSION"),
            "engine": "sled",
            "disk_free_bytes": 52_613_349_376_u64,
            "warnings": [],
        }),
        "OverviewMail" => overview_mail(),
        "Setting" => setting(),
        "Settings" => json!({ "settings": [setting()] }),
        "AdminEmail" => admin_email(),
        "AdminEmailAnswer" => json!({ "email": admin_email() }),
        "AdminEmails" => json!({ "emails": [admin_email()], "next": null }),
        "Problem" => json!({
            "type": "/api/docs#missing_field",
            "title": "Missing value",
            "status": 422,
            "detail": "Please fill in this field.",
            "code": "missing_field",
            "field": "email",
        }),
        _ => return None,
    };
    Some(example)
}

fn account() -> Value {
    json!({
        "id": "5f0c8a3e1b7d4296a8e3c5d7f9012b4c",
        "email": "ann@example.org",
        "registered_at": "2026-11-02T09:00:00.000Z",
        "confirmed_at": "2026-11-02T09:01:12.500Z",
        "admin": false,
        "has_password": false,
        "pending_email": null,
        "new_device_emails": true,
    })
}

fn session() -> Value {
    json!({
        "id": "9b1e6d2f4a8c0357b9d1f3e5a7c92846",
        "device": "Firefox on Linux",
        "ip": "192.0.2.7",
        "created_at": "2026-11-02T09:01:12.500Z",
        "last_used_at": "2026-11-02T09:01:12.500Z",
        "expires_at": "2026-12-02T09:01:12.500Z",
        "recent_until": "2026-11-02T09:11:12.500Z",
        "current": true,
    })
}

fn new_session() -> Value {
    let mut session = session();
    session["token"] = json!(SESSION);
    session
}

fn event() -> Value {
    json!({
        "at": "2026-11-02T09:01:12.500Z",
        "name": "authn_login_success",
        "ip": "192.0.2.7",
        "device": "Firefox on Linux",
        "outcome": "success",
        "by": "person",
        "means": "link",
        "count": 1,
        "first_at": null,
    })
}

fn overview_mail() -> Value {
    json!({
        "waiting": 2,
        "failed": 1,
        "oldest": "2026-11-02T09:00:00.000Z",
        "last_answer": "451 4.7.1 Greylisted, try again later",
    })
}

fn setting() -> Value {
    json!({ "key": "mail.transport", "value": "smtp", "source": "file", "secret": false })
}

fn admin_email() -> Value {
    json!({
        "id": "019a4397b0e82f4860d8e0a2",
        "purpose": "sign_in",
        "to": "ann@example.org",
        "state": "waiting",
        "queued_at": "2026-11-02T09:00:00.000Z",
        "ended_at": null,
        "tries": 2,
        "tried_at": "2026-11-02T09:00:05.120Z",
        "next_try_at": "2026-11-02T09:00:12.310Z",
        "last_answer": "451 4.7.1 Greylisted, try again later",
    })
}

fn email() -> Value {
    json!({
        "id": "3d7a9c1e5b2f4860d8e0a2c4",
        "to": "ann@example.org",
        "subject": "123456 is your Gatepost code",
        "text": "…",
        "html": "…",
        "link": "http://localhost:8080/link/QZ8lH0q3v5n1mXc2Yw7bTtq0m7yXo2f4r9aKcVdE",
        "code": "123456",
        "created_at": "2026-11-02T09:00:01.000Z",
    })
}
