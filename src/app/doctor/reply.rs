//! A reply, and how a stranger compares two.

/// A reply as it arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers, in their order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// The first lines in which two replies differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// For the first address.
    pub known: String,
    /// For the second one.
    pub unknown: String,
}

/// The shortest run of characters that can be a token, a nonce or an id.
const TOKEN_CHARS: usize = 22;
/// What a time looks like for programs. Every `0` stands for any digit.
const TIME: &[u8] = b"0000-00-00T00:00:00.000Z";
/// The longest part of a line that is shown.
const SHOWN_CHARS: usize = 160;

impl Reply {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).next()
    }

    /// Its values, if it is there more than once.
    pub(super) fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// How the replies about two addresses differ, apart from the addresses themselves, times, waits, and the parts
/// that are random in every reply. Of these, only the length is compared.
#[must_use]
pub fn difference(known: (&Reply, &str), unknown: (&Reply, &str)) -> Option<Difference> {
    let [first, second] = [known, unknown].map(|(reply, address)| comparable(reply, address));
    if first == second {
        return None;
    }
    let (mut first, mut second) = (first.lines(), second.lines());
    loop {
        match (first.next(), second.next()) {
            (Some(one), Some(other)) if one == other => {}
            (one, other) => return Some(shown(one.unwrap_or_default(), other.unwrap_or_default())),
        }
    }
}

/// Two lines from shortly before the place where they begin to differ.
fn shown(known: &str, unknown: &str) -> Difference {
    const BEFORE: usize = 40;
    let same = known.chars().zip(unknown.chars()).take_while(|(one, other)| one == other).count();
    let part = |line: &str| line.chars().skip(same.saturating_sub(BEFORE)).take(SHOWN_CHARS).collect();
    Difference { known: part(known), unknown: part(unknown) }
}

/// A reply as text, without what must differ.
fn comparable(reply: &Reply, address: &str) -> String {
    let mut lines = vec![reply.status.to_string()];
    for (name, value) in &reply.headers {
        let value = match name.as_str() {
            "date" => "*".to_owned(),
            "x-request-id" => format!("*{}", value.len()),
            _ => masked(value, address),
        };
        lines.push(format!("{name}: {value}"));
    }
    lines.push(masked(&reply.body, address));
    lines.join("\n")
}

/// The text with a star for the address, for each time, and for each token with its length.
fn masked(text: &str, address: &str) -> String {
    let encoded = address.replace('@', "%40");
    let mut masked = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if !address.is_empty() && (rest.starts_with(address) || rest.starts_with(&encoded)) {
            masked.push_str("*address");
            if rest.starts_with(address) { address.len() } else { encoded.len() }
        } else if let Some(digits) = wait(rest, &masked) {
            masked.push_str("*seconds");
            digits
        } else if is_time(rest) {
            masked.push_str("*time");
            TIME.len()
        } else if is_sign(first) {
            let end = rest.find(|c| !is_sign(c)).unwrap_or(rest.len());
            let run = &rest[..end];
            // The name of a cookie is as long as a token.
            if end >= TOKEN_CHARS && !run.starts_with("__Host-") {
                masked.push('*');
                masked.push_str(&end.to_string());
            } else {
                masked.push_str(run);
            }
            end
        } else {
            masked.push(first);
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    masked
}

fn is_sign(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// How many digits tell here how long to wait before another email, which depends on the moment.
fn wait(text: &str, before: &str) -> Option<usize> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let is_wait = text[digits..].starts_with(" second") || before.ends_with("data-wait=\"");
    (digits > 0 && is_wait).then_some(digits)
}

fn is_time(text: &str) -> bool {
    let text = text.as_bytes();
    text.len() >= TIME.len()
        && TIME.iter().zip(text).all(
            |(wanted, found)| {
                if *wanted == b'0' { found.is_ascii_digit() } else { wanted == found }
            },
        )
}
