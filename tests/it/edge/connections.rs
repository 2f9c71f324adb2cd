//! How many connections may be open at once, and from which clients.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener as StdUnixListener;

use gatepost::web::edge::{Listen, ListenError, Listener};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream, UnixStream};
use tokio::time::timeout;

use super::server::{
    CLOSE, HOST, PATIENCE, Server, ask_and_keep, body, read_to_end, start, start_at, with_limits,
};

pub(super) async fn connect_from(server: &Server, source: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(source.parse().unwrap(), 0)).unwrap();
    socket.connect(server.address.unwrap()).await.unwrap()
}

#[tokio::test]
async fn one_client_cannot_take_the_connections_of_others() {
    let server = start(with_limits(|limits| limits.connections_per_client = 2));
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    ask_and_keep(&mut first).await;
    ask_and_keep(&mut second).await;

    assert_eq!(server.get("/", "").await, "", "a third connection from one client was served");
    ask_and_keep(&mut connect_from(&server, "127.0.0.2").await).await;

    drop(first);
    let again = async { while server.get("/", "").await.is_empty() {} };
    timeout(PATIENCE, again).await.unwrap();
    ask_and_keep(&mut second).await;
}

#[tokio::test]
async fn a_trusted_proxy_has_no_limit_of_connections() {
    let mut settings = with_limits(|limits| limits.connections_per_client = 1);
    settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    let server = start(settings);
    let mut sockets = Vec::new();
    for _ in 0..5 {
        let mut socket = server.connect().await;
        ask_and_keep(&mut socket).await;
        sockets.push(socket);
    }
}

#[tokio::test]
async fn the_peer_of_a_socket_file_is_trusted_as_a_proxy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gatepost.sock");
    let listen = Listen::parse(&format!("unix:{}", path.display())).unwrap();
    let server = start_at(&listen, with_limits(|limits| limits.connections_per_client = 1));
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660, "only its owner and its group can open it");

    let mut held = UnixStream::connect(&path).await.unwrap();
    ask_and_keep(&mut held).await;
    let mut socket = UnixStream::connect(&path).await.unwrap();
    let request = format!("GET /who HTTP/1.1\r\n{HOST}{CLOSE}X-Forwarded-For: 203.0.113.9\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let response = read_to_end(&mut socket).await;
    assert!(body(&response).starts_with("203.0.113.9 "), "{response}");
    drop(socket);

    server.stop.cancel();
    timeout(PATIENCE, server.task).await.unwrap().unwrap();
    assert!(!path.exists(), "the socket file was left behind");
}

#[tokio::test]
async fn only_the_socket_file_of_a_dead_process_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let listen_at =
        |name: &str| Listen::parse(&format!("unix:{}", folder.path().join(name).display())).unwrap();

    let stale = listen_at("stale");
    drop(StdUnixListener::bind(folder.path().join("stale")).unwrap());
    let live = Listener::bind(&stale).unwrap();
    assert!(matches!(Listener::bind(&stale), Err(ListenError::InUse(_))));
    drop(live);

    std::fs::write(folder.path().join("file"), "precious").unwrap();
    assert!(matches!(Listener::bind(&listen_at("file")), Err(ListenError::NotASocket(_))));
    assert_eq!(std::fs::read_to_string(folder.path().join("file")).unwrap(), "precious");

    assert!(matches!(Listener::bind(&listen_at("no/such/folder")), Err(ListenError::Refused { .. })));
}

#[tokio::test]
async fn the_error_for_a_port_in_use_names_the_port() {
    let first = Listener::bind(&Listen::parse("127.0.0.1:0").unwrap()).unwrap();
    let address = first.address().unwrap().to_string();
    let error = Listener::bind(&Listen::parse(&address).unwrap()).unwrap_err();
    assert!(error.to_string().contains(&address) && error.to_string().contains("in use"), "{error}");
}

#[test]
fn listen_accepts_only_an_address_with_a_port_or_an_absolute_socket_path() {
    for good in ["127.0.0.1:8080", "[::]:8080", "unix:/run/gatepost.sock"] {
        assert_eq!(Listen::parse(good).unwrap().to_string(), good);
    }
    for bad in ["", "8080", "localhost", "127.0.0.1", "unix:", "unix:gatepost.sock", "/run/x.sock"] {
        assert_eq!(Listen::parse(bad), None, "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_that_another_process_is_about_to_listen_on_is_not_taken_for_a_stale_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gatepost.sock");
    let lock = File::create(folder.path().join("gatepost.sock.lock")).unwrap();
    lock.lock().unwrap();
    let other = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
    other.bind(&socket2::SockAddr::unix(&path).unwrap()).unwrap();
    let listen = Listen::parse(&format!("unix:{}", path.display())).unwrap();
    let bound = tokio::task::spawn_blocking(move || Listener::bind(&listen).map(drop));
    let inode = format!(":{} ", lock.metadata().unwrap().ino());
    let is_waited_for = || {
        let locks = fs::read_to_string("/proc/locks").unwrap();
        locks.lines().any(|line| line.contains("->") && line.contains(&inode))
    };
    while !bound.is_finished() && !is_waited_for() {
        tokio::task::yield_now().await;
    }
    other.listen(1).unwrap();
    drop(lock);
    assert!(matches!(bound.await.unwrap(), Err(ListenError::InUse(_))));
    assert!(path.exists());
}
