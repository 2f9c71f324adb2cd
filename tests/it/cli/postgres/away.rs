//! A database that is away for a while.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use super::super::serving::lines_until;
use super::{Database, Server, Site};

/// What a server answers to a GET of this machine.
fn get(address: std::net::SocketAddr, path: &str) -> String {
    let mut socket = TcpStream::connect(address).unwrap();
    write!(socket, "GET {path} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n", address.port())
        .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

/// Asks until the answer has a status.
fn wait_for(server: &Server, path: &str, status: &str) -> String {
    for _ in 0..2000 {
        let answer = get(server.address, path);
        if answer.starts_with(&format!("HTTP/1.1 {status}")) {
            return answer;
        }
    }
    panic!("{path} never answers {status}: {}", get(server.address, path));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_says_that_its_database_is_away_and_goes_on_when_it_is_back() {
    let Some(database) = Database::start("") else { return };
    let site = Site::made(&database).with("GATEPOST_STORE__TIMEOUT", "1s");
    let server = site.serve();
    for path in ["/readyz", "/readyz?for=reads", "/healthz"] {
        wait_for(&server, path, "200");
    }
    site.answer(&["account", "add", "ann@example.org"]);
    database.crash().await;
    let why = wait_for(&server, "/readyz", "503");
    assert!(why.contains("database: refuses changes ("), "{why}");
    let why = wait_for(&server, "/readyz?for=reads", "503");
    assert!(why.contains("database: cannot be read ("), "{why}");
    assert!(get(server.address, "/healthz").starts_with("HTTP/1.1 200"));
    assert!(get(server.address, "/profile").starts_with("HTTP/1.1 "), "it answers everyone");
    database.start_again().await;
    for path in ["/readyz", "/readyz?for=reads"] {
        wait_for(&server, path, "200");
    }
    assert!(site.answer(&["account", "list"]).contains("ann@example.org"));
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_waits_for_a_database_that_is_just_starting() {
    let Some(database) = Database::start("") else { return };
    let site = Site::made(&database);
    site.serve().stop();
    database.crash().await;
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost"));
    command.env_clear().envs(site.variables()).args([
        "--log-format",
        "json",
        "--listen",
        "127.0.0.1:0",
        "--data",
    ]);
    let mut child = command.arg(site.place.data()).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    lines_until(&mut log, "waiting for the database");
    database.start_again().await;
    lines_until(&mut log, "serving");
    child.kill().unwrap();
    child.wait().unwrap();
}
