//! Network addresses as text.

use std::net::IpAddr;

/// An address as it is shown. The line in the log and the answer to a session check both have one, and the standard
/// library takes ten times as long, because it can also pad it.
pub(super) fn text(ip: IpAddr) -> String {
    let IpAddr::V4(ip) = ip else { return ip.to_string() };
    let mut text = String::with_capacity("255.255.255.255".len());
    for octet in ip.octets() {
        if !text.is_empty() {
            text.push('.');
        }
        for place in [100, 10, 1] {
            if octet >= place || place == 1 {
                text.push(char::from(b'0' + octet / place % 10));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::text;

    #[test]
    fn addresses_are_shown_as_everywhere_else() {
        for shown in
            ["0.0.0.0", "127.0.0.1", "255.255.255.255", "10.100.9.99", "203.0.113.7", "::1", "2001:db8::7"]
        {
            assert_eq!(text(shown.parse::<IpAddr>().expect("an address")), shown);
        }
    }
}
