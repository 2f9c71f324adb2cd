//! Which keys exist, and their environment variables.

/// Every key, with a dot between section and name.
pub(super) const KEYS: [&str; 49] = [
    "public_url",
    "listen",
    "data_dir",
    "name",
    "home",
    "registration",
    "registration.mode",
    "registration.domains",
    "trusted_proxies",
    "hosts",
    "key_file",
    "metrics_token",
    "metrics_token_file",
    "store.url",
    "store.url_file",
    "store.cache_mib",
    "store.schema",
    "store.password_file",
    "store.ca",
    "store.cert",
    "store.key",
    "store.connections",
    "store.timeout",
    "store.session_cache",
    "store.durable",
    "mail.transport",
    "mail.from",
    "mail.smtp_url",
    "mail.smtp_user",
    "mail.smtp_password",
    "mail.smtp_password_file",
    "mail.connections",
    "mail.per_minute",
    "sign_in.link_lifetime",
    "password.min_length",
    "session.idle",
    "session.absolute",
    "limits.mails_per_address_15m",
    "limits.mails_per_address_day",
    "limits.mails_per_client_hour",
    "limits.mails_per_hour",
    "limits.tries_per_client_5m",
    "limits.tries_per_address_15m",
    "limits.codes_per_address_day",
    "limits.changes_per_account_hour",
    "backup.dir",
    "backup.every",
    "backup.keep",
    "events.keep",
];
/// The keys of one setting that can be written in two forms. Values from different sources would be halves of both, so
/// one source replaces all of them.
pub(super) const FORMS: [&str; 3] = ["registration", "registration.mode", "registration.domains"];
/// The one key that must not be in the file: the file may be readable by others, the key must not be.
pub(super) const KEY: &str = "key";
pub(super) const PREFIX: &str = "GATEPOST_";

/// The environment variables of all keys. Some are secrets that child processes must not get.
#[must_use]
pub fn variables() -> Vec<String> {
    all_keys().map(variable).collect()
}

pub(super) fn all_keys() -> impl Iterator<Item = &'static str> {
    KEYS.into_iter().chain([KEY])
}

/// The environment variable of a key.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

pub(super) fn is_path(key: &str) -> bool {
    key.ends_with("dir") || key.ends_with("_file") || matches!(key, "store.ca" | "store.cert" | "store.key")
}

pub(super) fn is_secret(key: &str) -> bool {
    matches!(key, KEY | "mail.smtp_password" | "metrics_token" | "store.url")
}
