//! Cookies over http and https.

use std::time::Duration;

use gatepost::path::Scheme;
use gatepost::web::edge::cookies::{Cookie, Cookies};
use poem::http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};

fn read(scheme: Scheme, lines: &[&[u8]]) -> Option<String> {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(COOKIE, HeaderValue::from_bytes(line).unwrap());
    }
    Cookies::new(scheme).read(&headers, Cookie::Session).map(str::to_owned)
}

#[test]
fn a_cookie_is_read_by_its_exact_name() {
    for line in [
        "__Host-gatepost_session=token",
        "a=b; __Host-gatepost_session=token",
        "a=b;__Host-gatepost_session=token; c",
        "gatepost_session=other; __Host-gatepost_session=token",
        "=x; ; __Host-gatepost_session=token",
    ] {
        assert_eq!(read(Scheme::Https, &[line.as_bytes()]).as_deref(), Some("token"), "{line:?}");
    }
    assert_eq!(read(Scheme::Http, &[b"gatepost_session=a=b"]).as_deref(), Some("a=b"));
    assert_eq!(read(Scheme::Https, &[b"a=b", b"__Host-gatepost_session=token"]).as_deref(), Some("token"));
}

#[test]
fn a_cookie_whose_name_only_looks_like_ours_is_ignored() {
    for line in [
        "",
        "gatepost_session=token",
        "__host-gatepost_session=token",
        "\t__Host-gatepost_session=token",
        "a=b;  __Host-gatepost_session=token",
        "\u{2000}__Host-gatepost_session=token",
        "\u{85}__Host-gatepost_session=token",
        "__Host-gatepost_session =token",
        "__Host-gatepost_session\u{a0}=token",
        "=__Host-gatepost_session=token",
        "__Host-gatepost_session",
        "__Host-gatepost_sessions=token",
        "a=__Host-gatepost_session=token",
        "__Host-gatepost_request=token",
    ] {
        assert_eq!(read(Scheme::Https, &[line.as_bytes()]), None, "{line:?}");
    }
    assert_eq!(read(Scheme::Http, &[b"__Host-gatepost_session=token"]), None);
    assert_eq!(read(Scheme::Http, &[b"gatepost_session=\xff"]), None);
}

#[test]
fn a_cookie_sent_twice_counts_as_absent() {
    assert_eq!(read(Scheme::Http, &[b"gatepost_session=a; gatepost_session=b"]), None);
    assert_eq!(read(Scheme::Http, &[b"gatepost_session=a; gatepost_session=a"]), None);
    assert_eq!(read(Scheme::Http, &[b"gatepost_session=a", b"gatepost_session=b"]), None);
}

#[test]
fn a_cookie_is_protected_from_scripts_other_hosts_and_other_sites() {
    let (secure, plain) = (Cookies::new(Scheme::Https), Cookies::new(Scheme::Http));
    let hour = Duration::from_hours(1);
    assert_eq!(
        secure.set(Cookie::Session, "token", hour),
        "__Host-gatepost_session=token; Max-Age=3600; Path=/; Secure; HttpOnly; SameSite=Lax"
    );
    assert_eq!(
        plain.set(Cookie::Request, "token", hour),
        "gatepost_request=token; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax"
    );
    assert_eq!(
        secure.clear(Cookie::Notice),
        "__Host-gatepost_notice=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax"
    );
}

#[test]
#[should_panic(expected = "cookie values are our own")]
fn a_cookie_value_cannot_add_attributes() {
    let _ = Cookies::new(Scheme::Https).set(Cookie::Notice, "x; Domain=evil.example", Duration::ZERO);
}

#[test]
fn a_browser_that_sends_a_cookie_twice_keeps_cookies() {
    for (line, has_any) in [
        ("gatepost_session=a; gatepost_session=b", true),
        ("a=b; gatepost_visitor=x", true),
        ("gatepost_visitors=x; __Host-gatepost_visitor=x", false),
    ] {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static(line));
        assert_eq!(Cookies::new(Scheme::Http).has_any(&headers), has_any, "{line}");
    }
}

#[test]
fn the_last_value_that_a_response_gives_a_cookie_counts() {
    let cookies = Cookies::new(Scheme::Https);
    let mut response = HeaderMap::new();
    assert_eq!(cookies.given(&response, Cookie::Session), None);
    response.append(SET_COOKIE, cookies.set(Cookie::Request, "other", Duration::from_hours(1)));
    response.append(SET_COOKIE, cookies.set(Cookie::Session, "token", Duration::from_hours(1)));
    assert_eq!(cookies.given(&response, Cookie::Session), Some("token"));
    response.append(SET_COOKIE, cookies.clear(Cookie::Session));
    assert_eq!(cookies.given(&response, Cookie::Session), Some(""));
}
