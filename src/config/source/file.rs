//! `config.toml`.

use std::fs;
use std::io;
use std::path::Path;

use toml::{Table, Value};

use super::keys::{KEY, KEYS};
use super::{Sources, Typed, text};
use crate::config::options::DEFAULT_FILE;
use crate::web::Source;

impl Sources {
    pub(super) fn read_file(&mut self, named: Option<&Path>) -> Result<(), String> {
        let file = named.map_or(Some(DEFAULT_FILE), Path::to_str).ok_or("--config: must be UTF-8")?;
        let content = match fs::read_to_string(file) {
            Ok(content) => content,
            Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(format!("{file}: must be UTF-8 text"));
            }
            Err(error) => return Err(format!("{file}: {error}")),
        };
        let content = match content.strip_prefix(text::BYTE_ORDER_MARK) {
            Some(rest) => {
                self.warnings.push(format!("{file}: {}", text::MARK_REMOVED));
                rest
            }
            None => &content,
        };
        match content.parse::<Table>() {
            Ok(table) => self.read_table(file, "", table),
            Err(error) => {
                let before = error.span().map_or("", |span| content.get(..span.start).unwrap_or(content));
                let line = before.matches('\n').count() + 1;
                return Err(format!("{file}, line {line}: {}", error.message().replace('\n', ", ")));
            }
        }
        Ok(())
    }

    fn read_table(&mut self, file: &str, section: &str, table: Table) {
        for (name, value) in table {
            let key = format!("{section}{name}");
            let inside = format!("{key}.");
            let is_section = KEYS.iter().any(|(known, _)| known.starts_with(&inside));
            match (KEYS.iter().find(|(known, _)| *known == key), value) {
                // Before the keys: one of them is also the name of a section.
                (_, Value::Table(table)) if is_section => self.read_table(file, &inside, table),
                (Some((known, _)), value) => self.give_toml(known, value, format!("{file}: {key}")),
                (None, _) if is_section => {
                    self.wrong(format!("{file}: {key}: is a section, write [{key}]"));
                }
                (None, Value::Table(_)) => self.wrong(format!("{file}: [{key}]: unknown section")),
                (None, _) if key == KEY => {
                    self.wrong(format!("{file}: key: the key must not be in the file; use key_file"));
                }
                (None, _) => self.wrong(format!("{file}: {key}: unknown key")),
            }
        }
    }

    /// Reports what is about no key.
    fn wrong(&mut self, mistake: String) {
        self.mistakes.push((None, mistake));
    }

    fn give_toml(&mut self, key: &'static str, value: Value, place: String) {
        let texts = match &value {
            Value::String(text) => std::slice::from_ref(text).iter().map(String::as_str).collect(),
            Value::Array(parts) => parts.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        match texts.into_iter().find_map(|text| text::unexpanded(key, text)) {
            Some(sentence) => self.refuse(key, format!("{place}: {sentence}")),
            None => self.give(key, Typed::Toml(value), place, Source::File),
        }
    }
}
