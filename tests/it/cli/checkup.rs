//! The checkup, and the health check of a container.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::task::AbortOnDropHandle;

use super::serving::Server;
use super::{Place, gatepost, refusal};

/// Runs `gatepost doctor` for a server that listens there.
fn doctor(place: &Place, listen: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = gatepost(&[&["doctor", "--listen", listen], arguments].concat());
    command
        .envs(environment.iter().copied())
        .arg("--data")
        .arg(place.data())
        .current_dir("/")
        .output()
        .unwrap()
}

/// What it finds, by check: the statuses and sentences.
fn findings(output: &Output) -> Vec<(String, String, String)> {
    let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let found: Vec<_> = told["findings"].as_array().unwrap().iter().collect();
    let is_wrong = found.iter().any(|finding| finding["status"] == "wrong");
    assert_eq!(
        (told["ok"].as_bool(), output.status.code()),
        (Some(!is_wrong), Some(i32::from(is_wrong))),
        "{told}"
    );
    found.into_iter().map(|it| (text(&it["check"]), text(&it["status"]), text(&it["message"]))).collect()
}

/// The status and sentence of one check.
#[track_caller]
fn finding<'a>(findings: &'a [(String, String, String)], check: &str) -> (&'a str, &'a str) {
    let found = findings.iter().find(|(it, ..)| it == check);
    let (_, status, message) = found.unwrap_or_else(|| panic!("no {check} in {findings:#?}"));
    (status, message)
}

#[test]
fn the_age_of_the_backups_is_looked_at() {
    let place = Place::with_store();
    let server = Server::start(&place.data(), &[]);
    let listen = server.address.to_string();
    let backups = |environment: &[(&str, &str)]| {
        let found = findings(&doctor(&place, &listen, &["--json"], environment));
        let (status, message) = finding(&found, "backups");
        (status.to_owned(), message.to_owned())
    };
    let (status, message) = backups(&[]);
    assert_eq!(status, "warning", "{message}");
    let folder = tempfile::tempdir().unwrap();
    let dir = [("GATEPOST_BACKUP__DIR", folder.path().to_str().unwrap())];
    let (status, message) = backups(&dir);
    assert!(status == "wrong" && message.starts_with("there is none in "), "{message}");
    let write = |name: &str| std::fs::write(folder.path().join(name), "a backup").unwrap();
    write("gatepost-2026-01-01T00-00-00.000Z.backup");
    let (status, message) = backups(&dir);
    assert!(status == "wrong" && message.contains("is of 2026-01-01T00:00:00.000Z"), "{message}");
    // One from the future says nothing about how old the last one is.
    write("gatepost-9999-01-01T00-00-00.000Z.backup");
    assert_eq!(backups(&dir), (status, message));
    let now = gatepost::world::real().now().to_string().replace(':', "-");
    write(&format!("gatepost-{now}.backup"));
    let (status, message) = backups(&dir);
    assert!(status == "warning" && message.contains("on the same disk as the database"), "{message}");
}

