//! The `[mail]` section: how letters leave.

use std::fmt;

use url::Url;
use zeroize::Zeroizing;

use super::source::Sources;
use super::value;

/// How letters leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// By which way.
    pub transport: Transport,
    /// Who they are from: a name and an address.
    pub from: String,
    /// How many connections to the mail server are kept at most.
    pub connections: usize,
}

/// The ways a letter can go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Nowhere: it is shown on the mailbox page.
    Mailbox,
    /// To a mail server.
    Smtp {
        /// Where it is and how it is spoken to.
        url: SmtpUrl,
        /// User and password, when they do not stand in the URL.
        login: Option<Login>,
    },
}

/// The address of a mail server. It may hold a password, so it prints without.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpUrl(Url);

/// What the mail server knows us by.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The password.
    pub password: Zeroizing<String>,
}

/// What stands in `mail.transport`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Mailbox,
    Smtp,
}

impl Mail {
    pub(super) fn read(sources: &mut Sources) -> Self {
        let way = sources.text("mail.transport", read_way).unwrap_or(Way::Mailbox);
        let url = sources.optional("mail.smtp_url", SmtpUrl::parse);
        let user = sources.optional("mail.smtp_user", |text| Ok(text.to_owned()));
        let password = sources.secret("mail.smtp_password", "mail.smtp_password_file");
        sources.contradiction(
            &["mail.transport", "mail.smtp_url"],
            way == Way::Smtp && url.is_none(),
            "smtp needs the address of the mail server in mail.smtp_url",
        );
        sources.contradiction(
            &["mail.smtp_user", "mail.smtp_password"],
            user.is_some() != password.is_some(),
            "user and password of the mail server go together",
        );
        let has_login = |url: &SmtpUrl| !url.0.username().is_empty() || url.0.password().is_some();
        sources.contradiction(
            &["mail.smtp_url", "mail.smtp_user"],
            user.is_some() && url.as_ref().is_some_and(has_login),
            "the user stands in both",
        );
        if way == Way::Mailbox && url.is_some() {
            sources.warn("mail.smtp_url is not used, since mail.transport is \"mailbox\"");
        }
        let login = user.zip(password).map(|(user, password)| Login { user, password });
        Self {
            transport: match url {
                Some(url) if way == Way::Smtp => Transport::Smtp { url, login },
                _ => Transport::Mailbox,
            },
            from: sources
                .text("mail.from", value::sender)
                .unwrap_or_else(|| "Gatepost <gatepost@localhost>".into()),
            connections: sources.number("mail.connections", 1..=64).unwrap_or(4),
        }
    }
}

fn read_way(text: &str) -> Result<Way, String> {
    match text {
        "mailbox" => Ok(Way::Mailbox),
        "smtp" => Ok(Way::Smtp),
        _ => Err("must be \"mailbox\" or \"smtp\"".into()),
    }
}

impl SmtpUrl {
    /// Reads `smtps://host:465` or `smtp://host:587`. In the clear (`?tls=none`) only to this very
    /// machine: anywhere else every sign-in link could be read on the way (SEC-69).
    fn parse(text: &str) -> Result<Self, String> {
        const SHAPE: &str = "must look like smtps://mail.example.org:465 or smtp://mail.example.org:587";
        let url = Url::parse(text).map_err(|_| SHAPE)?;
        let is_smtp = matches!(url.scheme(), "smtps" | "smtp");
        let host = url.host_str().filter(|host| is_smtp && !host.is_empty()).ok_or(SHAPE)?;
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(SHAPE.into());
        }
        match (url.scheme(), url.query()) {
            (_, None) => {}
            ("smtp", Some("tls=none")) if value::is_loopback_host(host) => {}
            ("smtp", Some("tls=none")) => return Err("may go without TLS to this machine alone".into()),
            _ => return Err("knows one addition, ?tls=none after smtp://localhost:25".into()),
        }
        Ok(Self(url))
    }

    /// The whole URL, secrets included.
    #[must_use]
    pub fn expose(&self) -> &Url {
        &self.0
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mailbox => f.write_str("the mailbox page"),
            Self::Smtp { url, .. } => write!(f, "{url}"),
        }
    }
}

impl fmt::Display for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.0.scheme(), self.0.host_str().unwrap_or_default())?;
        self.0.port().map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({}, …)", self.user)
    }
}
