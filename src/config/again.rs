//! Reading the configuration again while the server runs, at SIGHUP.

use super::source::{Differences, Sources, Values, shown};
use super::{Config, Mistakes, Options};
use crate::web::{MetricsToken, Setting};

/// A configuration without errors, and its warnings.
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// Settings that are allowed but probably not intended, one line each.
    pub warnings: Vec<String>,
    /// Reads it again.
    pub reader: Reader,
}

/// Where the settings came from, and what they were when they were read last.
pub struct Reader {
    options: Options,
    given: Values,
    /// The warnings that were logged.
    said: Vec<String>,
}

/// A configuration without errors that was read again.
pub struct Reread {
    /// The settings that are read again as they are now, and those that need a restart as they were.
    pub config: Config,
    /// The warnings that are new.
    pub warnings: Vec<String>,
    /// The keys that have other values now.
    pub changed: Vec<&'static str>,
    /// The keys that have other values and need a restart.
    pub waiting: Vec<&'static str>,
    /// For the next time, once this configuration is used.
    pub reader: Reader,
}

impl Config {
    /// Reads and checks all settings. Writes nothing.
    ///
    /// # Errors
    /// All errors at once.
    pub fn load(options: &Options) -> Result<Loaded, Mistakes> {
        let (config, sources) = match Sources::gather(options) {
            Ok(mut sources) => (Some(Self::read(&mut sources, None)), sources),
            Err(sources) => (None, sources),
        };
        let (errors, warnings, given) = sources.finish();
        match config {
            Some(config) if errors.is_empty() => {
                let reader = Reader { options: options.clone(), given, said: warnings.clone() };
                Ok(Loaded { config, warnings, reader })
            }
            _ => Err(Mistakes::new(errors, warnings)),
        }
    }
}

impl Reader {
    /// All settings as they were read last, for administrators.
    #[must_use]
    pub fn settings(&self) -> Vec<Setting> {
        shown(&self.given)
    }

    /// Reads file, environment and secret files again. What is checked is what would run: the settings that are read
    /// again, with those of the `running` configuration that need a restart. The keys are not read here: their file
    /// belongs to whoever may write it.
    ///
    /// # Errors
    /// All errors at once.
    pub fn read(&self, running: &Config) -> Result<Reread, Mistakes> {
        let mut sources = match Sources::gather(&self.options) {
            Ok(sources) => sources,
            Err(sources) => {
                let (errors, warnings, _) = sources.finish();
                return Err(Mistakes::new(errors, warnings));
            }
        };
        let Differences { mut changed, waiting } = sources.keep(&self.given);
        let config = Config::read(&mut sources, Some(running));
        let (errors, warnings, given) = sources.finish();
        if !errors.is_empty() {
            return Err(Mistakes::new(errors, warnings));
        }
        // The file may have another token, although it has the same name.
        let has_other = |one: &Config, other: &Config| {
            let [one, other] = [one, other].map(|it| it.metrics_token.as_ref().map(MetricsToken::as_bytes));
            one != other
        };
        if changed.iter().all(|key| !key.starts_with("metrics_token")) && has_other(&config, running) {
            changed.push("metrics_token_file");
        }
        let new = warnings.iter().filter(|warning| !self.said.contains(warning)).cloned().collect();
        let reader = Self { options: self.options.clone(), given, said: warnings };
        Ok(Reread { config, warnings: new, changed, waiting, reader })
    }
}
