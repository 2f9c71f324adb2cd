//! The client that sent a request, for events and the list of sessions.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::ids::AccountId;
use super::known::KnownBrowser;

/// Where an action comes from. Shown to people but never trusted: nothing is decided by it, except by `known`,
/// which only our own seals and sessions fill, and how much one client may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The client's address, or that of the last hop we don't trust.
    pub ip: IpAddr,
    /// The `User-Agent` as it was sent. `None` for what the server does on its own.
    pub user_agent: Option<String>,
    /// Connects log lines with the response.
    pub request_id: String,
    /// Who acts through it.
    pub by: Doer,
    /// What the cookie of a browser says, newest first, and the session it is signed in with. Of a program, only
    /// the session; empty for commands and the server.
    pub known: Vec<KnownBrowser>,
    /// Whether it is a browser on our pages. It can keep a cookie to be recognised by, which a program cannot.
    pub is_browser: bool,
}

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Doer {
    /// The person at the client.
    Person,
    /// The operator, with a command on the server.
    Operator,
    /// The server, on its own.
    Server,
    /// An administrator, on the pages for administrators. Named by the account.
    Admin(AccountId),
}

impl Doer {
    /// The word on the wire and in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Operator => "operator",
            Self::Server => "server",
            Self::Admin(_) => "admin",
        }
    }
}

impl Client {
    /// The request id of what the server does on its own.
    pub const NO_REQUEST: &str = "-";

    /// The server itself, for what it does on its own.
    #[must_use]
    pub fn server() -> Self {
        let (ip, request_id) = (IpAddr::V4(Ipv4Addr::LOCALHOST), Self::NO_REQUEST.into());
        Self { ip, user_agent: None, request_id, by: Doer::Server, known: Vec::new(), is_browser: false }
    }

    /// The operator, at the command line of the server.
    #[must_use]
    pub fn operator() -> Self {
        Self { by: Doer::Operator, ..Self::server() }
    }

    /// The same client, by which an administrator acts.
    #[must_use]
    pub fn of_admin(&self, account: AccountId) -> Self {
        Self { by: Doer::Admin(account), ..self.clone() }
    }

    /// What counts as one client: an IPv4 address or an IPv6 /64. A single IPv6 client usually has a whole /64,
    /// and could use a new address for every attempt.
    #[must_use]
    pub fn network(&self) -> IpAddr {
        match self.ip.to_canonical() {
            IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
            ip @ IpAddr::V4(_) => ip,
        }
    }

    /// Browser and operating system in a few words.
    #[must_use]
    pub fn device(&self) -> String {
        self.user_agent.as_deref().map_or_else(|| "Gatepost".to_owned(), device)
    }
}

/// Browser and operating system in a few words ("Firefox on Linux"), derived from a `User-Agent`.
///
/// Only words from these tables are returned, so nothing a stranger sends is shown to anyone.
fn device(user_agent: &str) -> String {
    // The order matters: most browsers also claim to be the ones further down.
    const BROWSERS: [(&str, &str); 15] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("OPT/", "Opera"),
        ("Opera", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Vivaldi", "Vivaldi"),
        ("FxiOS", "Firefox"),
        ("Firefox/", "Firefox"),
        ("CriOS", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
        ("python", "Python"),
        ("Python", "Python"),
        ("okhttp", "an app"),
    ];
    const SYSTEMS: [(&str, &str); 8] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("CrOS", "ChromeOS"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
        ("BSD", "BSD"),
    ];
    let find = |table: &[(&str, &'static str)]| {
        table.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "Unknown device".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Client, device};

    #[test]
    fn one_client_is_an_ipv4_address_or_an_ipv6_64() {
        let network = |ip: &str| {
            let ip = ip.parse().expect("an address");
            Client { ip, ..Client::server() }.network().to_string()
        };
        for (ip, expected) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
            ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ] {
            assert_eq!(network(ip), expected);
        }
    }

    #[test]
    fn devices_are_named_only_in_our_own_words() {
        for (user_agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 \
                 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/142.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            ("Mozilla/5.0 (Android 16; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0", "Firefox on Android"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 \
                 (KHTML, like Gecko) FxiOS/145.0 Mobile/15E148 Safari/605.1.15",
                "Firefox on iPhone",
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X) AppleWebKit/605.1.15 \
                 (KHTML, like Gecko) CriOS/142.0.7444.77 Mobile/15E148 Safari/604.1",
                "Chrome on iPad",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/142.0.0.0 Mobile Safari/537.36 EdgA/142.0.0.0",
                "Edge on Android",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 \
                 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0",
                "Opera on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 \
                 (KHTML, like Gecko) Version/18.7 Mobile/15E148 Safari/604.1 OPT/6.1.1",
                "Opera on iPhone",
            ),
            (
                "Opera/9.80 (Android; Opera Mini/36.2.2254/119.132; U; en) Presto/2.12.423 Version/12.16",
                "Opera on Android",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
                 SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
                "Samsung Internet on Android",
            ),
            ("curl/8.14.1", "curl"),
            ("python-requests/2.32.5", "Python"),
            ("Python-urllib/3.13", "Python"),
            ("Feuerfuchs größer 火狐", "Unknown device"),
            ("<script>alert(1)</script>", "Unknown device"),
            ("", "Unknown device"),
        ] {
            assert_eq!(device(user_agent), name);
        }
    }
}
