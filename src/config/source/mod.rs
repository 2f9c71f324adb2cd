//! Where values come from, which keys exist, and the list of all errors.
//!
//! - `keys`: which keys exist
//! - `file`: `config.toml`
//! - `environment`: the variables
//! - `text`: what env files, editors and shells do to a value on its way here
//! - `secret_file`: a secret in a file of its own
//! - `shown`: the values as administrators see them
//! - `again`: what has changed since the values were read before

mod again;
mod environment;
mod file;
mod keys;
mod secret_file;
mod shown;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::Path;

use toml::Value;
use zeroize::Zeroizing;

use self::keys::KEY;
pub use self::keys::variables;
pub(super) use self::shown::shown;
use self::text::Sent;
use super::access::View;
use super::key_file::{self, KeyPlace};
use super::options::Options;
use crate::domain::token::KeyRing;
use crate::web::Source;

/// The value of each key from its strongest source, and the errors found so far.
#[derive(Default)]
pub(super) struct Sources {
    given: Values,
    /// Each with the key that it is about, if it is about one.
    mistakes: Vec<(Option<&'static str>, String)>,
    mistaken: BTreeSet<&'static str>,
    warnings: Vec<String>,
    view: View,
}

/// The value of each key that has one.
pub(super) type Values = BTreeMap<&'static str, Given>;

/// A value, as it was written.
#[derive(Clone)]
pub(super) struct Given {
    value: Typed,
    /// Where it was set, as errors show it.
    place: String,
    source: Source,
}

#[derive(Clone, PartialEq)]
enum Typed {
    /// From the file, with its type.
    Toml(Value),
    /// From the environment or the command line, which only have text.
    Text(String),
}

/// The keys whose values are other ones than before.
#[derive(Default)]
pub(super) struct Differences {
    /// Those that are read again.
    pub(super) changed: Vec<&'static str>,
    /// Those that need a restart.
    pub(super) waiting: Vec<&'static str>,
}

impl Sources {
    /// Reads file, environment and options, each overriding the one before.
    ///
    /// # Errors
    /// If the file cannot be read, the values cannot be checked.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub(super) fn gather(options: &Options) -> Result<Self, Self> {
        let mut sources = Self { view: options.view, ..Self::default() };
        let file = sources.read_file(options.file.as_deref());
        if !options.ignores_environment {
            sources.read_environment(std::env::vars_os());
        }
        if let Err(mistake) = file {
            sources.mistakes.insert(0, (None, mistake));
            return Err(sources);
        }
        match options.data_dir.as_ref().map(|path| path.to_str()) {
            Some(Some(path)) => sources.give_text("data_dir", path, "--data", Sent::AsWritten),
            // Ignoring it would use another folder and create an empty store there.
            Some(None) => sources.refuse("data_dir", "--data: must be UTF-8".into()),
            None => {}
        }
        if let Some(listen) = &options.listen {
            sources.give_text("listen", listen, "--listen", Sent::AsWritten);
        }
        Ok(sources)
    }

    /// All errors, all warnings, and what was given.
    pub(super) fn finish(self) -> (Vec<String>, Vec<String>, Values) {
        (self.mistakes.into_iter().map(|(_, mistake)| mistake).collect(), self.warnings, self.given)
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
            self.mistakes.push((None, format!("{}: {sentence}", keys.join(", "))));
        }
    }

    /// Whether a key has a value, right or wrong.
    pub(super) fn is_given(&self, key: &str) -> bool {
        self.given.contains_key(key)
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
                Typed::Text(text) if text.starts_with('[') => {
                    return Err("must be written without brackets and quotes, separated by commas".into());
                }
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
        let in_file = self.secret_in_file(key_of_file);
        let is_twice = itself.is_some() && in_file.is_some();
        self.contradiction(&[key, key_of_file], is_twice, "is set twice");
        itself.or(in_file)
    }

    /// A secret that is only read from a file.
    pub(super) fn secret_in_file(&mut self, key_of_file: &'static str) -> Option<Zeroizing<String>> {
        let view = self.view;
        let read = self.optional(key_of_file, |path| secret_file::read(Path::new(path), view))?;
        self.warnings.extend(read.warnings);
        Some(read.secret)
    }

    /// For which user files are judged.
    pub(super) fn view(&self) -> View {
        self.view
    }

    /// The key ring and its place, if it is kept outside the data folder.
    pub(super) fn keys(&mut self) -> Option<(KeyRing, KeyPlace)> {
        let itself = self.optional(KEY, |text| KeyRing::parse(text).map_err(|error| error.to_string()));
        let view = self.view;
        let read = |path: &str| {
            let ring = key_file::read(Path::new(path), view).map_err(|error| error.to_string())?;
            Ok((ring, KeyPlace::File(path.into())))
        };
        let in_file = self.optional("key_file", read);
        let is_twice = itself.is_some() && in_file.is_some();
        self.contradiction(&[KEY, "key_file"], is_twice, "is set twice");
        itself.map(|ring| (ring, KeyPlace::Environment)).or(in_file)
    }

    fn read<T>(&mut self, key: &'static str, read: impl Fn(&Typed) -> Result<T, String>) -> Option<T> {
        let given = self.given.get(key)?;
        read(&given.value)
            .map_err(|sentence| {
                self.mistakes.push((Some(key), format!("{}: {sentence}", given.place)));
                self.mistaken.insert(key);
            })
            .ok()
    }

    fn refuse(&mut self, key: &'static str, mistake: String) {
        self.mistakes.push((Some(key), mistake));
        self.mistaken.insert(key);
    }

    fn give(&mut self, key: &'static str, value: Typed, place: String, source: Source) {
        self.given.insert(key, Given { value, place, source });
    }

    /// A value that arrived as text, after what happens to text on its way here. An empty one sets nothing.
    fn give_text(&mut self, key: &'static str, text: &str, place: &str, sent: Sent) {
        match text::clean(key, text, sent) {
            Ok(cleaned) => {
                self.warnings.extend(cleaned.notes.iter().map(|note| format!("{place}: {note}")));
                if let Some(text) = cleaned.text {
                    let source = match sent {
                        Sent::AsWritten => Source::Option,
                        Sent::ByEnvironment => Source::Environment,
                    };
                    self.give(key, Typed::Text(text), place.to_owned(), source);
                }
            }
            Err(sentence) => self.refuse(key, format!("{place}: {sentence}")),
        }
    }
}
