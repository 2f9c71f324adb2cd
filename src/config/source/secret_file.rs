//! A secret in a file of its own.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use super::text;

/// Far longer than any secret. Bounded, so that an endless file cannot fill the memory.
const MAX_BYTES: u64 = 16 * 1024;

/// A secret, and what was removed from its file.
pub(super) struct SecretRead {
    pub(super) secret: Zeroizing<String>,
    pub(super) warning: Option<String>,
}

/// Reads the one line of a file. Everything else in the line belongs to the secret.
pub(super) fn read(path: &Path) -> Result<SecretRead, String> {
    let refuse = |reason: &str| Err(format!("{}: {reason}", path.display()));
    let mut content = Zeroizing::new(String::new());
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_string(&mut content));
    match read {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return refuse("must be UTF-8 text"),
        Err(error) => return refuse(&error.to_string()),
        Ok(bytes) if bytes as u64 > MAX_BYTES => return refuse("is too long for a secret"),
        Ok(_) => {}
    }
    let bare = content.trim_start_matches(text::BYTE_ORDER_MARK);
    let marked = bare.len() < content.len();
    let warning = marked.then(|| format!("{}: {}", path.display(), text::MARK_REMOVED));
    match bare.trim_end_matches(['\r', '\n']) {
        "" => refuse("is empty"),
        secret if secret.contains(char::is_control) => {
            refuse("must have one line, without control characters")
        }
        secret => Ok(SecretRead { secret: Zeroizing::new(secret.to_owned()), warning }),
    }
}
