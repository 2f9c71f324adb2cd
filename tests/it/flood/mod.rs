//! Floods against the built binary: whatever is sent, visitors are answered, and memory stays within its limit.

mod bodies;
mod connections;
mod sign_ins;
mod slow;

use std::net::{Ipv4Addr, SocketAddr};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Lets this process open as many connections as the system allows.
fn with_many_files() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();
}

fn host(server: SocketAddr) -> String {
    format!("localhost:{}", server.port())
}

fn get(server: SocketAddr, path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", host(server))
}

fn get_sign_in(server: SocketAddr) -> String {
    get(server, "/sign-in")
}

/// A connection from the address of the client with this number. A single client may not have so many
/// connections.
async fn connect(server: SocketAddr, client: usize) -> TcpStream {
    let [.., high, low] = (client + 2).to_be_bytes();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::new(127, 0, high, low), 0).into()).unwrap();
    socket.connect(server).await.unwrap()
}

async fn ask(server: SocketAddr, client: usize, request: &str) -> String {
    answer(connect(server, client).await, request).await
}

async fn answer(mut stream: TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
