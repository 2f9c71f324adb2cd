//! Decoding a form. A general decoder leaves copies of what it decodes in freed memory, and some fields are
//! passwords.

use zeroize::Zeroize;

/// A name and its value; `None` if they are not UTF-8.
type Pair = Option<(String, String)>;

/// The fields of a form or of a query, in their order.
pub(super) fn pairs(form: &[u8]) -> impl Iterator<Item = Pair> {
    form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let mut parts = pair.splitn(2, |byte| *byte == b'=');
        let name = text(parts.next()?)?;
        Some((name, text(parts.next().unwrap_or_default())?))
    })
}

/// Decodes into memory that is large enough from the start: growing it would leave a copy behind.
fn text(encoded: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let [first, after @ ..] = rest {
        let (byte, after) = match *first {
            b'+' => (b' ', after),
            b'%' => escaped(after).unwrap_or((b'%', after)),
            itself => (itself, after),
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).map_err(|error| error.into_bytes().zeroize()).ok()
}

/// The byte after a percent sign, and the rest. Nothing if that sign only stands for itself.
fn escaped(after: &[u8]) -> Option<(u8, &[u8])> {
    let [high, low, after @ ..] = after else { return None };
    Some((16 * digit(*high)? + digit(*low)?, after))
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::pairs;

    #[test]
    fn forms_are_decoded_as_the_url_standard_says() {
        for form in [
            "",
            "&&",
            "=",
            "a",
            "a=",
            "=b",
            "a=b=c&d",
            "a+b=c+%2B+d",
            "a=%",
            "a=%4",
            "a=%zz%41%4a%4A%%41",
            "gr%C3%BCn=%F0%9F%A6%A6",
            "gr\u{fc}n=\u{1f9a6}",
        ] {
            let expected: Vec<_> = form_urlencoded::parse(form.as_bytes()).into_owned().collect();
            let decoded: Option<Vec<_>> = pairs(form.as_bytes()).collect();
            assert_eq!(decoded, Some(expected), "{form}");
        }
        assert_eq!(pairs(b"a=%ff&b").collect::<Vec<_>>(), [None, Some(("b".into(), String::new()))]);
    }
}
