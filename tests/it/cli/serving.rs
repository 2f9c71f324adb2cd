//! The running server: its start, its key, and other processes on the same data folder or address.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use socket2::SockRef;

use super::{KEY, Place, gatepost, refusal, run};
use crate::mail::sendmail::write_program;

/// A server in a separate process.
pub(super) struct Server {
    pub(super) child: Child,
    pub(super) log: BufReader<ChildStderr>,
    pub(super) address: SocketAddr,
    /// The log lines of its start.
    pub(super) start: Vec<serde_json::Value>,
}

impl Server {
    pub(super) fn start(data: &Path, environment: &[(&str, &str)]) -> Self {
        // Child processes inherit an ignored SIGHUP. The tests must also pass when they run under nohup
        // or as a service.
        let mut command = Command::new("/usr/bin/env");
        command.args(["--default-signal=HUP", env!("CARGO_BIN_EXE_gatepost")]);
        command.env_clear().envs(environment.iter().copied());
        Self::start_as(command, data)
    }

    /// Starts it with a command that lacks only the options.
    pub(super) fn start_as(mut command: Command, data: &Path) -> Self {
        command.args(["--log-format", "json", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        let mut child = command.current_dir("/").stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let start = lines_until(&mut log, "serving");
        let address = start.last().unwrap()["listen"].as_str().unwrap().parse().unwrap();
        Self { child, log, address, start }
    }

    /// The line that says that it serves.
    pub(super) fn start_line(&self) -> &serde_json::Value {
        self.start.last().unwrap()
    }

    /// Whether it said this while it started.
    pub(super) fn started_with(&self, message: &str) -> bool {
        self.start.iter().any(|line| line["message"].as_str().is_some_and(|it| it.contains(message)))
    }

    pub(super) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn request(&self, path: &str) -> String {
        self.send("GET", path, "")
    }

    fn send(&self, method: &str, path: &str, body: &str) -> String {
        let mut socket = TcpStream::connect(self.address).unwrap();
        let (port, length) = (self.address.port(), body.len());
        let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n");
        let more = if body.is_empty() {
            String::new()
        } else {
            format!("Content-Type: application/json\r\nContent-Length: {length}\r\n")
        };
        write!(socket, "{head}{more}\r\n{body}").unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer
    }

    /// How many files it has open.
    pub(super) fn open_files(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    pub(super) fn exit_code(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    pub(super) fn stop(mut self) {
        self.signal(Signal::TERM);
        assert_eq!(self.exit_code(), Some(0));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The test may have ended it already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The next log line with this message.
pub(super) fn line_with(log: &mut impl BufRead, message: &str) -> serde_json::Value {
    lines_until(log, message).pop().unwrap()
}

/// The log lines up to the next one with this message.
pub(super) fn lines_until(log: &mut impl BufRead, message: &str) -> Vec<serde_json::Value> {
    let (mut seen, mut lines) = (String::new(), Vec::new());
    loop {
        let begin = seen.len();
        assert!(log.read_line(&mut seen).unwrap() > 0, "the log ended:\n{seen}");
        let line: serde_json::Value = serde_json::from_str(&seen[begin..]).unwrap_or_default();
        let is_last = line["message"].as_str().is_some_and(|text| text.contains(message));
        lines.push(line);
        if is_last {
            return lines;
        }
    }
}

#[test]
fn the_server_starts_without_configuration_and_logs_its_addresses() {
    let place = Place::new();
    let server = Server::start_as(gatepost(&[]), &place.data());
    let (address, line) = (server.address, server.start.last().unwrap());
    assert_eq!(line["public_url"], format!("http://localhost:{}", address.port()));
    assert_eq!(line["data_dir"], place.data().to_str().unwrap());
    assert_eq!(line["mail"], format!("shown on http://localhost:{}/mailbox", address.port()));
    assert!(server.request("/healthz").starts_with("HTTP/1.1 200 OK"));
    server.stop();
}

#[test]
fn a_second_process_on_the_same_data_folder_is_refused_with_the_id_of_the_first() {
    let place = Place::new();
    let server = Server::start(&place.data(), &[]);
    let line = refusal(&place.serve());
    assert!(line.contains(&server.child.id().to_string()), "{line}");
    assert!(server.request("/healthz").starts_with("HTTP/1.1 200"));
    server.stop();
}

#[test]
fn an_address_in_use_is_refused_in_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let place = Place::new();
    let output = gatepost(&["--listen", &address, "--data"]).arg(place.data()).current_dir("/").output();
    let line = refusal(&output.unwrap());
    assert!(line.contains(&address), "{line}");
    assert!(!place.data().exists(), "nothing is created if another server listens there");
}

#[test]
fn a_store_is_not_served_with_a_different_key() {
    let place = Place::new();
    Server::start(&place.data(), &[]).stop();
    let key = place.data().join("key");
    fs::write(&key, KEY).unwrap();
    assert!(refusal(&place.serve()).contains("this database belongs to a different key"));
    fs::remove_file(&key).unwrap();
    assert!(refusal(&place.serve()).contains("the key for this database is missing"));
    assert!(!key.exists());
}

#[test]
fn a_key_from_the_environment_serves_the_store_created_with_it() {
    let place = Place::new();
    let environment = [("GATEPOST_KEY", KEY)];
    let mut command = gatepost(&["store", "create", "--data"]);
    assert!(command.arg(place.data()).envs(environment).status().unwrap().success());
    Server::start(&place.data(), &environment).stop();
    assert!(!place.data().join("key").exists());
    assert_eq!(fs::metadata(place.data()).unwrap().mode() & 0o777, 0o700);
    Server::start(&place.data(), &environment).stop();
    assert!(refusal(&place.serve()).contains("the key for this database is missing"));
}

#[test]
fn the_first_start_creates_a_key_that_later_starts_keep() {
    let place = Place::new();
    let start = || {
        Server::start(&place.data(), &[]).stop();
        fs::read_to_string(place.data().join("key")).unwrap()
    };
    let first = start();
    assert!(first.starts_with("gatepost-key-1 1 "), "{first}");
    assert_eq!(fs::metadata(place.data().join("key")).unwrap().mode() & 0o7777, 0o600);
    let drafts = fs::read_dir(place.data()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(drafts.into_iter().all(|name| !name.to_str().unwrap().starts_with("key.")), "no draft is left");
    assert_eq!(start(), first);
}

#[test]
fn a_store_without_its_side_file_can_be_verified_and_accepted() {
    let place = Place::new();
    Server::start(&place.data(), &[]).stop();
    let verify = |arguments: &[&str]| {
        let mut command = gatepost(&["store", "verify"]);
        command.args(arguments).arg("--data").arg(place.data()).current_dir("/").output().unwrap()
    };
    let verified = verify(&[]);
    assert_eq!(verified.status.code(), Some(0));
    let shown = String::from_utf8(verified.stdout).unwrap();
    assert!(shown.starts_with("The database is intact: ") && shown.ends_with(" commits.\n"), "{shown}");
    fs::remove_file(place.data().join("store.mark")).unwrap();
    assert!(refusal(&verify(&[])).contains("store verify --accept"));
    assert!(refusal(&place.serve()).contains("store verify --accept"));
    assert_eq!(verify(&["--accept"]).status.code(), Some(0));
    Server::start(&place.data(), &[]).stop();
}

#[test]
fn a_test_email_that_is_not_sent_is_reported_with_the_reason() {
    let output = run(&["mail", "test", "ann@example.org"]);
    assert!(refusal(&output).contains("mailbox"), "the mailbox transport sends nothing");

    // A port that was free just now, so nothing listens on it.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let output = gatepost(&["mail", "test", "ann@example.org"])
        .current_dir(folder.path())
        .env("GATEPOST_MAIL__TRANSPORT", "smtp")
        .env("GATEPOST_MAIL__SMTP_URL", format!("smtp://127.0.0.1:{free}?tls=none"))
        .output()
        .unwrap();
    let expected =
        format!("gatepost: Could not connect to 127.0.0.1:{free}: connection refused. Check mail.smtp_url.");
    assert_eq!(refusal(&output), expected);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "sending it creates no store");
}

#[test]
fn a_test_email_is_sent_with_the_sendmail_program_in_path_which_gets_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let script =
        format!("#!/bin/sh\ncd {}\n/usr/bin/env > environment\n/bin/cat > letter\n", folder.path().display());
    write_program(&folder.path().join("sendmail"), &script);
    let output = gatepost(&["mail", "test", "ann@example.org"])
        .env("PATH", folder.path())
        .env("HOME", "/nowhere")
        .env("GATEPOST_KEY", KEY)
        .env("GATEPOST_MAIL__TRANSPORT", "sendmail")
        .env("GATEPOST_MAIL__SMTP_URL", "smtps://ann:hunter2@mail.example.org")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.starts_with("The sendmail program accepted the message: "), "{shown}");
    let letter = fs::read_to_string(folder.path().join("letter")).unwrap();
    assert!(letter.contains("\nTo: ann@example.org\n"), "{letter}");
    let environment = fs::read_to_string(folder.path().join("environment")).unwrap();
    assert!(environment.contains("HOME=/nowhere") && !environment.contains("GATEPOST"), "{environment}");
}

#[test]
fn the_openapi_document_is_printed_whatever_the_configuration() {
    let output = run(&["openapi", "--listen", "here"]);
    assert_eq!(output.status.code(), Some(0));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
}

#[test]
fn a_low_limit_of_open_files_is_a_warning_and_leaves_enough_for_email_commands_and_pages() {
    // Each connection to the mail server needs files of its own.
    for (limit, mail_connections, most) in [(332, 4, 44), (1312, 64, 64), (100, 4, 16)] {
        let place = Place::new();
        let mail_server = TcpListener::bind("127.0.0.1:0").unwrap();
        SockRef::from(&mail_server).set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let port = mail_server.local_addr().unwrap().port();
        let mut command = Command::new("prlimit");
        command.arg(format!("--nofile={limit}:{limit}")).arg(env!("CARGO_BIN_EXE_gatepost")).env_clear();
        command.env("GATEPOST_MAIL__CONNECTIONS", mail_connections.to_string());
        command.env("GATEPOST_MAIL__TRANSPORT", "smtp");
        command.env("GATEPOST_MAIL__SMTP_URL", format!("smtp://127.0.0.1:{port}?tls=none"));
        let server = Server::start_as(command, &place.data());
        let warning =
            format!("the limit of open files is {limit}, so at most {most} connections are open at once");
        let is_warning =
            |line: &serde_json::Value| line["message"].as_str().unwrap_or_default().contains(&warning);
        assert!(server.start.iter().any(is_warning), "{:?}", server.start);
        let silent: Vec<TcpStream> = (0..250).map(|_| TcpStream::connect(server.address).unwrap()).collect();
        let answer = server.send("POST", "/api/sign-in", "{\"email\":\"ann@example.org\"}");
        assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
        let email = mail_server.accept().unwrap();
        assert_eq!(place.answer(&["account", "list"]), "No accounts yet.\n");
        assert!(server.request("/sign-in").starts_with("HTTP/1.1 200"));
        drop((silent, email));
        server.stop();
    }
}

#[test]
fn a_reader_of_a_result_may_stop_early() {
    let shell = "set -o pipefail; \"$0\" openapi | head -c 1";
    let output = Command::new("bash").args(["-c", shell, env!("CARGO_BIN_EXE_gatepost")]).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b"{"[..]));
}
