//! What someone acts with.

use crate::domain::record::session;

/// What someone acted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Means {
    /// The link in an email, or one created by the operator.
    Link,
    /// The code in an email.
    Code,
    /// A password.
    Password,
    /// A session: they were signed in.
    Session,
    /// A command on the server.
    Command,
}

impl Means {
    /// The word on the wire and in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Code => "code",
            Self::Password => "password",
            Self::Session => "session",
            Self::Command => "command",
        }
    }
}

impl From<session::Means> for Means {
    fn from(means: session::Means) -> Self {
        match means {
            session::Means::Link => Self::Link,
            session::Means::Code => Self::Code,
            session::Means::Password => Self::Password,
        }
    }
}