#[test]
fn a_server_that_is_well_passes_its_checkup() {
    let place = Place::with_store();
    let server = Server::start(&place.data(), &[]);
    let listen = server.address.to_string();
    let output = doctor(&place, &listen, &["--json"], &[]);
    let found = findings(&output);
    assert_eq!(finding(&found, "settings"), ("ok", "valid, and what they refer to is there"));
    assert_eq!(finding(&found, "server"), ("ok", format!("runs at {listen} and accepts changes").as_str()));
    let port = server.address.port();
    assert_eq!(
        finding(&found, "public_url"),
        ("ok", format!("http://localhost:{port} leads to this server").as_str())
    );
    assert_eq!(finding(&found, "outbox"), ("ok", "empty"));
    assert_eq!(finding(&found, "email").0, "ok");
    let (status, message) = finding(&found, "key");
    assert_eq!(status, "warning");
    assert!(message.contains("/data/key is in the data folder"), "{message}");
    assert!(finding(&found, "disk").1.contains(" MiB are free for "));
    assert!(found.iter().any(|(check, status, message)| {
        (check.as_str(), status.as_str()) == ("settings", "warning")
            && message.starts_with("public_url is http")
    }));
    // For people, a line each, and no error.
    let output = doctor(&place, &listen, &[], &[]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!((output.status.code(), text.lines().count()), (Some(0), found.len()), "{text}");
    assert!(text.contains(&format!("ok       server      runs at {listen} and accepts changes\n")), "{text}");
    server.stop();
}

#[test]
fn what_is_wrong_is_named_and_fails_the_checkup() {
    let place = Place::with_store();
    // Nothing listens there.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let found = findings(&doctor(&place, &free, &["--json"], &[]));
    let (status, message) = finding(&found, "server");
    assert!(status == "wrong" && message.ends_with("or start it with `gatepost serve`"), "{message}");
    assert_eq!(finding(&found, "public_url").0, "wrong");
    let output = doctor(&place, &free, &[], &[]);
    assert_eq!(refusal(&output), "gatepost: 2 checks are wrong; the lines with WRONG say what to do");
    assert_eq!(String::from_utf8_lossy(&output.stdout).matches("WRONG    ").count(), 2);

    // Another Gatepost at the public address, and another program.
    let other = Place::with_store();
    let others = Server::start(&other.data(), &[("GATEPOST_NAME", "Another one")]);
    let server = Server::start(&place.data(), &[]);
    let listen = server.address.to_string();
    let public_url = format!("http://localhost:{}", others.address.port());
    let found = findings(&doctor(&place, &listen, &["--json"], &[("GATEPOST_PUBLIC_URL", &public_url)]));
    let (status, message) = finding(&found, "public_url");
    assert!(status == "wrong" && message.contains("another Gatepost answers there"), "{message}");
    let program = TcpListener::bind("127.0.0.1:0").unwrap();
    let public_url = format!("http://127.0.0.1:{}", program.local_addr().unwrap().port());
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = program.accept() {
            let mut line = String::new();
            let _ = BufReader::new(&stream).read_line(&mut line);
            let _ = std::io::Write::write_all(
                &mut stream,
                b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            );
        }
    });
    let found = findings(&doctor(&place, &listen, &["--json"], &[("GATEPOST_PUBLIC_URL", &public_url)]));
    let expected =
        format!("{public_url} is answered by something else than Gatepost: status 404 for /healthz");
    assert_eq!(finding(&found, "public_url"), ("wrong", expected.as_str()));
    server.stop();
    others.stop();
}

/// How a proxy passes requests on.
#[derive(Clone, Copy)]
struct Passing {
    from: [u8; 4],
    names_the_client: bool,
}

/// A proxy that ends TLS, and passes each request on over a connection of its own.
async fn proxy(
    acceptor: TlsAcceptor,
    to: SocketAddr,
    passing: watch::Receiver<Passing>,
) -> (u16, AbortOnDropHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, passing) = (acceptor.clone(), *passing.borrow());
            tokio::spawn(async move {
                if let Ok(near) = acceptor.accept(stream).await {
                    let _ = pass_on(near, to, passing).await;
                }
            });
        }
    };
    (port, AbortOnDropHandle::new(tokio::spawn(serve)))
}

