//! Where values come from, which keys exist, and the list of all errors.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::ops::RangeInclusive;
use std::path::Path;

use toml::{Table, Value};
use zeroize::Zeroizing;

use super::key_file;
use super::options::{DEFAULT_FILE, Options};
use crate::domain::token::KeyRing;

/// Every key, with a dot between section and name.
const KEYS: [&str; 20] = [
    "public_url",
    "listen",
    "data_dir",
    "name",
    "home",
    "registration",
    "trusted_proxies",
    "hosts",
    "key_file",
    "mail.transport",
    "mail.from",
    "mail.smtp_url",
    "mail.smtp_user",
    "mail.smtp_password",
    "mail.smtp_password_file",
    "mail.connections",
    "sign_in.link_lifetime",
    "password.min_length",
    "session.idle",
    "session.absolute",
];
/// The one key that must not be in the file: the file may be readable by others, the key must not be.
const KEY: &str = "key";
const PREFIX: &str = "GATEPOST_";
/// Far longer than any secret. Bounded, so that an endless file cannot fill the memory.
const MAX_SECRET_BYTES: u64 = 16 * 1024;

/// The value of each key from its strongest source, and the errors found so far.
#[derive(Default)]
pub(super) struct Sources {
    given: BTreeMap<&'static str, Given>,
    mistakes: Vec<String>,
    mistaken: BTreeSet<&'static str>,
    warnings: Vec<String>,
}

struct Given {
    value: Typed,
    /// Where it was set, as errors show it.
    place: String,
}

enum Typed {
    /// From the file, with its type.
    Toml(Value),
    /// From the environment or the command line, which only have text.
    Text(String),
}

