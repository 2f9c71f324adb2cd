//! Replies as a stranger compares them.

use super::http::Reply;

/// A reply as a stranger can compare it: without the parts that are random in every response.
pub(crate) fn without_random_values(reply: &Reply) -> String {
    let mut headers: Vec<String> = reply
        .headers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id"))
        .map(|(name, value)| format!("{name}: {}\n", mask(value.to_str().unwrap())))
        .collect();
    headers.sort();
    format!("{}\n{}\n{}", reply.status, headers.concat(), mask(&reply.body))
}

/// Replaces every token, nonce and id with a star and its length: any run of 22 or more of their
/// characters.
fn mask(text: &str) -> String {
    let is_sign = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut masked = String::new();
    let mut run = String::new();
    for c in text.chars().chain(['\0']) {
        if is_sign(c) {
            run.push(c);
            continue;
        }
        if run.len() >= 22 {
            masked.push('*');
            masked.push_str(&run.len().to_string());
        } else {
            masked.push_str(&run);
        }
        run.clear();
        masked.push(c);
    }
    masked
}
