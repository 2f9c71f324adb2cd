//! Which keys exist, and their environment variables.

/// What of its value a setting shows to administrators. Declared with each, so that none can be forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shows {
    /// All of it.
    Value,
    /// A URL without what is in it of a login.
    Url,
    /// Nothing.
    Secret,
}

/// Every key, with a dot between section and name, and what it shows.
pub(super) const KEYS: [(&str, Shows); 49] = [
    ("public_url", Shows::Value),
    ("listen", Shows::Value),
    ("data_dir", Shows::Value),
    ("name", Shows::Value),
    ("home", Shows::Value),
    ("registration", Shows::Value),
    ("registration.mode", Shows::Value),
    ("registration.domains", Shows::Value),
    ("trusted_proxies", Shows::Value),
    ("hosts", Shows::Value),
    ("key_file", Shows::Value),
    ("metrics_token", Shows::Secret),
    ("metrics_token_file", Shows::Value),
    ("store.url", Shows::Url),
    ("store.url_file", Shows::Value),
    ("store.cache_mib", Shows::Value),
    ("store.schema", Shows::Value),
    ("store.password_file", Shows::Value),
    ("store.ca", Shows::Value),
    ("store.cert", Shows::Value),
    ("store.key", Shows::Value),
    ("store.connections", Shows::Value),
    ("store.timeout", Shows::Value),
    ("store.session_cache", Shows::Value),
    ("store.durable", Shows::Value),
    ("mail.transport", Shows::Value),
    ("mail.from", Shows::Value),
    ("mail.smtp_url", Shows::Url),
    ("mail.smtp_user", Shows::Secret),
    ("mail.smtp_password", Shows::Secret),
    ("mail.smtp_password_file", Shows::Value),
    ("mail.connections", Shows::Value),
    ("mail.per_minute", Shows::Value),
    ("sign_in.link_lifetime", Shows::Value),
    ("password.min_length", Shows::Value),
    ("session.idle", Shows::Value),
    ("session.absolute", Shows::Value),
    ("limits.mails_per_address_15m", Shows::Value),
    ("limits.mails_per_address_day", Shows::Value),
    ("limits.mails_per_client_hour", Shows::Value),
    ("limits.mails_per_hour", Shows::Value),
    ("limits.tries_per_client_5m", Shows::Value),
    ("limits.tries_per_address_15m", Shows::Value),
    ("limits.codes_per_address_day", Shows::Value),
    ("limits.changes_per_account_hour", Shows::Value),
    ("backup.dir", Shows::Value),
    ("backup.every", Shows::Value),
    ("backup.keep", Shows::Value),
    ("events.keep", Shows::Value),
];
/// The keys of one setting that can be written in two forms, the short one first. Values from different sources would be halves of both, so
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
    KEYS.into_iter().map(|(key, _)| key).chain([KEY])
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
