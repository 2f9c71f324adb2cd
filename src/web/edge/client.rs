//! Who is at the door: the peer, or whom a proxy of ours speaks for.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::IpNet;
use poem::http::HeaderMap;
use poem::http::header::{HeaderValue, USER_AGENT};
use poem::{Addr, FromRequest, Request, RequestBody};

use crate::domain::client::Client;
use crate::web::problem::{Code, Problem};

/// No browser's is longer; what a stranger adds names no device.
const LONGEST_USER_AGENT_BYTES: usize = 512;

/// The client of this request.
pub(super) fn identify(request: &Request, trusted: &[IpNet], request_id: String) -> Client {
    let user_agent = request.headers().get(USER_AGENT).map_or(&[][..], HeaderValue::as_bytes);
    let user_agent = &user_agent[..user_agent.len().min(LONGEST_USER_AGENT_BYTES)];
    Client {
        ip: address(&request.remote_addr().0, request.headers(), trusted),
        user_agent: Some(String::from_utf8_lossy(user_agent).into_owned()),
        request_id,
    }
}

/// The address of a TCP peer. None for the peer of a unix socket, which is a proxy of ours.
pub(super) fn peer_ip(peer: &Addr) -> Option<IpAddr> {
    peer.as_socket_addr().map(|address| address.ip().to_canonical())
}

/// Whether this is the address of a proxy of ours.
pub(super) fn is_trusted(ip: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&ip))
}

/// The peer's address, unless the peer is a proxy of ours; then the last hop of `X-Forwarded-For`
/// that is none. What stands left of that hop is what a stranger wrote: believing it gives him as
/// many addresses as he likes, and so as many tries. No other header is believed.
fn address(peer: &Addr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut nearest = match peer_ip(peer) {
        Some(ip) if !is_trusted(ip, trusted) => return ip,
        Some(ip) => ip,
        None => IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    let lines = headers.get_all("x-forwarded-for").iter();
    let hops: Vec<&[u8]> = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).collect();
    for hop in hops.into_iter().rev() {
        match parse_hop(hop) {
            Some(ip) if is_trusted(ip, trusted) => nearest = ip,
            Some(ip) => return ip,
            // Who sent this is unknown: the proxy that passed it on stands for him.
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

/// Every handler may ask for the client: `client: &Client`.
impl<'a> FromRequest<'a> for &'a Client {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        // Only an endpoint that stands outside the guard has none.
        request.extensions().get().ok_or_else(|| Problem::of(Code::Internal).into())
    }
}
