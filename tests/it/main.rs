//! One binary: scenarios through both doors, the store's contract, and the rules of the code.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod api;
mod bad_input;
mod browser;
mod cli;
mod code;
mod config;
mod cost;
mod crash;
mod docs;
mod doors;
mod edge;
mod equality;
mod flood;
mod forward_auth;
mod harness;
mod house;
mod link;
mod mail;
mod outage;
mod pages;
mod password;
mod pending;
mod prehijack;
mod profile;
mod proxy;
mod races;
mod reauthentication;
mod refusals;
mod registration;
mod session;
mod sign_in;
mod store;
mod tokens;
mod whole;
mod words;
