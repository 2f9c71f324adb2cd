//! The client of a request: the peer or, if the peer is one of our proxies, the client it names.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::IpNet;
use poem::http::HeaderMap;
use poem::http::header::{HeaderValue, USER_AGENT};
use poem::{Addr, FromRequest, Request, RequestBody};

use crate::domain::record::client::{Client, Doer};
use crate::web::problem::{Code, Problem};

/// Where a proxy names the client. No other header is trusted.
pub(super) const FORWARDED_FOR: &str = "x-forwarded-for";

/// No browser's is longer, and nothing after this helps to name the device.
const LONGEST_USER_AGENT_BYTES: usize = 512;

/// The client of this request.
pub(super) fn identify(request: &Request, trusted: &[IpNet], request_id: String) -> Client {
    let user_agent = request.headers().get(USER_AGENT).map_or(&[][..], HeaderValue::as_bytes);
    let user_agent = &user_agent[..user_agent.len().min(LONGEST_USER_AGENT_BYTES)];
    Client {
        ip: address(&request.remote_addr().0, request.headers(), trusted),
        user_agent: Some(String::from_utf8_lossy(user_agent).into_owned()),
        request_id,
        by: Doer::Person,
        // Only a door can look into seals and sessions.
        known: Vec::new(),
        is_browser: false,
    }
}

/// The address of a TCP peer. A unix socket's peer has none and is always one of our proxies.
pub(super) fn peer_ip(peer: &Addr) -> Option<IpAddr> {
    peer.as_socket_addr().map(|address| address.ip().to_canonical())
}

/// Whether this is the address of one of our proxies.
pub(super) fn is_trusted(ip: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&ip))
}

/// The peer's address or, if the peer is one of our proxies, the last hop in `X-Forwarded-For` that is
/// not. Everything left of that hop was written by the client. Trusting it would give an attacker any
/// number of addresses, and so any number of attempts.
fn address(peer: &Addr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut nearest = match peer_ip(peer) {
        Some(ip) if !is_trusted(ip, trusted) => return ip,
        Some(ip) => ip,
        None => IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    let lines = headers.get_all(FORWARDED_FOR).iter();
    let hops: Vec<&[u8]> = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).collect();
    for hop in hops.into_iter().rev() {
        match parse_hop(hop) {
            Some(ip) if is_trusted(ip, trusted) => nearest = ip,
            Some(ip) => return ip,
            // The sender is unknown, so the proxy that passed the request on counts as the client.
            None => return nearest,
        }
    }
    nearest
}

/// An address, with or without a port, with or without brackets.
fn parse_hop(hop: &[u8]) -> Option<IpAddr> {
    let hop = std::str::from_utf8(hop).ok()?.trim_matches([' ', '\t']);
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    let ip = bare.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|address| address.ip()))?;
    Some(ip.to_canonical())
}

/// Lets a handler take `client: &Client`.
impl<'a> FromRequest<'a> for &'a Client {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        // Only an endpoint outside the guard has none.
        request.extensions().get().ok_or_else(|| Problem::of(Code::Internal).into())
    }
}