async fn pass_on(near: TlsStream<TcpStream>, to: SocketAddr, passing: Passing) -> std::io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((passing.from, 0).into())?;
    let mut far = socket.connect(to).await?;
    let mut near = tokio::io::BufReader::new(near);
    let mut line = String::new();
    near.read_line(&mut line).await?;
    if passing.names_the_client {
        line.push_str("X-Forwarded-For: 203.0.113.9\r\n");
    }
    far.write_all(line.as_bytes()).await?;
    copy_bidirectional(&mut near, &mut far).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_is_not_recognised_is_found_and_so_is_a_wrong_certificate() {
    let place = Place::with_store();
    let (authority, acceptor) = crate::mail::tls::authority("localhost", (4000, 1, 1));
    let file = place.0.path().join("authorities.pem");
    std::fs::write(&file, super::mail_test::pem(&authority)).unwrap();
    // The port of the proxy is part of the public address, so the server starts after it.
    let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (trusted, other) = ([127, 0, 0, 2], [127, 0, 0, 1]);
    let (way, passing) = watch::channel(Passing { from: trusted, names_the_client: true });
    let (port, _proxy) = proxy(acceptor, listen, passing.clone()).await;
    let public_url = format!("https://localhost:{port}");
    let environment =
        [("GATEPOST_PUBLIC_URL", public_url.as_str()), ("GATEPOST_TRUSTED_PROXIES", "127.0.0.2")];
    let mut command = gatepost(&["--listen", &listen.to_string(), "--data"]);
    let mut server = command.arg(place.data()).envs(environment).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("serving") {
        line.clear();
        assert!(log.read_line(&mut line).unwrap() > 0, "it serves");
    }
    let environment = [&environment[..], &[("SSL_CERT_FILE", file.to_str().unwrap())]].concat();
    let expected = [
        (trusted, true, "ok", "is trusted, and says whom it passes requests on for"),
        (trusted, false, "wrong", "passes requests on without X-Forwarded-For"),
        (other, false, "wrong", "passes requests on without X-Forwarded-For"),
        (other, true, "wrong", "is not in trusted_proxies, so all visitors count as one client"),
    ];
    for (from, names_the_client, expected, beginning) in expected {
        way.send_replace(Passing { from, names_the_client });
        let found = findings(&doctor(&place, &listen.to_string(), &["--json"], &environment));
        let public = finding(&found, "public_url");
        assert_eq!(public, ("ok", format!("{public_url} leads to this server").as_str()));
        let (status, message) = finding(&found, "proxy");
        assert!(status == expected && message.starts_with(beginning), "{status}: {message}");
    }
    let found = findings(&doctor(&place, &listen.to_string(), &["--json"], &environment));
    assert!(finding(&found, "proxy").1.contains("the last one from 127.0.0.1"), "{found:?}");

    let (_, expired) = crate::mail::tls::authority("localhost", (2000, 1, 1));
    let (port, _proxy) = proxy(expired, listen, passing).await;
    let other = format!("https://localhost:{port}");
    let wrong = [("GATEPOST_PUBLIC_URL", other.as_str()), environment[1], environment[2]];
    let found = findings(&doctor(&place, &listen.to_string(), &["--json"], &wrong));
    server.kill().unwrap();
    server.wait().unwrap();
    let (status, message) = finding(&found, "public_url");
    assert!(status == "wrong" && message.contains("invalid peer certificate"), "{message}");
}

#[test]
fn the_quick_check_asks_only_whether_the_server_is_alive() {
    let place = Place::with_store();
    let server = Server::start(&place.data(), &[]);
    let listen = server.address.to_string();
    let output = doctor(&place, &listen, &["--quick"], &[]);
    assert_eq!(
        (output.status.code(), output.stdout.as_slice(), output.stderr.as_slice()),
        (Some(0), &b""[..], &b""[..])
    );
    assert_eq!(doctor(&place, &listen, &["--quick", "--json"], &[]).stdout, b"{\"alive\":true}\n");
    // From anywhere, and without the data folder: it is not looked at.
    let nowhere = Place::new();
    assert_eq!(doctor(&nowhere, &listen, &["--quick"], &[]).status.code(), Some(0));
    assert!(!nowhere.data().exists());
    server.stop();
    let line = refusal(&doctor(&place, &listen, &["--quick"], &[]));
    assert!(line.starts_with(&format!("gatepost: no answer from {listen}: ")), "{line}");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the command runs in real time")]
fn the_quick_check_ends_within_five_seconds_whatever_answers() {
    // It accepts connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = silent.local_addr().unwrap().to_string();
    let begun = std::time::Instant::now();
    let line = refusal(&doctor(&Place::new(), &listen, &["--quick"], &[]));
    assert!(begun.elapsed() < Duration::from_secs(5), "{line}");
    assert!(line.contains("timed out"), "{line}");
}

#[test]
fn the_quick_check_works_through_a_socket_file() {
    let place = Place::with_store();
    let listen = format!("unix:{}", place.0.path().join("http.sock").display());
    let environment = ("GATEPOST_MAIL__TRANSPORT", "sendmail");
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost"));
    command.env_clear().envs([environment]).args(["--listen", &listen, "--data"]).arg(place.data());
    let mut server = command.stderr(Stdio::piped()).current_dir("/").spawn().unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("serving") {
        line.clear();
        assert!(log.read_line(&mut line).unwrap() > 0, "it serves");
    }
    let well = doctor(&place, &listen, &["--quick"], &[environment]);
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(well.status.code(), Some(0), "{well:?}");
    assert_eq!(doctor(&place, &listen, &["--quick"], &[environment]).status.code(), Some(1));
}
