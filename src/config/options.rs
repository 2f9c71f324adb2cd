//! The command-line options that concern the configuration.

use std::path::PathBuf;

use super::access::View;

/// Read if no other file is named and it exists.
pub const DEFAULT_FILE: &str = "config.toml";

/// Options, which override everything else.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The file to read. It must exist.
    pub file: Option<PathBuf>,
    /// Overrides `data_dir`.
    pub data_dir: Option<PathBuf>,
    /// Overrides `listen`.
    pub listen: Option<String>,
    /// Whether only the file and these options count.
    pub ignores_environment: bool,
    /// For which user the key file is judged.
    pub view: View,
}
