//! Parses single values. Each error says briefly what the value should look like, and never repeats
//! a value that could be a secret.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net};

use crate::domain::record::next::Place;
use crate::path::{self, Origin};
use crate::web::edge::Listen;

/// The longest product name. Bounded, because it appears in subject lines.
const MAX_NAME_CHARS: usize = 64;

pub(super) fn listen(text: &str) -> Result<Listen, String> {
    let local = text.strip_prefix("localhost:").and_then(|port| port.parse().ok());
    let local = local.map(|port| Listen::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, port))));
    local.or_else(|| Listen::parse(text)).ok_or_else(|| {
        "must be an IP address and a port such as 127.0.0.1:8080 or [::1]:8080, or unix: and an absolute path"
            .into()
    })
}

pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() || text.contains('\0') { Err("must be a path".into()) } else { Ok(text.into()) }
}

pub(super) fn name(text: &str) -> Result<String, String> {
    let is_name = text.trim() == text && !text.is_empty() && text.chars().count() <= MAX_NAME_CHARS;
    if is_name && !text.contains(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err(format!("must be a name of 1 to {MAX_NAME_CHARS} characters on one line"))
    }
}

/// Where to go after signing in. A page that sends anyone signed in home would send them in a circle.
pub(super) fn home(text: &str) -> Result<Place, String> {
    let leads_nowhere = path::takes_only_post(text) || path::sends_on(text);
    let place = Place::parse(text).filter(|_| !leads_nowhere);
    place.ok_or_else(|| "must be a path on this server such as /app".into())
}

/// A network to trust. Trusting the whole internet is refused, because then every client could claim
/// any address as its own (oauth2-proxy's default until CVE-2026-76835).
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    let network = network.map_err(|_| format!("\"{text}\" is neither an address nor a network"))?;
    let network = canonical(network);
    if network.prefix_len() == 0 {
        return Err(format!("\"{text}\" would trust everyone"));
    }
    Ok(network)
}

/// An IPv4 network that is written as an IPv6 one, as IPv4: clients' addresses are compared in that form.
fn canonical(network: IpNet) -> IpNet {
    const MAPPED_BITS: u8 = 96;
    match (network.addr().to_canonical(), network.prefix_len().checked_sub(MAPPED_BITS)) {
        (IpAddr::V4(ip), Some(bits)) => Ipv4Net::new(ip, bits).map_or(network, IpNet::V4),
        _ => network,
    }
}

pub(super) fn host(text: &str) -> Result<String, String> {
    let origin = Origin::parse(&format!("http://{text}")).ok();
    let is_plain = |origin: &Origin| origin.authority().eq_ignore_ascii_case(text);
    match origin.filter(is_plain) {
        Some(origin) => Ok(origin.authority().to_owned()),
        None => Err(format!("\"{text}\" is not a host name")),
    }
}

/// A number followed by s, m, h or d: at least one second, at most `longest` (shown as `shown`).
pub(super) fn duration(longest: Duration, shown: &'static str) -> impl Fn(&str) -> Result<Duration, String> {
    move |text| {
        let parsed = number_and_unit(text);
        parsed.filter(|duration| !duration.is_zero() && *duration <= longest).ok_or_else(|| {
            format!("must be a duration such as \"90s\", \"10m\", \"12h\" or \"7d\", at most {shown}")
        })
    }
}

/// The same, from so many days to so many.
pub(super) fn days(fewest: u64, most: u64) -> impl Fn(&str) -> Result<Duration, String> {
    let days = |count: u64| Duration::from_hours(24 * count);
    move |text| {
        let parsed = number_and_unit(text).filter(|it| (days(fewest)..=days(most)).contains(it));
        parsed.ok_or_else(|| format!("must be a duration such as \"90d\", from {fewest}d to {most}d"))
    }
}

fn number_and_unit(text: &str) -> Option<Duration> {
    let (end, unit) = text.char_indices().last()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return None,
    };
    let digits = &text[..end];
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = digits.parse().ok().filter(|_| is_plain)?;
    Some(Duration::from_secs(number.checked_mul(seconds)?))
}
