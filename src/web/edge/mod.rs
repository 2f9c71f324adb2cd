//! Protects the socket: every byte and every request passes through here before a door sees it.
//!
//! | file | responsibility |
//! | --- | --- |
//! | `listener` | the bound address, TCP or a socket file |
//! | `serve` | accepting, how many connections at once, stopping |
//! | `connection` | one connection: hyper, its timeouts, its end |
//! | `deadline` | which phase a connection is in, and how long it may stay there |
//! | `watched` | the socket, and whether its client is still there |
//! | `guard` | the order of the checks below, and how every refusal is rendered |
//! | `routes` | what answers at each path, and which methods it accepts |
//! | `host`, `origin` | which requests are meant for us, and which pages may send them |
//! | `client` | the address and device a request comes from |
//! | `body`, `body_memory` | how large a body may be, how long it may take, how much all may hold |
//! | `headers` | the headers of every response |
//! | `cookies` | our cookies, over http and over https |
//! | `places` | how many connections may be open, and which one makes room for the next |
//! | `access_log` | one log line per request |
//! | `figures` | how many requests there were, by route |
//!
//! It decides nothing about accounts, and the doors rely on its checks without repeating them.

mod access_log;
mod body;
mod body_memory;
mod client;
mod connection;
pub mod cookies;
mod deadline;
mod figures;
mod guard;
mod headers;
mod host;
mod listener;
mod origin;
mod places;
mod proxies;
mod routes;
mod serve;
mod watched;

use std::time::Duration;

use ipnet::IpNet;

use crate::path::Origin;

pub use figures::RequestFigures;
pub use guard::{Draw, Guard, Refusal, guard};
pub use host::Hosts;
pub use listener::{Listen, ListenError, Listener};
pub use routes::Routes;
pub use serve::serve;

/// The settings of the edge.
#[derive(Clone, Debug)]
pub struct EdgeSettings {
    /// Where browsers reach us: the Host and Origin that a request must have.
    pub public_url: Origin,
    /// Peers whose `X-Forwarded-For` is trusted. The peer of a unix socket always is.
    pub trusted_proxies: Vec<IpNet>,
    /// Additional host names, for `/api` and `/forward-auth` only.
    pub hosts: Hosts,
    /// Limits on size, number and time.
    pub limits: Limits,
}

/// Limits on size, number and time. Tests set smaller ones.
#[derive(Clone, Debug)]
pub struct Limits {
    /// From opening the connection, or from the last response, to the first byte of a head.
    pub idle: Duration,
    /// From the first byte of a head to its last.
    pub head: Duration,
    /// From the head to the last byte of the body.
    pub body: Duration,
    /// From the head to the response. No handler takes this long; without it, this phase would have no
    /// limit.
    pub work: Duration,
    /// From the first byte of the response to its last.
    pub write: Duration,
    /// How long we keep reading after the last response, so that it reaches the client.
    pub linger: Duration,
    /// From the stop signal until the last connection is cut.
    pub stop: Duration,
    /// The longest head.
    pub head_bytes: usize,
    /// The longest body outside `/api`.
    pub form_bytes: usize,
    /// The longest body below `/api`.
    pub json_bytes: usize,
    /// The memory of all bodies together.
    pub all_bodies_bytes: usize,
    /// The memory of all bodies of one client.
    pub client_bodies_bytes: usize,
    /// Connections open at once.
    pub connections: usize,
    /// Connections open at once per client (one IPv4 address or one IPv6 /64).
    pub connections_per_client: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            idle: Duration::from_mins(1),
            head: Duration::from_secs(10),
            body: Duration::from_secs(20),
            work: Duration::from_secs(90),
            write: Duration::from_secs(30),
            linger: Duration::from_secs(2),
            // A shutdown may take ten seconds. The last one is for everything that stops after the edge.
            stop: Duration::from_secs(9),
            head_bytes: 32 * 1024,
            form_bytes: 16 * 1024,
            json_bytes: 64 * 1024,
            all_bodies_bytes: 32 << 20,
            client_bodies_bytes: 2 << 20,
            connections: 10_000,
            connections_per_client: 256,
        }
    }
}
