//! What env files, compose files, editors and shells do to a value on its way here. Some keep quotation
//! marks, line ends and `${NAME}` as part of the value. Taken as they are, they would silently mean another
//! folder or another password, so each of them is removed with a warning or refused.

use super::keys::{is_path, is_secret};

/// What some editors write at the beginning of a file. Invisible, and part of the value if it is kept.
pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';
/// What is said about it.
pub(super) const MARK_REMOVED: &str =
    "begins with a byte order mark, which was ignored; save it as plain UTF-8";
const LINE_END_REMOVED: &str = "ends with a line end (is its file from Windows?), which was removed";
const SPACE_REMOVED: &str = "has spaces around the value, which were removed";

/// How a text came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// As it was written: on the command line.
    AsWritten,
    /// In a variable, perhaps from a file of variables, which every program reads in its own way.
    ByEnvironment,
}

/// A text without what does not belong to it.
pub(super) struct Cleaned {
    /// The value; none if it is not set.
    pub(super) text: Option<String>,
    /// What was removed.
    pub(super) notes: Vec<&'static str>,
}

/// Removes what certainly is not part of a value.
///
/// # Errors
/// What could be part of it but was probably not intended. Never repeats the value, which could be secret.
pub(super) fn clean(key: &str, text: &str, sent: Sent) -> Result<Cleaned, String> {
    let mut notes = Vec::new();
    let mut bare = text;
    if sent == Sent::ByEnvironment {
        let unmarked = text.trim_start_matches(BYTE_ORDER_MARK);
        if unmarked.len() < text.len() {
            notes.push(MARK_REMOVED);
        }
        bare = unmarked.trim_end_matches(['\r', '\n']);
        if bare.len() < unmarked.len() {
            notes.push(LINE_END_REMOVED);
        }
        let trimmed = bare.trim();
        if trimmed.len() < bare.len() {
            if is_secret(key) && !trimmed.is_empty() {
                return Err(format!("begins or ends with a space; remove it, or {}", belongs(key)));
            }
            notes.push(SPACE_REMOVED);
            bare = trimmed;
        }
        if bare.is_empty() {
            return Ok(Cleaned { text: None, notes });
        }
        if is_quoted(bare) {
            let otherwise = if is_secret(key) { format!(", or {}", belongs(key)) } else { String::new() };
            return Err(format!(
                "is in quotation marks, which became part of the value; remove them{otherwise}"
            ));
        }
    }
    match unexpanded(key, bare) {
        Some(sentence) => Err(sentence),
        None => Ok(Cleaned { text: Some(bare.to_owned()), notes }),
    }
}

/// What is wrong with a text that a shell would have replaced a part of.
pub(super) fn unexpanded(key: &str, text: &str) -> Option<String> {
    if is_path(key) && text.starts_with('~') {
        return Some("~ is not expanded here; write the whole path".to_owned());
    }
    if !has_placeholder(key, text) {
        return None;
    }
    let otherwise = if is_secret(key) { format!(", or {}", belongs(key)) } else { String::new() };
    Some(format!(
        "contains a variable such as ${{NAME}}, which is not replaced here; write its value{otherwise}"
    ))
}

/// What to do with a secret that really looks like that.
fn belongs(key: &str) -> String {
    format!("if it belongs to the value, put the value into a file and set {key}_file")
}

fn is_quoted(text: &str) -> bool {
    let inside = |mark| text.len() > 1 && text.starts_with(mark) && text.ends_with(mark);
    inside('"') || inside('\'')
}

/// Whether a text still has the name of a variable where its value should be: `${NAME}` (compose, env
/// files), `$(NAME)` (Kubernetes) or `$NAME`. The last is looked for only where no value looks like it.
fn has_placeholder(key: &str, text: &str) -> bool {
    let is_free = is_secret(key) || matches!(key, "name" | "home" | "mail.smtp_url" | "mail.smtp_user");
    text.split('$').skip(1).any(|rest| {
        let is_in = |open, close| {
            let inside = rest.strip_prefix(open).and_then(|rest: &str| rest.split_once(close));
            inside.is_some_and(|(inside, _)| starts_with_name(inside))
        };
        is_in('{', '}') || is_in('(', ')') || (!is_free && starts_with_name(rest))
    })
}

/// Whether a text begins as the name of a variable does.
fn starts_with_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
}
