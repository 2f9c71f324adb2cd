//! Gatepost: email sign-in in one binary.
//!
//! An asynchronous domain makes the decisions, two doors translate, and engines carry out what was
//! decided. `docs/architecture.md` follows three actions from the path to the disk and back.
//!
//! | room | what it owns |
//! | --- | --- |
//! | [`domain`] | what the server decides; knows no HTTP, no HTML, no engine, no mail server |
//! | [`store`] | engines behind the `Store` port, and how records are encoded |
//! | [`mail`] | the outbox worker, the transports, the text of each email |
//! | [`web`] | the doors: `edge` protects the socket, `pages` answers with HTML, `api` with JSON |
//! | [`path`] | every URL path, written once, and the origin they belong to |
//! | [`world`] | the only reader of the clock and of randomness |
//! | [`config`] | file and environment to one checked configuration |
//! | [`app`] | composition: configuration to engines to domain to doors and workers |
//! | [`cli`] | the commands |
//!
//! Import rule, checked by a test: `domain` imports only `domain`. `store`, `mail` and `world` import
//! `domain` (`mail` also `path`). `web` imports `domain`, `path` and `web`. `app` and `cli` import
//! everything. Within `domain`, imports point only downwards, and nowhere do files import each other in
//! a circle. Each folder declares the settings it needs; `app` fills them from the configuration.
//!
//! Crates are confined as well: only `store::sled` names sled, only `store::postgres` `tokio_postgres`, only
//! `store::codec` bincode, only `domain::token` blake3, only `domain::password` argon2, only `mail` lettre,
//! and only `web` poem, `poem_openapi` and maud (emails in `mail` may use maud).

pub mod app;
pub mod cli;
pub mod config;
pub mod domain;
pub mod mail;
pub mod path;
pub mod store;
pub mod web;
pub mod world;
