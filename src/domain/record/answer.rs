//! What a mail server said about an email, without the secrets in it.
//!
//! The server has read the email, and a spam filter may quote the link in its refusal. So secrets are taken out
//! first, and only then is the text cut: half a token could not be recognised any more.

/// The most bytes that are kept of an answer.
const MAX_BYTES: usize = 200;
/// A piece of a token that is as long as this is one. Shorter ones are of no use to anyone.
const PIECE: usize = 12;

/// What a mail server said about an email, to be kept.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Answer(String);

impl Answer {
    /// The answer to an email with this link token and code.
    #[must_use]
    pub fn new(said: &str, link: Option<&str>, code: Option<&str>) -> Self {
        let mut text = redacted(said, link, code);
        text.truncate(text.floor_char_boundary(MAX_BYTES));
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The same text with `[link]` and `[code]` in the place of every secret.
#[must_use]
pub fn redacted(said: &str, link: Option<&str>, code: Option<&str>) -> String {
    // As bytes of the same number, so that a place in one is a place in the other.
    let lower = said.to_ascii_lowercase();
    let mut hidden: Vec<Option<&str>> = vec![None; said.len()];
    hide_paths(&lower, &mut hidden);
    if let Some(link) = link {
        hide_pieces(&lower, &link.to_ascii_lowercase(), &mut hidden);
    }
    if let Some(code) = code {
        hide_code(&lower, code, &mut hidden);
    }
    let mut text = String::new();
    let mut last = None;
    for (at, character) in said.char_indices() {
        match hidden[at] {
            None => text.push(character),
            mark if mark != last => text.push_str(mark.unwrap_or_default()),
            Some(_) => {}
        }
        last = hidden[at];
    }
    text
}

/// Whatever follows the path of a link, even if it is the link of another email.
fn hide_paths(lower: &str, hidden: &mut [Option<&str>]) {
    const PATH: &str = "/link/";
    let is_of_token = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    for (at, _) in lower.match_indices(PATH) {
        let from = at + PATH.len();
        let length = lower.as_bytes()[from..].iter().take_while(|byte| is_of_token(byte)).count();
        hidden[from..from + length].fill(Some("[link]"));
    }
}

fn hide_pieces(lower: &str, token: &str, hidden: &mut [Option<&str>]) {
    let pieces = |text: &str| text.as_bytes().windows(PIECE).map(<[u8]>::to_vec).collect::<Vec<_>>();
    let of_token = pieces(token);
    for (at, piece) in pieces(lower).iter().enumerate() {
        if of_token.contains(piece) {
            hidden[at..at + PIECE].fill(Some("[link]"));
        }
    }
}

/// The code, with or without spaces or hyphens between its digits.
fn hide_code(lower: &str, code: &str, hidden: &mut [Option<&str>]) {
    for at in 0..lower.len() {
        let mut digits = code.bytes().peekable();
        let length = lower.as_bytes()[at..]
            .iter()
            .take_while(|byte| match digits.peek() {
                Some(digit) if digit == *byte => digits.next().is_some(),
                Some(_) => matches!(byte, b' ' | b'-'),
                None => false,
            })
            .count();
        if digits.peek().is_none() && lower.as_bytes()[at] != b' ' && lower.as_bytes()[at] != b'-' {
            hidden[at..at + length].fill(Some("[code]"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, PIECE, redacted};

    const TOKEN: &str = "AQabcdefghijklmnopqrstuvwxyz0123456789-_";

    #[test]
    fn a_quoted_link_is_taken_out_wherever_it_was_cut() {
        for end in PIECE..=TOKEN.len() {
            for start in 0..=end - PIECE {
                let said = format!("550 spam: {}.", &TOKEN[start..end]);
                assert_eq!(redacted(&said, Some(TOKEN), None), "550 spam: [link].");
            }
        }
        let said = format!("550 https://id.example.org/link/{TOKEN} and /LINK/{}", &TOKEN[..5]);
        let hidden = "550 https://id.example.org/link/[link] and /LINK/[link]";
        assert_eq!(redacted(&said, None, None), hidden, "of another email");
        assert_eq!(redacted(&TOKEN.to_uppercase(), Some(TOKEN), None), "[link]");
    }

    #[test]
    fn a_quoted_code_is_taken_out_however_it_is_written() {
        for code in ["123456", "123 456", "123-456", "1 2 3 4 5 6", "12--34  56"] {
            assert_eq!(redacted(&format!("550 {code}!"), None, Some("123456")), "550 [code]!");
        }
        assert_eq!(redacted("550 12345 é 6", None, Some("123456")), "550 12345 é 6");
        assert_eq!(redacted("11123456", None, Some("112345")), "1[code]6");
    }

    #[test]
    fn an_answer_is_cut_after_its_secrets_are_taken_out() {
        let said = format!("{}{TOKEN}", "é".repeat(97));
        let answer = Answer::new(&said, Some(TOKEN), None);
        assert_eq!(answer.as_str(), format!("{}[link]", "é".repeat(97)));
        let answer = Answer::new(&"é".repeat(150), None, None);
        assert_eq!(answer.as_str(), "é".repeat(100));
        assert_eq!(Answer::new(&format!("{}é", "a".repeat(199)), None, None).as_str().len(), 199);
    }
}
