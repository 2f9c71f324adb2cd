//! What the log says about emails. Each attempt has one line, without address, link and code.

use super::outcome::{Meaning, NotSent, Outcome, bounded};
use crate::domain::outbox::Contents;
use crate::domain::record::answer::{Answer, redacted};
use crate::domain::token::{Code, LinkToken};

/// The email was sent.
pub(super) fn sent(contents: &Contents, server: &str, reply: &str) {
    let (id, to, reply) = (contents.id, contents.to.masked(), bounded(&discreet(reply, contents)));
    tracing::info!(letter.id = %id, to, server, reply, "email sent");
}

/// The email was not sent. `is_sent_again` is whether it is sent again if it has no answer.
pub(super) fn not_sent(contents: &Contents, server: &str, why: NotSent, is_sent_again: bool) {
    let meaning = why.meaning;
    let (id, to) = (contents.id, contents.to.masked());
    let why = why.with_reason(|reason| discreet(reason, contents));
    match meaning {
        Meaning::Later => tracing::warn!(letter.id = %id, to, server, error = %why, "email delayed"),
        Meaning::Never => tracing::warn!(letter.id = %id, to, server, error = %why, "email rejected"),
        Meaning::ServerFailed => {
            tracing::warn!(server, error = %why, "no email can be sent; trying again with one of them later");
        }
        Meaning::Unanswered if is_sent_again => tracing::warn!(
            letter.id = %id, to, server, error = %why,
            "email perhaps sent; it counts as sent, and is sent again in five minutes in case it was lost"
        ),
        Meaning::Unanswered => tracing::warn!(
            letter.id = %id, to, server, error = %why,
            "email perhaps sent; it counts as sent, and is not sent again"
        ),
    }
}

/// A slow attempt made room for others.
pub(super) fn cut(contents: &Contents, server: &str) {
    let (id, to) = (contents.id, contents.to.masked());
    tracing::info!(letter.id = %id, to, server, "email delayed: its server is slow, and others are waiting");
}

/// What the mail server said, to be kept with the email.
pub(super) fn answer(outcome: &Outcome, contents: &Contents) -> Answer {
    let said = match outcome {
        Ok(reply) => reply,
        Err(why) => why.reason(),
    };
    let (link, code) = secrets(contents);
    Answer::new(said, link, code)
}

/// A mail server's reply without address, link and code. The server has read the email, so it could
/// repeat them, and they must not end up in the log.
fn discreet(reply: &str, contents: &Contents) -> String {
    let (link, code) = secrets(contents);
    without(&redacted(reply, link, code), contents.to.as_str(), &contents.to.masked())
}

fn secrets(contents: &Contents) -> (Option<&str>, Option<&str>) {
    let (link, code) = (&contents.matter.link, &contents.matter.code);
    (link.as_ref().map(LinkToken::as_str), code.as_ref().map(Code::as_str))
}

/// `text` with something else in the place of an address, in upper or lower case.
fn without(text: &str, address: &str, instead: &str) -> String {
    let (lower, address) = (text.to_ascii_lowercase(), address.to_ascii_lowercase());
    let mut rest = 0;
    let mut clean = String::new();
    for (at, found) in lower.match_indices(&address) {
        clean.push_str(&text[rest..at]);
        clean.push_str(instead);
        rest = at + found.len();
    }
    clean.push_str(&text[rest..]);
    clean
}
