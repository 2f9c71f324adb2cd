//! A low limit of open files leaves enough for commands, pages and email.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;

use hyper::{Method, StatusCode};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpSocket, TcpStream};

use super::Place;
use super::serving::Server;
use crate::harness::http::send;
use crate::mail::sink::Sink;

/// Connections that say nothing, from several addresses: one alone could not take every place.
async fn silent(server: SocketAddr, count: u8, each: usize) -> Vec<TcpStream> {
    let mut silent = Vec::new();
    for client in 2..2 + count {
        for _ in 0..each {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, client), 0))).unwrap();
            silent.push(socket.connect(server).await.unwrap());
        }
    }
    silent
}

#[tokio::test(flavor = "multi_thread")]
async fn at_1024_open_files_an_email_leaves_though_silent_connections_fill_the_door() {
    // This process needs as many files for its own ends.
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();
    let sink = Sink::good().await;
    let url = format!("smtp://127.0.0.1:{}?tls=none", sink.port);
    let place = Place::new();
    let mut command = Command::new("prlimit");
    command.args(["--nofile=1024:1024", env!("CARGO_BIN_EXE_gatepost")]).env_clear();
    command.env("GATEPOST_MAIL__TRANSPORT", "smtp").env("GATEPOST_MAIL__SMTP_URL", url);
    let server = Server::start_as(command, &place.data());
    let silent = silent(server.address, 4, 250).await;
    assert_eq!(place.answer(&["account", "list"]), "No accounts yet.\n");
    let host = format!("localhost:{}", server.address.port());
    let headers = [("host", host.as_str()), ("content-type", "application/json")];
    let body = "{\"email\":\"ann@example.org\"}";
    let reply = send(server.address, Method::POST, "/api/sign-in", &headers, body).await;
    assert_eq!(reply.status, StatusCode::ACCEPTED, "{reply:?}");
    assert_eq!(sink.mails(1).await[0].to, "ann@example.org");
    drop(silent);
    server.stop();
}
