//! Cookies over http and https.

use std::time::Duration;

use gatepost::path::Scheme;
use gatepost::web::edge::cookies::{Cookie, Cookies};
use poem::http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};

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
