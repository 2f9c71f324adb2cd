//! The socket in the data folder: its permissions, invalid orders, and leftovers.

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use rustix::process::Signal;

use super::Place;
use super::serving::Server;

fn socket(place: &Place) -> PathBuf {
    place.data().join("gatepost.sock")
}

/// Sends these bytes and nothing else, and returns the answer.
fn send(place: &Place, bytes: &[u8]) -> String {
    let mut stream = UnixStream::connect(socket(place)).unwrap();
    // The server may answer and close the connection before it has read everything.
    let _ = stream.write_all(bytes).and_then(|()| stream.shutdown(Shutdown::Write));
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

#[test]
fn only_the_owner_of_the_data_folder_can_open_the_socket_and_it_is_removed_with_its_server() {
    let place = Place::with_store();
    let mut server = Server::start(&place.data(), &[]);
    let file = fs::symlink_metadata(socket(&place)).unwrap();
    assert!(file.file_type().is_socket());
    assert_eq!(file.mode() & 0o777, 0o600);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    assert!(!socket(&place).exists());
}

#[test]
fn the_socket_of_a_killed_server_does_no_harm() {
    let place = Place::with_store();
    let mut server = Server::start(&place.data(), &[]);
    server.signal(Signal::KILL);
    assert_eq!(server.exit_code(), None);
    assert!(socket(&place).exists());
    place.answer(&["account", "add", "ann@example.org"]);
    let _server = Server::start(&place.data(), &[]);
    assert!(send(&place, b"{\"list_accounts\":{\"after\":null}}\n").contains("ann@example.org"));
}

#[test]
fn invalid_orders_are_refused_and_do_no_harm() {
    let place = Place::with_store();
    let mut server = Server::start(&place.data(), &[]);
    // Some clients stay silent, and one left without waiting for its answer.
    let _silent: Vec<UnixStream> = (0..5).map(|_| UnixStream::connect(socket(&place)).unwrap()).collect();
    let mut gone = UnixStream::connect(socket(&place)).unwrap();
    gone.write_all(b"{\"list_accounts\":{\"after\":null}}\n").unwrap();
    drop(gone);
    for garbage in [
        &b"\n"[..],
        b"\0\xff\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"{}\n",
        b"{\"drop_everything\":{}}\n",
        b"{\"set_role\":{\"email\":\"ann@example.org\",\"role\":\"owner\"}}\n",
        b"{\"show_account\":{\"email\":\"ann@example.org\",\"and\":1}}\n",
        b"{\"show_account\":{\"email\":\"ann@example.org\"}}",
        "[".repeat(3 << 20).as_bytes(),
    ] {
        let answer = send(&place, garbage);
        assert!(answer.is_empty() || answer.starts_with("{\"refused\":"), "{answer}");
    }
    for (order, reason) in [
        (r#"{"show_account":{"email":"ann"}}"#, "Enter an email address such as"),
        (r#"{"add_account":{"email":"","role":"admin"}}"#, "Please enter your email address"),
        (
            r#"{"import_accounts":{"rows":[{"email":"a@example.org","password_hash":"x"}],"step":"last"}}"#,
            "password_hash: ",
        ),
    ] {
        let answer = send(&place, format!("{order}\n").as_bytes());
        assert!(answer.starts_with("{\"refused\":") && answer.contains(reason), "{answer}");
    }
    assert_eq!(place.answer(&["account", "list"]), "No accounts yet.\n");
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0), "silent clients do not delay shutting down");
}

#[test]
fn a_file_with_the_name_of_the_socket_is_kept_and_the_server_runs_without_a_socket() {
    let place = Place::with_store();
    place.answer(&["account", "add", "ann@example.org"]);
    fs::write(socket(&place), "mine").unwrap();
    let mut server = Server::start(&place.data(), &[]);
    let line = place.refused(&["account", "list"]);
    assert!(line.contains("uses this data folder") && line.contains("kill "), "{line}");
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    assert_eq!(fs::read_to_string(socket(&place)).unwrap(), "mine");
    assert_eq!(place.listed().len(), 1, "without a server the file does no harm");
}

#[test]
fn a_data_folder_with_a_very_long_path_has_a_socket_too() {
    let mut place = Place::new();
    place.1 = ["a-folder-with-quite-a-long-name"; 6].iter().collect();
    let place = place.created();
    assert!(socket(&place).as_os_str().len() > 150);
    let mut server = Server::start(&place.data(), &[]);
    place.answer(&["account", "add", "ann@example.org"]);
    assert_eq!(fs::symlink_metadata(socket(&place)).unwrap().mode() & 0o777, 0o600);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    assert!(!socket(&place).exists());
    assert_eq!(place.listed().len(), 1);
}

#[test]
fn silent_connections_do_not_hold_up_a_command() {
    let place = Place::new();
    let server = Server::start(&place.data(), &[]);
    let path = socket(&place);
    let silent: Vec<_> = (0..200).map(|_| UnixStream::connect(&path).unwrap()).collect();
    assert_eq!(place.answer(&["account", "list"]), "No accounts yet.\n");
    drop((silent, server));
}

/// Imports accounts whose list does not fit into the buffer of a socket.
fn import_long_addresses(place: &Place) {
    let domain = ["a"; 3].map(|letter| letter.repeat(60)).join(".");
    let row = |number: u32| format!("{{\"email\":\"n{number:05}{}@{domain}.example\"}}\n", "x".repeat(50));
    let file = place.data().join("accounts.jsonl");
    fs::write(&file, (0..500).map(row).collect::<String>()).unwrap();
    place.answer(&["account", "import", file.to_str().unwrap()]);
}

#[test]
fn clients_that_do_not_read_their_answer_do_not_hold_up_a_command_and_are_few() {
    let place = Place::with_store();
    import_long_addresses(&place);
    let server = Server::start(&place.data(), &[]);
    let before = server.open_files();
    let list = |path: &PathBuf| {
        let mut stream = UnixStream::connect(path).unwrap();
        stream.write_all(b"{\"list_accounts\":{\"after\":null}}\n").unwrap();
        stream
    };
    let path = socket(&place);
    // A few more than there are places.
    let unread: Vec<UnixStream> = (0..136).map(|_| list(&path)).collect();
    let are_few = || {
        let open = server.open_files() - before;
        assert!(open <= 128, "{open} connections are open");
    };
    are_few();
    assert_eq!(place.listed().len(), 500);
    are_few();
    drop((unread, server));
}
