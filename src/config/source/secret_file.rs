//! A secret in a file of its own.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use super::text;
use crate::config::access::{Others, View, is_read_only};

/// Far longer than any secret. Bounded, so that an endless file cannot fill the memory.
const MAX_BYTES: u64 = 16 * 1024;

/// A secret, and what was removed from its file or is dangerous about it.
pub(super) struct SecretRead {
    pub(super) secret: Zeroizing<String>,
    pub(super) warnings: Vec<String>,
}

/// Reads the one line of a file. Everything else in the line belongs to the secret.
pub(super) fn read(path: &Path, view: View) -> Result<SecretRead, String> {
    let refuse = |reason: &str| Err(format!("{}: {reason}", path.display()));
    let mut content = Zeroizing::new(String::new());
    let mut warnings = Vec::new();
    let read = File::open(path).and_then(|file| {
        warnings.extend(others(path, &file, view)?);
        file.take(MAX_BYTES + 1).read_to_string(&mut content)
    });
    match read {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return refuse("must be UTF-8 text"),
        Err(error) => return refuse(&error.to_string()),
        Ok(bytes) if bytes as u64 > MAX_BYTES => return refuse("is too long for a secret"),
        Ok(_) => {}
    }
    let bare = content.trim_start_matches(text::BYTE_ORDER_MARK);
    let marked = bare.len() < content.len();
    warnings.extend(marked.then(|| format!("{}: {}", path.display(), text::MARK_REMOVED)));
    match bare.trim_end_matches(['\r', '\n']) {
        "" => refuse("is empty"),
        secret if secret.contains(char::is_control) => {
            refuse("must have one line, without control characters")
        }
        secret => Ok(SecretRead { secret: Zeroizing::new(secret.to_owned()), warnings }),
    }
}

/// Who else can read the file, for example because the proxy is in Gatepost's group. Not so for the secrets of
/// containers: they are readable for all, on a mount whose modes no one can change.
fn others(path: &Path, file: &File, view: View) -> io::Result<Option<String>> {
    let others = Others::of(&file.metadata()?, view);
    let Some(other) = others.read.as_ref().filter(|_| !is_read_only(file)) else { return Ok(None) };
    let (shown, mode, fix) = (path.display(), others.mode, others.fix(path, "600"));
    Ok(Some(format!("{shown}: {other} can read this secret (mode {mode:04o}); {fix}")))
}
