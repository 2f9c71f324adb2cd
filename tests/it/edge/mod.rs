//! What guards the socket, over real sockets: a small endpoint stands behind it, and the bytes are
//! written by hand, since no client library would send most of them.

mod access;
mod bodies;
mod clients;
mod connections;
mod cookies;
mod deadlines;
mod faces;
mod requests;
mod server;
mod smuggling;
mod stopping;
