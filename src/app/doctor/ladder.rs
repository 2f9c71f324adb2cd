//! What mail scanners do with the links they find, from the harmless to the rude. Each of these has used up
//! the links of some other product.
//!
//! One thing is left out: a machine that fills in forms as a person would, boxes included, is a person to us.

use std::io;
use std::net::{IpAddr, Ipv4Addr};

use hyper::Method;
use serde_json::json;

use super::caller::{Ask, Target};
use super::machine::Machine;
use crate::path::API;
use crate::web::edge::Listen;

/// One thing that mail scanners do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// A HEAD request.
    Head,
    /// A GET request.
    Get,
    /// Other methods that should be harmless.
    OtherMethods,
    /// A GET request of a browser that looks ahead.
    Prefetch,
    /// A GET request of programs that say what they are.
    KnownScanners,
    /// A POST without anything in it.
    EmptyPost,
    /// A POST to the JSON API.
    Program,
    /// A browser without cookies that runs scripts and submits the form.
    Script,
    /// The same with cookies: it is the first that opens the link.
    FirstOpener,
    /// It submits the form twice at once.
    DoubleClick,
    /// Two of them open the link and submit its form at once.
    TwoOpeners,
    /// First openers from another client address.
    OtherAddress,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome", content = "reason")]
pub enum Outcome {
    /// The link still works, and no one was signed in.
    Works,
    /// The link does not work as before.
    Broken(String),
    /// It was not tried.
    Skipped(String),
}

/// Whether a rung could be climbed at all.
pub(super) enum Climbed<'a> {
    Yes(Vec<Machine<'a>>),
    Skipped(&'static str),
}

/// Headers with which browsers say that they look ahead.
const LOOKING_AHEAD: [(&str, &str); 5] = [
    ("sec-purpose", "prefetch"),
    ("sec-purpose", "prefetch;prerender"),
    ("purpose", "prefetch"),
    ("x-purpose", "preview"),
    ("x-moz", "prefetch"),
];

/// How scanners of email and programs that show previews of links introduce themselves.
const AGENTS: [&str; 12] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (compatible; Barracuda Sentinel (EE))",
    "Mozilla/5.0 (compatible; proofpoint-urldefense)",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "Mozilla/5.0 (compatible; YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "TelegramBot (like TwitterBot)",
    "WhatsApp/2.24.6.77 A",
    "curl/8.14.1",
];

impl Rung {
    /// From the harmless to the rude.
    pub(super) const ALL: [Self; 12] = [
        Self::Head,
        Self::Get,
        Self::OtherMethods,
        Self::Prefetch,
        Self::KnownScanners,
        Self::EmptyPost,
        Self::Program,
        Self::Script,
        Self::FirstOpener,
        Self::DoubleClick,
        Self::TwoOpeners,
        Self::OtherAddress,
    ];

    /// What is done, in words.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Head => "HEAD",
            Self::Get => "GET",
            Self::OtherMethods => "OPTIONS, PUT and DELETE",
            Self::Prefetch => "GET by a browser that looks ahead",
            Self::KnownScanners => "GET by known scanners and link previews",
            Self::EmptyPost => "POST of an empty form",
            Self::Program => "POST to the API without the request",
            Self::Script => "open the page and submit its form, without cookies",
            Self::FirstOpener => "open the page and submit its form, with cookies",
            Self::DoubleClick => "submit the form twice at once",
            Self::TwoOpeners => "two machines open the page and submit its form at once",
            Self::OtherAddress => "the last three from another client address",
        }
    }

    /// Does it to the link at `path`. Returns the machines that did.
    pub(super) async fn climb<'a>(self, target: &'a Target, path: &str) -> io::Result<Climbed<'a>> {
        let new = || Machine::new(target);
        let machines = match self {
            Self::Head => vec![sent(new(), [Ask::new(Method::HEAD, path)]).await?],
            Self::Get => vec![sent(new(), [Ask::get(path)]).await?],
            Self::OtherMethods => {
                let methods = [Method::OPTIONS, Method::PUT, Method::DELETE];
                vec![sent(new(), methods.map(|method| Ask::new(method, path))).await?]
            }
            Self::Prefetch => {
                let asks = LOOKING_AHEAD.map(|(name, value)| Ask::get(path).with(name, value));
                vec![sent(new(), asks).await?]
            }
            Self::KnownScanners => {
                vec![sent(new(), AGENTS.map(|agent| Ask::get(path).with("user-agent", agent))).await?]
            }
            Self::EmptyPost => vec![sent(new(), [Ask::form(path, &target.origin, [])]).await?],
            Self::Program => vec![sent(new(), [Ask::json(format!("{API}{path}"), &json!({}))]).await?],
            Self::Script => vec![opened_and_submitted(new(), path).await?],
            Self::FirstOpener => vec![opened_and_submitted(new().with_cookies(), path).await?],
            Self::DoubleClick => double_click(new().with_cookies(), path).await?.into(),
            Self::TwoOpeners => two_openers(&new().with_cookies(), path).await?.into(),
            Self::OtherAddress => return other_address(target, path).await,
        };
        Ok(Climbed::Yes(machines))
    }
}

async fn sent(mut machine: Machine<'_>, asks: impl IntoIterator<Item = Ask>) -> io::Result<Machine<'_>> {
    for ask in asks {
        machine.send(ask).await?;
    }
    Ok(machine)
}

/// As scanners do that run scripts, and press what there is to press.
async fn opened_and_submitted<'a>(mut machine: Machine<'a>, path: &str) -> io::Result<Machine<'a>> {
    if let Some(form) = machine.form_at(path).await? {
        machine.submit(&form).await?;
    }
    Ok(machine)
}

async fn double_click<'a>(mut machine: Machine<'a>, path: &str) -> io::Result<[Machine<'a>; 2]> {
    let form = machine.form_at(path).await?;
    let mut same = machine.clone();
    same.seen.clear();
    if let Some(form) = form {
        let (first, second) = tokio::join!(machine.submit(&form), same.submit(&form));
        first.and(second)?;
    }
    Ok([machine, same])
}

async fn two_openers<'a>(machine: &Machine<'a>, path: &str) -> io::Result<[Machine<'a>; 2]> {
    let open = || opened_and_submitted(machine.clone(), path);
    let (first, second) = tokio::join!(open(), open());
    Ok([first?, second?])
}

async fn other_address<'a>(target: &'a Target, path: &str) -> io::Result<Climbed<'a>> {
    let from = match &target.listen {
        Listen::Tcp(address) if address.is_ipv4() => Some(IpAddr::from(Ipv4Addr::new(127, 0, 0, 2))),
        Listen::Tcp(_) => return Ok(Climbed::Skipped("over IPv6, this machine has one loopback address")),
        Listen::Unix(_) => None,
    };
    let machine = || Machine::new(target).elsewhere(from).with_cookies();
    let first = match opened_and_submitted(machine(), path).await {
        Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {
            return Ok(Climbed::Skipped("this machine has one loopback address"));
        }
        first => first?,
    };
    let mut machines = vec![first];
    machines.extend(double_click(machine(), path).await?);
    machines.extend(two_openers(&machine(), path).await?);
    Ok(Climbed::Yes(machines))
}
