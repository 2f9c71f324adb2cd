//! The edge over real sockets, in front of a small endpoint. The tests write the bytes themselves, since
//! no client library would send most of them.

mod access;
mod bodies;
mod clients;
mod connections;
mod cookies;
mod deadlines;
mod faces;
mod gone;
mod places;
mod requests;
mod server;
mod smuggling;
mod stopping;
