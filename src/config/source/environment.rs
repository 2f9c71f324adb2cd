//! The environment variables.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::text::{self, Sent};
use super::{KEY, KEYS, Sources};

const PREFIX: &str = "GATEPOST_";

impl Sources {
    pub(super) fn read_environment(&mut self, variables: impl Iterator<Item = (OsString, OsString)>) {
        let names: BTreeMap<String, &'static str> = all_keys().map(|key| (variable(key), key)).collect();
        for (name, value) in variables {
            let name = name.to_string_lossy();
            // The first line of an env file that an editor saved with a byte order mark.
            let variable = name.trim_start_matches(text::BYTE_ORDER_MARK);
            if variable.len() < name.len() && variable.starts_with(PREFIX) {
                self.warnings.push(format!("{variable}: {}", text::MARK_REMOVED));
            }
            match (names.get(variable), value.into_string()) {
                (Some(key), Ok(text)) => self.give_text(key, &text, variable, Sent::ByEnvironment),
                (Some(key), Err(_)) => {
                    self.refuse(key, format!("{variable}: must be UTF-8"));
                }
                (None, _) if variable.starts_with(PREFIX) => {
                    self.warnings.push(format!("unknown environment variable {variable}"));
                }
                (None, _) => {}
            }
        }
    }
}

/// The environment variables of all keys. Some are secrets that child processes must not get.
#[must_use]
pub fn variables() -> Vec<String> {
    all_keys().map(variable).collect()
}

fn all_keys() -> impl Iterator<Item = &'static str> {
    KEYS.into_iter().chain([KEY])
}

/// The environment variable of a key.
fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}
