//! The paths about keys for programs.

/// Making a key for a program; the id of one follows.
pub const PROFILE_KEYS: &str = "/profile/keys";

/// The page of one key.
#[must_use]
pub fn key_page(id: &str) -> String {
    format!("{PROFILE_KEYS}/{id}")
}

/// The path that ends a key.
#[must_use]
pub fn key_end(id: &str) -> String {
    format!("{PROFILE_KEYS}/{id}/end")
}

/// The segments below the path of all keys.
fn below(path: &str) -> Option<Vec<&str>> {
    path.strip_prefix(PROFILE_KEYS)?.strip_prefix('/').map(|rest| rest.split('/').collect())
}

/// Whether it is the page of one key.
pub(super) fn is_page(path: &str) -> bool {
    below(path).is_some_and(|rest| matches!(rest[..], [id] if !id.is_empty()))
}

/// Whether it only takes POST. The API lists keys where the page makes one.
pub(super) fn takes_only_post(path: &str, is_api: bool) -> bool {
    (path == PROFILE_KEYS && !is_api)
        || below(path).is_some_and(|rest| matches!(rest[..], [id, "end"] if !id.is_empty()))
}
