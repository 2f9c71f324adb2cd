//! The environment variables.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::Sources;
use super::keys::{FORMS, PREFIX, all_keys, variable};
use super::text::{self, Sent};

impl Sources {
    pub(super) fn read_environment(&mut self, variables: impl Iterator<Item = (OsString, OsString)>) {
        let in_file: Vec<_> = FORMS.iter().filter_map(|key| self.given.remove_entry(key)).collect();
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
        if !FORMS.iter().any(|key| self.given.contains_key(key)) {
            self.given.extend(in_file);
        }
    }
}
