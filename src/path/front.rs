//! The paths for apps on other hosts: those of ours, those on the hosts of the apps, and the paths of an app itself.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

/// The whole answer to a proxy that asks about a request.
pub const FORWARD_AUTH_ANSWER: &str = "/forward-auth/answer";
/// Where a browser comes with the ticket of an app.
pub const ENTER: &str = "/enter";
/// What the paths of ours on the host of an app begin with.
pub const AT_APP: &str = "/.gatepost/";
/// Leads from an app to us.
pub const APP_START: &str = "/.gatepost/start";
/// Where a browser comes back with a sign-in.
pub const APP_CALLBACK: &str = "/.gatepost/callback";
/// Leads from an app to signing out.
pub const APP_SIGN_OUT: &str = "/.gatepost/sign-out";

/// The longest path of an app that is carried along.
const MAX_APP_PATH: usize = 2048;

/// Where a browser goes with a ticket.
#[must_use]
pub fn enter(ticket: &str) -> String {
    format!("{ENTER}?ticket={ticket}")
}

/// Where a browser goes with a hand-over token, on the host of an app.
#[must_use]
pub fn app_callback(token: &str) -> String {
    format!("{APP_CALLBACK}?token={token}")
}

/// Leads from a path of an app to us, and back to it. Every reserved character is escaped, so that each program that
/// reads it finds the same end.
#[must_use]
pub fn app_start(path: &str) -> String {
    format!("{APP_START}?next={}", utf8_percent_encode(path, NON_ALPHANUMERIC))
}

/// The path of an app, with its query, as a header can have it. What is no path of it becomes `/`.
///
/// An open redirect would let an attacker's link begin with the app's name and end on the attacker's page: browsers
/// take `//` and `/\` for the start of a host, and drop tabs and line breaks. Our own paths there would lead in
/// circles.
#[must_use]
pub fn app_path(text: &str) -> String {
    const HIDDEN: AsciiSet = CONTROLS.add(b' ');
    let is_odd = |c: char| c.is_control() || c == ' ';
    let mut bytes = text.bytes();
    let is_path = bytes.next() == Some(b'/') && !matches!(bytes.next(), Some(b'/' | b'\\'));
    let path = utf8_percent_encode(text, &HIDDEN).to_string();
    if is_path && !text.contains(is_odd) && path.len() <= MAX_APP_PATH && !path.starts_with(AT_APP) {
        path
    } else {
        "/".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{app_path, app_start};

    #[test]
    fn only_a_path_of_the_app_is_led_to() {
        for path in ["/", "/page", "/page?a=//b&c=\\#d", "/a//b", "/%2F%2Fevil.example", "/a\\b"] {
            assert_eq!(app_path(path), path);
        }
        assert_eq!(app_path("/caf\u{e9}"), "/caf%C3%A9");
        let long = format!("/{}", "x".repeat(2048));
        for text in [
            "",
            "page",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "https:evil.example",
            "/\tx",
            "/a b",
            "/a\r\nb",
            "/\u{85}",
            "https://evil.example/",
            "/.gatepost/start",
            "/.gatepost/",
            &long,
        ] {
            assert_eq!(app_path(text), "/", "{text}");
        }
        assert_eq!(app_start("/a?b=c&d"), "/.gatepost/start?next=%2Fa%3Fb%3Dc%26d");
    }
}
