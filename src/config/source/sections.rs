//! Sections that can be there many times, and those whose keys have names of their own. They can only be in the file.

use std::path::Path;

use toml::{Table, Value};

use super::{Given, Sources, Typed};
use crate::config::apps::Entry;

impl Sources {
    /// The folder that the configuration is in.
    pub(in crate::config) fn folder(&self) -> &Path {
        self.folder.as_deref().unwrap_or(Path::new(""))
    }

    /// The sections of a list such as `[[apps]]`, at most so many.
    pub(in crate::config) fn sections(&mut self, key: &'static str, most: usize) -> Vec<Entry> {
        let Some(Given { value, place, .. }) = self.given.get(key).cloned() else { return Vec::new() };
        let Typed::Toml(Value::Array(parts)) = value else {
            self.refuse(key, format!("{place}: must be sections [[{key}]] in the file"));
            return Vec::new();
        };
        if parts.len() > most {
            self.refuse(key, format!("{place}: there can be at most {most} of them"));
        }
        let mut entries = Vec::new();
        for (part, number) in parts.into_iter().zip(1..) {
            match part {
                Value::Table(table) => entries.push(Entry::new(&place, number, table)),
                _ => self.refuse(key, format!("{place}: must be sections [[{key}]]")),
            }
        }
        entries
    }

    /// A section whose keys have names of their own, and its place as errors show it.
    pub(in crate::config) fn section(&mut self, key: &'static str) -> Option<(String, Table)> {
        let Given { value, place, .. } = self.given.get(key).cloned()?;
        if let Typed::Toml(Value::Table(table)) = value {
            return Some((place, table));
        }
        self.refuse(key, format!("{place}: must be a section [{key}] in the file"));
        None
    }

    /// Reports everything that is wrong in sections.
    pub(in crate::config) fn report(&mut self, key: &'static str, mistakes: Vec<String>) {
        for mistake in mistakes {
            self.refuse(key, mistake);
        }
    }
}
