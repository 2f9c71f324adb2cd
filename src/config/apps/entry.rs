//! Reading one section of a list such as `[[apps]]`, with everything that is wrong in it.

use toml::{Table, Value};

/// The most sections of one list, and the most groups.
pub(super) const MOST: usize = 200;

/// One section. Each value is taken out of it once; what is left at the end has an unknown name.
pub(in crate::config) struct Entry {
    /// The list, and which section of it this is, as errors show it.
    place: String,
    rest: Table,
    mistakes: Vec<String>,
}

impl Entry {
    /// A section that is the `number`th of a list. Errors name its `url` rather than the number, if it has one.
    pub(in crate::config) fn new(list: &str, number: usize, table: Table) -> Self {
        let url = table.get("url").and_then(Value::as_str).filter(|url| !url.is_empty());
        let name = url.map_or_else(|| number.to_string(), |url| url.escape_debug().to_string());
        Self { place: format!("{list} ({name})"), rest: table, mistakes: Vec::new() }
    }

    /// A text, if it is given.
    pub(super) fn text<T>(&mut self, key: &str, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let Value::String(text) = self.rest.remove(key)? else {
            self.wrong(key, "must be a quoted string");
            return None;
        };
        read(&text).map_err(|sentence| self.wrong(key, &sentence)).ok()
    }

    /// True or false, if it is given.
    pub(super) fn switch(&mut self, key: &str) -> Option<bool> {
        let Value::Boolean(is_on) = self.rest.remove(key)? else {
            self.wrong(key, "must be true or false, without quotes");
            return None;
        };
        Some(is_on)
    }

    /// A list of texts, if it is given.
    pub(super) fn list<T>(&mut self, key: &str, read: impl Fn(&str) -> Result<T, String>) -> Option<Vec<T>> {
        let Value::Array(parts) = self.rest.remove(key)? else {
            self.wrong(key, "must be a list of quoted strings");
            return None;
        };
        let mut all = Vec::new();
        for part in parts {
            match part.as_str().map(|text| (text, read(text))) {
                Some((_, Ok(value))) => all.push(value),
                Some((text, Err(sentence))) => self.wrong(key, &format!("{text:?} {sentence}")),
                None => self.wrong(key, "must be a list of quoted strings"),
            }
        }
        Some(all)
    }

    /// Names, each with a text; none if it is not given.
    pub(super) fn pairs<T>(&mut self, key: &str, read: impl Fn(&str, &str) -> Result<T, String>) -> Vec<T> {
        let table = match self.rest.remove(key) {
            Some(Value::Table(table)) => table,
            Some(_) => {
                self.wrong(key, "must be names with values such as { \"X-WEBAUTH-USER\" = \"email\" }");
                return Vec::new();
            }
            None => return Vec::new(),
        };
        let mut all = Vec::new();
        for (name, value) in table {
            match value.as_str().map(|text| read(&name, text)) {
                Some(Ok(value)) => all.push(value),
                Some(Err(sentence)) => self.wrong(key, &format!("{name:?} {sentence}")),
                None => self.wrong(key, &format!("{name:?} must be a quoted string")),
            }
        }
        all
    }

    /// Whether a key is given.
    pub(super) fn has(&self, key: &str) -> bool {
        self.rest.contains_key(key)
    }

    /// Whether anything is wrong so far.
    pub(super) fn is_wrong(&self) -> bool {
        !self.mistakes.is_empty()
    }

    /// Reports what is wrong with a key.
    pub(super) fn wrong(&mut self, key: &str, sentence: &str) {
        self.mistakes.push(format!("{}: {key}: {sentence}", self.place));
    }

    /// Everything that is wrong. What no one has read is unknown.
    pub(super) fn finish(mut self) -> Vec<String> {
        for key in std::mem::take(&mut self.rest).keys() {
            self.wrong(key, "unknown key");
        }
        self.mistakes
    }
}
