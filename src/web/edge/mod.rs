//! What guards the socket: every byte and every request passes here before a door sees it.
//!
//! | file | what it owns |
//! | --- | --- |
//! | `listener` | the bound address, TCP or a socket file |
//! | `serve` | accepting, how many connections at once, stopping |
//! | `connection` | one connection: hyper, its time-outs, its end |
//! | `deadline` | which phase a connection is in, and how long it may stay there |
//! | `guard` | the order of the checks below, and the face of every refusal |
//! | `routes` | which methods a path knows |
//! | `host`, `origin` | which requests are meant for us, and which pages may send them |
//! | `client` | who is at the door |
//! | `body` | how much a body may hold, and how long it may take |
//! | `headers` | what every answer says to the browser |
//! | `cookies` | the cookies of both modes |
//! | `access_log` | one line a request |
//!
//! It decides nothing about accounts, and no door checks again what was checked here.

mod access_log;
mod body;
mod client;
mod connection;
pub mod cookies;
mod deadline;
mod guard;
mod headers;
mod host;
mod listener;
mod origin;
mod routes;
mod seats;
mod serve;

use std::time::Duration;

use ipnet::IpNet;

use crate::path::Origin;

pub use guard::{Guard, guard};
pub use listener::{Listen, ListenError, Listener};
pub use routes::Routes;
pub use serve::serve;

/// What the edge must be told.
#[derive(Clone, Debug)]
pub struct EdgeSettings {
    /// Where browsers reach us: the Host and Origin a request must bring.
    pub public_url: Origin,
    /// Peers whose `X-Forwarded-For` is believed. The peer of a unix socket always is.
    pub trusted_proxies: Vec<IpNet>,
    /// Further Host names, for `/api` and `/forward-auth` alone.
    pub hosts: Vec<String>,
    /// How much, how many, how long.
    pub limits: Limits,
}

/// How much, how many, how long. Tests set smaller ones.
#[derive(Clone, Debug)]
pub struct Limits {
    /// From the opening, or from the last answer, to the first byte of a head.
    pub idle: Duration,
    /// From the first byte of a head to its last.
    pub head: Duration,
    /// From the head to the last byte of the body.
    pub body: Duration,
    /// From the head to the answer. No handler needs as long: it only keeps the bound whole.
    pub work: Duration,
    /// From the answer's first byte to its last.
    pub write: Duration,
    /// How long an ended connection is still read, so that its last answer arrives.
    pub linger: Duration,
    /// From the wish to stop until the last connection is cut.
    pub stop: Duration,
    /// The longest head.
    pub head_bytes: usize,
    /// The longest body outside `/api`.
    pub form_bytes: usize,
    /// The longest body below `/api`.
    pub json_bytes: usize,
    /// Connections at once.
    pub connections: usize,
    /// Connections of one client at once: one IPv4 address, one IPv6 /64.
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
            // A second less than the ten a stop may take, for what is stopped after the edge.
            stop: Duration::from_secs(9),
            head_bytes: 32 * 1024,
            form_bytes: 16 * 1024,
            json_bytes: 64 * 1024,
            connections: 10_000,
            connections_per_client: 256,
        }
    }
}