impl Sources {
    /// Reads file, environment and options, each overriding the one before.
    ///
    /// # Errors
    /// If the file cannot be read, the values cannot be checked.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub(super) fn gather(options: &Options) -> Result<Self, Self> {
        let mut sources = Self::default();
        let file = sources.read_file(options.file.as_deref());
        sources.read_environment(std::env::vars_os());
        if let Err(mistake) = file {
            sources.mistakes.insert(0, mistake);
            return Err(sources);
        }
        match options.data_dir.as_ref().map(|path| path.to_str()) {
            Some(Some(path)) => sources.give("data_dir", Typed::Text(path.to_owned()), "--data".into()),
            // Ignoring it would use another folder and create an empty store there.
            Some(None) => sources.refuse("data_dir", "--data: must be UTF-8".into()),
            None => {}
        }
        if let Some(listen) = &options.listen {
            sources.give("listen", Typed::Text(listen.clone()), "--listen".into());
        }
        Ok(sources)
    }

    /// All errors and all warnings.
    pub(super) fn finish(self) -> (Vec<String>, Vec<String>) {
        (self.mistakes, self.warnings)
    }

    /// Warns about some keys, unless one of them has an error.
    pub(super) fn warn(&mut self, keys: &[&str], is_odd: bool, sentence: &str) {
        if is_odd && !self.is_mistaken(keys) {
            self.warnings.push(sentence.to_owned());
        }
    }

    /// Reports an error in the combination of some keys, unless one of them has an error of its own:
    /// then the intended value is unknown.
    pub(super) fn contradiction(&mut self, keys: &[&str], is_wrong: bool, sentence: &str) {
        if is_wrong && !self.is_mistaken(keys) {
            self.mistakes.push(format!("{}: {sentence}", keys.join(", ")));
        }
    }

    fn is_mistaken(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.mistaken.contains(key))
    }

    pub(super) fn text<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.read(key, |value| match value {
            Typed::Toml(Value::String(text)) | Typed::Text(text) => read(text),
            Typed::Toml(_) => Err("must be a quoted string".into()),
        })
    }

    /// As `text`, but an empty text counts as not set.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let read = |text: &str| if text.is_empty() { Ok(None) } else { read(text).map(Some) };
        self.text(key, read).flatten()
    }

    pub(super) fn switch(&mut self, key: &'static str) -> Option<bool> {
        self.read(key, |value| match value {
            Typed::Toml(Value::Boolean(on)) => Ok(*on),
            Typed::Text(text) => text.parse().map_err(|_| "must be true or false".into()),
            Typed::Toml(_) => Err("must be true or false, without quotes".into()),
        })
    }

    pub(super) fn number(&mut self, key: &'static str, range: RangeInclusive<usize>) -> Option<usize> {
        self.read(key, |value| {
            let number = match value {
                Typed::Toml(Value::Integer(number)) => usize::try_from(*number).ok(),
                Typed::Text(text) => text.parse().ok(),
                Typed::Toml(_) => None,
            };
            let sentence = || format!("must be a whole number from {} to {}", range.start(), range.end());
            number.filter(|number| range.contains(number)).ok_or_else(sentence)
        })
    }

    /// A list; in the environment, its parts are separated by commas.
    pub(super) fn list<T>(&mut self, key: &'static str, read: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        let list = self.read(key, |value| {
            let parts: Vec<&str> = match value {
                Typed::Toml(Value::Array(parts)) => {
                    let texts: Option<_> = parts.iter().map(Value::as_str).collect();
                    texts.ok_or("must be a list of quoted strings")?
                }
                Typed::Toml(_) => return Err("must be a list such as [\"127.0.0.1\"]".into()),
                Typed::Text(text) => text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect(),
            };
            let (good, bad): (Vec<_>, Vec<_>) = parts.into_iter().map(&read).partition(Result::is_ok);
            let bad: Vec<String> = bad.into_iter().filter_map(Result::err).collect();
            if bad.is_empty() { Ok(good.into_iter().flatten().collect()) } else { Err(bad.join("; ")) }
        });
        list.unwrap_or_default()
    }

    /// A secret, set directly or read from a file.
    pub(super) fn secret(
        &mut self,
        key: &'static str,
        key_of_file: &'static str,
    ) -> Option<Zeroizing<String>> {
        let itself = self.optional(key, |text| Ok(Zeroizing::new(text.to_owned())));
        let in_file = self.optional(key_of_file, |path| read_secret(Path::new(path)));
        let is_twice = itself.is_some() && in_file.is_some();
        self.contradiction(&[key, key_of_file], is_twice, "is set twice");
        itself.or(in_file)
    }

    /// The key ring, if it is kept outside the data folder.
    pub(super) fn keys(&mut self) -> Option<KeyRing> {
        let itself = self.optional(KEY, |text| KeyRing::parse(text).map_err(|error| error.to_string()));
        let in_file = self
            .optional("key_file", |path| key_file::read(Path::new(path)).map_err(|error| error.to_string()));
        let is_twice = itself.is_some() && in_file.is_some();
        self.contradiction(&[KEY, "key_file"], is_twice, "is set twice");
        itself.or(in_file)
    }

    fn read<T>(&mut self, key: &'static str, read: impl Fn(&Typed) -> Result<T, String>) -> Option<T> {
        let given = self.given.get(key)?;
        read(&given.value)
            .map_err(|sentence| {
                self.mistakes.push(format!("{}: {sentence}", given.place));
                self.mistaken.insert(key);
            })
            .ok()
    }

    fn refuse(&mut self, key: &'static str, mistake: String) {
        self.mistakes.push(mistake);
        self.mistaken.insert(key);
    }

    fn give(&mut self, key: &'static str, value: Typed, place: String) {
        self.given.insert(key, Given { value, place });
    }

    fn read_file(&mut self, named: Option<&Path>) -> Result<(), String> {
        let file = named.map_or(Some(DEFAULT_FILE), Path::to_str).ok_or("--config: must be UTF-8")?;
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => return Ok(()),
            Err(error) => return Err(format!("{file}: {error}")),
        };
        match text.parse::<Table>() {
            Ok(table) => self.read_table(file, "", table),
            Err(error) => {
                let before = error.span().map_or("", |span| text.get(..span.start).unwrap_or(&text));
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
            let is_section = KEYS.iter().any(|known| known.starts_with(&inside));
            match (KEYS.iter().find(|known| **known == key), value) {
                (Some(known), value) => self.give(known, Typed::Toml(value), format!("{file}: {key}")),
                (None, Value::Table(table)) if is_section => self.read_table(file, &inside, table),
                (None, _) if is_section => {
                    self.mistakes.push(format!("{file}: {key}: is a section, write [{key}]"));
                }
                (None, Value::Table(_)) => self.mistakes.push(format!("{file}: [{key}]: unknown section")),
                (None, _) if key == KEY => {
                    self.mistakes.push(format!("{file}: key: the key must not be in the file; use key_file"));
                }
                (None, _) => self.mistakes.push(format!("{file}: {key}: unknown key")),
            }
        }
    }

    fn read_environment(&mut self, variables: impl Iterator<Item = (OsString, OsString)>) {
        let names: BTreeMap<String, &'static str> = all_keys().map(|key| (variable(key), key)).collect();
        for (variable, value) in variables {
            let variable = variable.to_string_lossy().into_owned();
            match (names.get(&variable), value.into_string()) {
                (Some(key), Ok(text)) => self.give(key, Typed::Text(text), variable),
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

fn read_secret(path: &Path) -> Result<Zeroizing<String>, String> {
    let mut text = Zeroizing::new(String::new());
    let read = File::open(path).and_then(|file| file.take(MAX_SECRET_BYTES).read_to_string(&mut text));
    read.map_err(|error| format!("{}: {error}", path.display()))?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(format!("{} is empty", path.display())),
        secret => Ok(Zeroizing::new(secret.to_owned())),
    }
}
