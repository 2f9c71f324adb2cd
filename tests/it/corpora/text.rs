//! Any bytes as one line of a text file.

use std::fmt::Write;

/// The bytes that an escaped text stands for: `\\ \t \n \r \0 \s` (a space) `\xHH` (a byte) `\u{HEX}` (a character)
/// and `\*N(TEXT)` (N times). Nothing if an escape is none of these.
pub(crate) fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let mut after = rest[at + 1..].chars();
        match after.next()? {
            '\\' => bytes.push(b'\\'),
            't' => bytes.push(b'\t'),
            'n' => bytes.push(b'\n'),
            'r' => bytes.push(b'\r'),
            '0' => bytes.push(0),
            's' => bytes.push(b' '),
            'x' => {
                let (hex, then) = after.as_str().split_at_checked(2)?;
                bytes.push(u8::from_str_radix(hex, 16).ok()?);
                after = then.chars();
            }
            'u' => {
                let (hex, then) = after.as_str().strip_prefix('{')?.split_once('}')?;
                let character = char::from_u32(u32::from_str_radix(hex, 16).ok()?)?;
                bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                after = then.chars();
            }
            '*' => {
                let (times, then) = after.as_str().split_once('(')?;
                let (text, then) = then.split_once(')')?;
                bytes.extend(text.repeat(times.parse().ok()?).bytes());
                after = then.chars();
            }
            _ => return None,
        }
        rest = after.as_str();
    }
    bytes.extend_from_slice(rest.as_bytes());
    Some(bytes)
}

/// A text that stands for these bytes, in visible ASCII.
pub(crate) fn escaped(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (index, byte) in bytes.iter().enumerate() {
        let is_end = index == 0 || index + 1 == bytes.len();
        match byte {
            b'\\' => text.push_str("\\\\"),
            b'\t' => text.push_str("\\t"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b' ' if is_end => text.push_str("\\s"),
            // A line that begins with it would be a comment.
            b'#' if index == 0 => text.push_str("\\x23"),
            b' '..=b'~' => text.push(char::from(*byte)),
            _ => write!(text, "\\x{byte:02x}").unwrap(),
        }
    }
    text
}

#[test]
fn any_bytes_are_read_back_from_their_escaped_text() {
    let all: Vec<u8> = (0..=255).collect();
    assert_eq!(unescaped(&escaped(&all)), Some(all));
    assert_eq!(escaped(b"# \t\xff\\"), "\\x23 \\t\\xff\\\\");
    assert_eq!(unescaped("\\s\\0\\u{e9}\\*2(ab)c").unwrap(), b" \0\xc3\xa9ababc");
    for text in ["\\", "\\y", "\\x1", "\\u{zz}", "\\u{d800}", "\\*x(a)", "\\*2(a"] {
        assert_eq!(unescaped(text), None, "{text}");
    }
}
