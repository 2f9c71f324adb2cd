//! The example of each object in the document.

use serde_json::{Value, json};

const REQUEST: &str = "QZ8lH0q3v5n1mXc2Yw7bTtq0m7yXo2f4r9aKcVdE";
const SESSION: &str = "QTp1Xk3v9yQm4cW8nZ0aLr7dTfHbUe5sGiJoKxPq2vYwMzRtNcBlAhSgDfEuIoWyXkQjVpCnZs4";

const KEY: &str = "gpk_AQEDAwMDAwMDAwMDAwPVjN4kL0sT8yB2xW6qZr1a";

/// The example of a schema, by its name.
pub(super) fn of(schema: &str) -> Option<Value> {
    let example = match schema {
        "RequestSignIn" | "RequestEmail" | "ForAddress" => json!({ "email": "ann@example.org" }),
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
        "AppKey" => app_key(),
        "AppKeys" => json!({ "keys": [app_key()] }),
        "NewAppKey" => new_app_key(),
        "NewAppKeyAnswer" => json!({ "key": new_app_key() }),
        "MakeKey" => json!({ "name": "Calendar on my phone", "app": "wiki.example.org", "expires": "90d" }),
        "Event" => event(),
        "Export" => {
            json!({ "account": account(), "sessions": [session()], "keys": [app_key()], "events": [event()] })
        }
        "Resend" | "RequestReauthentication" | "RedeemLink" => json!({ "request": REQUEST }),
        "RedeemCode" => json!({ "request": REQUEST, "code": "123456" }),
        "MailQueued" => json!({
            "code": "mail_queued",
            "request": REQUEST,
            "expires_at": "2026-11-02T10:00:00.000Z",
            "resend_after": 30,
        }),
        "App" => app(),
        "Apps" => json!({ "apps": [app()] }),
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
            "days": 30,
            "counted_until": "2026-11-02T09:02:00.000Z",
            "imported": 0,
            "charts": charts(),
        }),
        "OverviewCharts" => charts(),
        "RegistrationsRow" => charts()["registrations"][0].clone(),
        "CohortsRow" => charts()["cohorts"][0].clone(),
        "SignInsRow" => charts()["sign_ins"][0].clone(),
        "MailRow" => charts()["mail"][0].clone(),
        "RefusalsRow" => charts()["refusals"][0].clone(),
        "OverviewMail" => overview_mail(),
        "Setting" => setting(),
        "Settings" => json!({ "settings": [setting()] }),
        "AdminAccount" => admin_account(),
        "AdminAccounts" => json!({ "accounts": [admin_account()], "next": null }),
        "Obstacle" => obstacle(),
        "OneAccount" => json!({
            "account": admin_account(),
            "reasons": [obstacle()],
            "sessions": [session()],
            "keys": [app_key()],
            "emails": [admin_email()],
            "events": [admin_event()],
        }),
        "AdminAccountAnswer" => json!({ "account": admin_account() }),
        "DeleteAccountOf" => json!({ "confirm": "ann@example.org" }),
        "Registration" => registration(),
        "Registrations" => json!({ "registrations": [registration()], "next": null }),
        "DoneBy" => done_by(),
        "AdminEvent" => admin_event(),
        "AdminEvents" => json!({ "events": [admin_event()], "next": null, "looked_back_until": null }),
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

fn app() -> Value {
    json!({
        "kind": "app",
        "name": "Wiki",
        "description": "Notes and recipes",
        "url": "https://wiki.example.org/home",
        "icon": "https://id.example.org/assets/3f1c90ab5d2e7746.svg",
    })
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

fn app_key() -> Value {
    json!({
        "id": "4c1f7a90b2d36e58a1c40f97",
        "name": "Calendar on my phone",
        "app": "wiki.example.org",
        "created_at": "2026-11-02T09:01:12.500Z",
        "last_used_at": null,
        "last_ip": null,
        "expires_at": "2027-01-31T09:01:12.500Z",
    })
}

fn new_app_key() -> Value {
    let mut key = app_key();
    key["secret"] = json!(KEY);
    key
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

fn charts() -> Value {
    let (day, week) = ("2026-11-02", "2026-W45");
    json!({
        "registrations": [{ "day": day, "registered": 40, "confirmed": 33, "first_sign_ins": 2 }],
        "cohorts": [{
            "week": week,
            "within_1m": 25,
            "within_5m": 5,
            "within_1h": 2,
            "within_24h": 1,
            "never": 7,
            "unfinished": true,
        }],
        "sign_ins": [{ "day": day, "link": 80, "code": 21, "password": 14 }],
        "mail": [{
            "day": day,
            "sent": 140,
            "delayed": 3,
            "failed": 1,
            "half_within_ms": 1000,
            "p95_within_ms": 4000,
        }],
        "refusals": [{ "day": day, "wrong_password": 6, "wrong_code": 2, "throttled": 0 }],
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

fn admin_account() -> Value {
    let mut account = account();
    account["state"] = json!("active");
    account["last_signed_in_at"] = json!("2026-11-02T09:01:12.500Z");
    account["session_count"] = json!(1);
    account
}

fn registration() -> Value {
    json!({
        "email": "ann@example.org",
        "registered_at": "2026-11-02T09:00:00.000Z",
        "emails": 1,
        "last_answer": "250 2.0.0 Ok: queued as 4dBz7x1Gq2",
    })
}

fn done_by() -> Value {
    json!({ "kind": "admin", "account": "5f0c8a3e1b7d4296a8e3c5d7f9012b4c", "email": "ann@example.org" })
}

fn admin_event() -> Value {
    json!({
        "at": "2026-11-02T09:01:12.500Z",
        "name": "user_created",
        "what": "Invited by an administrator.",
        "account": "9b1e6d2f4a8c0357b9d1f3e5a7c92846",
        "ip": "192.0.2.7",
        "device": "Firefox on Linux",
        "means": "session",
        "count": 1,
        "first_at": null,
        "by": done_by(),
    })
}

fn obstacle() -> Value {
    json!({
        "code": "too_many_mails",
        "text": "Too many emails were requested. The next can be sent at 09:05.",
        "until": "2026-11-02T09:05:00.000Z",
    })
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
