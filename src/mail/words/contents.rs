//! Puts an email together: its wording, with link and code in their places.

use std::time::Duration;

use super::draft::{Block, Draft};
use super::wording::{Wording, named, wording};
use crate::domain::outbox::{Matter, SignInSeen};
use crate::domain::token::Code;
use crate::path::{self, Origin};

/// The link in the email, as a person can open it.
pub(super) fn link(origin: &Origin, matter: &Matter) -> Option<String> {
    matter.link.as_ref().map(|link| origin.link(&path::link(link.as_str())))
}

/// The email from the product `name` at `host`.
pub(super) fn draft(name: &str, host: &str, matter: &Matter, link: Option<&str>) -> Draft {
    let Wording { title, lead, label, ending } = wording(name, matter.kind);
    let expiry = expiry(matter);
    let circumstances = matter.sign_in.as_ref().map(circumstances);
    let preview = match circumstances.as_ref().or(expiry.as_ref()) {
        Some(most_important) => format!("{title}. {most_important}"),
        None => lead.join(" "),
    };
    let mut blocks: Vec<Block> = lead.into_iter().map(Block::Paragraph).collect();
    if let Some(circumstances) = circumstances {
        blocks.insert(1, Block::Paragraph(circumstances));
    }
    if let (Some(label), Some(link)) = (label, link) {
        blocks.push(Block::Link { label: label.into(), link: link.into() });
    }
    if let Some(code) = &matter.code {
        let enter = if link.is_some() { "Or enter" } else { "Enter" };
        blocks.extend([
            Block::Paragraph(format!("{enter} this code where you requested it:")),
            Block::Code(code.as_str().into()),
            Block::Remark("Never share it. No one will ever ask you for it.".into()),
        ]);
    }
    blocks.extend(expiry.map(Block::Remark));
    blocks.push(Block::Remark(ending.into()));
    if let Some(code) = &matter.code {
        blocks.push(Block::Autofill(format!("@{host} #{}", code.as_str())));
    }
    let subject = subject(name, &title, matter.code.as_ref());
    Draft { title, subject, preview, blocks }
}

/// The subject begins with the code, so that it can be read from a notification. It also keeps mail
/// programs from folding two emails into one conversation with the older, dead code on top.
///
/// The price: someone who requests an email for another person and sees their locked phone can
/// enter the code.
fn subject(name: &str, title: &str, code: Option<&Code>) -> String {
    match code {
        Some(code) => format!("{} is your {}", code.as_str(), named(name, "code")),
        None => title.to_owned(),
    }
}

/// When and where a sign-in was. The device is named in our own words, and never as the client calls itself.
fn circumstances(sign_in: &SignInSeen) -> String {
    let SignInSeen { at, device, ip } = sign_in;
    let at = jiff::Timestamp::from(*at).strftime("%-d %B %Y, %H:%M UTC");
    format!("{device}, from {ip}, on {at}.")
}

fn expiry(matter: &Matter) -> Option<String> {
    let subject = match (&matter.link, &matter.code) {
        (Some(_), Some(_)) => "The link and code expire",
        (Some(_), None) => "The link expires",
        (None, Some(_)) => "The code expires",
        (None, None) => return None,
    };
    let work = if subject.ends_with('s') { "works" } else { "work" };
    let lifetime = in_words(matter.lifetime);
    Some(format!("{subject} {lifetime} after this email was sent and {work} only once."))
}

/// A duration as a person says it. An email that is sent at once has lost a moment already. That
/// moment is added again, because a day would be 1,439 minutes otherwise.
fn in_words(duration: Duration) -> String {
    const A_MOMENT: u64 = 10;
    let seconds = duration.as_secs();
    let minutes = if seconds < 5 * 60 { seconds / 60 } else { (seconds + A_MOMENT) / 60 };
    let (number, unit) = match minutes {
        0 => (seconds, "second"),
        60 | 120..2880 => (minutes / 60, "hour"),
        1..120 => (minutes, "minute"),
        _ => (minutes / (24 * 60), "day"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::{Duration, in_words};

    #[test]
    fn a_lifetime_reads_as_people_say_it() {
        for (seconds, words) in [
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "1 minute"),
            (119, "1 minute"),
            (600, "10 minutes"),
            (3599, "1 hour"),
            (3000, "50 minutes"),
            (5400, "90 minutes"),
            (86_399, "24 hours"),
            (50_000, "13 hours"),
            (604_799, "7 days"),
        ] {
            assert_eq!(in_words(Duration::from_secs(seconds)), words);
        }
    }
}
