//! The settings of the server, as administrators see them.

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name, with a dot between section and name.
    pub key: &'static str,
    /// Its value. Nothing for a secret.
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: Source,
    /// Whether its value is a secret.
    pub is_secret: bool,
}

/// Where the value of a setting comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The configuration file.
    File,
    /// A variable of the environment.
    Environment,
    /// An option of the command that started the server.
    Option,
    /// It was not set.
    Default,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::File, Self::Environment, Self::Option, Self::Default];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Environment => "environment",
            Self::Option => "option",
            Self::Default => "default",
        }
    }
}
