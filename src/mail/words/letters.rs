//! A letter as it is written: its words, with link and code where they belong.

use std::time::Duration;

use super::wording::wording;
use super::{Block, Draft, House, Words};
use crate::domain::outbox::Matter;
use crate::path;

pub(super) fn words(house: &House, matter: &Matter) -> Words {
    let said = wording(&house.name, matter.kind);
    let mut blocks: Vec<Block> = said.lead.into_iter().map(Block::Paragraph).collect();
    let link = matter.link.as_ref().map(|link| house.origin.link(&path::link(link.as_str())));
    if let (Some(label), Some(link)) = (said.label, &link) {
        blocks.push(Block::Link { label: label.into(), link: link.clone() });
    }
    if let Some(code) = &matter.code {
        let or = if link.is_some() { "Or type this code" } else { "Type this code" };
        blocks.extend([
            Block::Paragraph(format!("{or} in the window where you asked for it:")),
            Block::Code(code.as_str().into()),
            Block::Remark("Type it nowhere else: nobody will ask you for it.".into()),
        ]);
    }
    if !matter.lifetime.is_zero() {
        let lifetime = in_words(matter.lifetime);
        let what = match (&link, &matter.code) {
            (Some(_), Some(_)) => "Link and code work",
            (Some(_), None) => "The link works",
            _ => "The code works",
        };
        blocks.push(Block::Remark(format!(
            "{what} for {lifetime} from when this letter was sent, and only once."
        )));
    }
    blocks.push(Block::Remark(said.otherwise.into()));
    if let Some(code) = &matter.code {
        blocks.push(Block::Autofill(format!("@{} #{}", house.origin.host(), code.as_str())));
    }
    // The code stands in the subject, as with others: it can be typed off a notification, and two
    // letters are never folded into one conversation with the older, dead code on top. The price:
    // whoever asked in somebody's name and sees that person's locked phone can type it.
    let subject = match &matter.code {
        Some(code) => format!("{} is your {} code", code.as_str(), house.name),
        None => said.title.clone(),
    };
    let words = house.written(subject, Draft { title: said.title, blocks });
    Words { link, code: matter.code.clone(), ..words }
}

/// A duration as a person says it. A letter that leaves at once has lost a moment already: that much is
/// given back, or a day would be 1,439 minutes.
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
    fn a_lifetime_is_told_as_people_tell_it() {
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
