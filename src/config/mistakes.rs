//! The list of everything that is wrong with a configuration.

use std::fmt;

/// All errors of a configuration, one line each, and its warnings. The warnings may explain the
/// errors: if a variable is misspelled, the setting it was meant for is missing.
#[derive(Debug)]
pub struct Mistakes {
    errors: Vec<String>,
    warnings: Vec<String>,
}

impl Mistakes {
    /// A list of at least one error.
    #[must_use]
    pub fn new(errors: Vec<String>, warnings: Vec<String>) -> Self {
        Self { errors, warnings }
    }

    /// The errors.
    #[must_use]
    pub fn errors(self) -> Vec<String> {
        self.errors
    }
}

impl std::error::Error for Mistakes {}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.errors.len() {
            1 => write!(f, "the configuration has 1 error:")?,
            count => write!(f, "the configuration has {count} errors:")?,
        }
        self.errors.iter().try_for_each(|error| write!(f, "\n  {error}"))?;
        self.warnings.iter().try_for_each(|warning| write!(f, "\nwarning: {warning}"))
    }
}
