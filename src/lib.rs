//! Gatepost: email sign-in in one binary.
//!
//! An asynchronous domain that decides, two doors that translate, engines that obey.
//!
//! | room | what it owns |
//! | --- | --- |
//! | [`domain`] | what the server decides; knows no HTTP, no HTML, no engine, no mail server |
//! | [`store`] | engines behind the `Store` port, and the form of records at rest |
//! | [`mail`] | the outbox worker, the transports, the words of each letter |
//! | [`web`] | the doors: `edge` guards the socket, `pages` speak HTML, `api` speaks JSON |
//! | [`path`] | every URL path, and the origin they stand under |
//! | [`world`] | the only reader of clock and randomness |
//! | [`config`] | file and environment to one checked configuration |
//! | [`app`] | composition: configuration to engines to domain to doors and workers |
//! | [`cli`] | the commands |
//!
//! Import rule, kept by a test: `domain` imports `domain`. `store`, `mail` and `world` import
//! `domain` (`mail` also `path`). `web` imports `domain`, `path` and `web`. `app` and `cli` import
//! everything. Each folder declares the settings it needs; `app` fills them from the configuration.
//! Only `store::sled` names sled, only `store::codec` bincode, only `domain::token` blake3, only
//! `mail` lettre, only `web` poem, `poem_openapi` and maud (letters in `mail` may use maud).

pub mod app;
pub mod cli;
pub mod config;
pub mod domain;
pub mod mail;
pub mod path;
pub mod store;
pub mod web;
pub mod world;
