//! The letters that would have been sent, for who tries things out on this very machine.

use std::sync::Arc;

use maud::{Markup, html};

use super::answer::{Answer, fragment};
use super::layout::{moment, page};
use super::visitor::Visitor;
use crate::domain::ports::{Mailbox, ShownLetter};
use crate::domain::record::ids::LetterId;
use crate::path::MAILBOX;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};

/// All letters, newest first; to htmx the list alone, which asks for itself again.
pub(super) async fn list(house: House, visitor: Visitor) -> Answer {
    let letters = open(&house, &visitor)?.letters(None);
    if visitor.is_htmx {
        return Ok(fragment(letter_list(&letters)));
    }
    let content = html! {
        section.card.wide {
            h1 { "Mailbox" }
            p.lead { "No mail leaves this server. These are the letters it would have sent." }
            (letter_list(&letters))
        }
    };
    Ok(page(&house.site, &visitor, "Mailbox", &content))
}

/// One letter.
pub(super) async fn letter(house: House, visitor: Visitor) -> Answer {
    let mailbox = open(&house, &visitor)?;
    let found = LetterId::parse(&visitor.part).and_then(|id| mailbox.letter(id));
    let letter = found.ok_or(Problem::of(Code::NotFound))?;
    Ok(page(&house.site, &visitor, &letter.subject, &whole(&letter)))
}

/// Whoever comes through a proxy may come from anywhere, and is told that there is no such page.
fn open<'a>(house: &'a House, visitor: &Visitor) -> Result<&'a Arc<dyn Mailbox>, Problem> {
    house.mailbox.as_ref().filter(|_| visitor.came_direct).ok_or(Problem::of(Code::NotFound))
}

fn path(letter: &ShownLetter) -> String {
    format!("{MAILBOX}/{}", letter.id)
}

fn letter_list(letters: &[ShownLetter]) -> Markup {
    html! {
        div #letters hx-get=(MAILBOX) hx-trigger="every 2s" hx-swap="outerMorph" {
            @if letters.is_empty() { p.hint { "No letters yet." } }
            ul.letters {
                @for letter in letters {
                    li {
                        a href=(path(letter)) { (letter.subject) }
                        span.hint { "to " (letter.to) ", " (moment(letter.created_at)) }
                    }
                }
            }
        }
    }
}

/// The HTML part is shown as its source: under our content security policy its styles would not
/// apply, and what it says stands in the text part, word for word.
fn whole(letter: &ShownLetter) -> Markup {
    html! {
        section.card.wide {
            p { a href=(MAILBOX) { "All letters" } }
            h1 { (letter.subject) }
            p.hint { "To " (letter.to) ", " (moment(letter.created_at)) }
            @if let Some(code) = &letter.code { p.big-code { (code) } }
            @if let Some(link) = &letter.link { p { a.button #letter-link href=(link) { "Open the link" } } }
            h2 { "Text part" }
            pre { (letter.text) }
            details {
                summary { "HTML part, as its source" }
                pre { (letter.html) }
            }
        }
    }
}
