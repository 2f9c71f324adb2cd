//! Mail settings as operators write them.

use gatepost::mail::{Sender, SmtpServer, SmtpServerError};

#[test]
fn mail_server_urls_are_accepted_as_operators_write_them() {
    for (written, read) in [
        ("smtps://mail.example.org:465", "smtps://mail.example.org:465"),
        ("smtps://mail.example.org", "smtps://mail.example.org:465"),
        ("smtps://mail.example.org/", "smtps://mail.example.org:465"),
        ("smtp://mail.example.org", "smtp://mail.example.org:587"),
        ("smtp://Mail.Example.ORG:2525", "smtp://mail.example.org:2525"),
        ("smtp://localhost?tls=none", "smtp://localhost:25"),
        ("smtp://127.0.0.1:1025?tls=none", "smtp://127.0.0.1:1025"),
        ("smtp://[::1]:1025?tls=none", "smtp://[::1]:1025"),
        ("smtp://10.0.0.1:25", "smtp://10.0.0.1:25"),
        ("smtps://user%40example.org:p%25ss%2F@mail.example.org", "smtps://mail.example.org:465"),
    ] {
        let server = SmtpServer::parse(written).unwrap_or_else(|error| panic!("{written}: {error}"));
        assert_eq!(server.to_string(), read, "{written}");
    }
}

#[test]
fn an_invalid_mail_server_url_is_refused_with_its_reason() {
    for (written, error) in [
        ("", SmtpServerError::Shape),
        ("mail.example.org", SmtpServerError::Shape),
        ("mail.example.org:587", SmtpServerError::Shape),
        ("https://mail.example.org", SmtpServerError::Shape),
        ("smtp://", SmtpServerError::Shape),
        ("smtp:///path", SmtpServerError::Rest),
        ("smtp://exa%20mple.org", SmtpServerError::Shape),
        ("smtp://mail.example.org/path", SmtpServerError::Rest),
        ("smtp://mail.example.org#part", SmtpServerError::Rest),
        ("smtp://mail.example.org?tls=required", SmtpServerError::Rest),
        ("smtp://localhost?tls=none&x=1", SmtpServerError::Rest),
        ("smtps://localhost?tls=none", SmtpServerError::Rest),
        ("smtp://mail.example.org?tls=none", SmtpServerError::PlainOffLoopback),
        ("smtp://10.0.0.1?tls=none", SmtpServerError::PlainOffLoopback),
        ("smtp://localhost.example.org?tls=none", SmtpServerError::PlainOffLoopback),
        ("smtp://127.0.0.1.example.org?tls=none", SmtpServerError::PlainOffLoopback),
        ("smtp://user@mail.example.org", SmtpServerError::Login),
        ("smtp://:secret@mail.example.org", SmtpServerError::Login),
        ("smtp://user:a%0d%0aQUIT@mail.example.org", SmtpServerError::Login),
        ("smtp://user:a%zz@mail.example.org", SmtpServerError::Percent),
        ("smtp://user:a%+1@mail.example.org", SmtpServerError::Percent),
        ("smtp://user:a%4@mail.example.org", SmtpServerError::Percent),
    ] {
        assert_eq!(SmtpServer::parse(written).err(), Some(error), "{written}");
    }
}

#[test]
fn a_login_is_set_once_and_never_shown() {
    let server = SmtpServer::parse("smtps://ann:secret@mail.example.org").unwrap();
    assert!(!format!("{server} {server:?}").contains("secret"));
    assert_eq!(server.with_login("bob", "other").err(), Some(SmtpServerError::TwoLogins));
    let bare = SmtpServer::parse("smtps://mail.example.org").unwrap();
    assert_eq!(bare.clone().with_login("bob", "").err(), Some(SmtpServerError::Login));
    assert!(bare.with_login("bob", "other").is_ok());
}

#[test]
fn a_sender_is_an_address_with_or_without_a_name() {
    for written in [
        "gatepost@localhost",
        "Gatepost <gatepost@localhost>",
        "\"Ann's door, Ltd.\" <door@example.org>",
        "Pförtnerin <door@example.org>",
    ] {
        assert!(Sender::parse(written).is_ok(), "{written}");
    }
    for written in [
        "",
        "Gatepost",
        "Gatepost <>",
        "Gatepost <gatepost>",
        "Gatepost <a@example.org> <b@example.org>",
        "Gatepost\r\nBcc: x <a@example.org>",
        "Gate\0post <a@example.org>",
        "a@example.org, b@example.org",
    ] {
        assert!(Sender::parse(written).is_err(), "{written:?}");
    }
}
