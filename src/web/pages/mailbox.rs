//! The emails that would have been sent, for someone who tries things out on this machine.

use std::sync::Arc;

use maud::{Markup, html};
use poem::Response;

use super::answer::{Answer, fragment};
use super::layout::{address, moment, page};
use super::visitor::Visitor;
use crate::domain::ports::{Mailbox, ShownLetter};
use crate::domain::record::ids::LetterId;
use crate::path::{MAILBOX, letter as letter_page, letter_html};
use crate::web::house::House;
use crate::web::problem::{Code, Problem};

/// All emails, newest first. The list asks for itself again, and then gets no page around it.
pub(super) async fn list(house: House, visitor: Visitor) -> Answer {
    let letters = open(&house, &visitor)?.letters(None);
    if visitor.is_htmx {
        return Ok(fragment(letter_list(&letters)));
    }
    let content = html! {
        section.card.wide {
            h1 { "Mailbox" }
            p.lead { "This server does not send email yet. These are the messages it would have sent." }
            (letter_list(&letters))
        }
    };
    Ok(page(&house.site, &visitor, "Mailbox", &content))
}

/// One email.
pub(super) async fn letter(house: House, visitor: Visitor) -> Answer {
    let letter = find(&house, &visitor)?;
    Ok(page(&house.site, &visitor, &letter.title, &whole(&letter)))
}

/// The HTML part of one email, for the frame on its page.
pub(super) async fn letter_part(house: House, visitor: Visitor) -> Answer {
    let letter = find(&house, &visitor)?;
    // Without it a link would open inside the frame.
    let html = letter.html.replacen("<head>", "<head><base target=\"_blank\">", 1);
    Ok(Response::builder().content_type("text/html; charset=utf-8").body(html))
}

fn find(house: &House, visitor: &Visitor) -> Result<ShownLetter, Problem> {
    let mailbox = open(house, visitor)?;
    let found = LetterId::parse(&visitor.part).and_then(|id| mailbox.letter(id));
    found.ok_or(Problem::of(Code::NotFound))
}

/// A request through a proxy may come from anywhere, so it gets the same response as without a mailbox.
fn open<'a>(house: &'a House, visitor: &Visitor) -> Result<&'a Arc<dyn Mailbox>, Problem> {
    house.mailbox.as_ref().filter(|_| visitor.came_direct).ok_or(Problem::of(Code::NotFound))
}

fn letter_list(letters: &[ShownLetter]) -> Markup {
    html! {
        div #letters hx-get=(MAILBOX) hx-trigger="every 2s" hx-swap="outerMorph" {
            @if letters.is_empty() {
                p.hint { "No messages yet." }
            } @else {
                ul.letters {
                    @for letter in letters {
                        li {
                            a href=(letter_page(&letter.id.to_string())) { (letter.title) }
                            span.hint { "To " (address(&letter.to)) ", " (moment(letter.created_at)) }
                        }
                    }
                }
            }
        }
    }
}

/// Both parts say the same. The HTML is shown in a frame, because our own policy would not apply its styles.
fn whole(letter: &ShownLetter) -> Markup {
    html! {
        section.card.broad {
            p { a href=(MAILBOX) { "All messages" } }
            h1 { (letter.title) }
            dl {
                dt { "Subject" } dd { (letter.subject) }
                dt { "To" } dd { (address(&letter.to)) }
                dt { "Sent" } dd { (moment(letter.created_at)) }
                @if let Some(code) = &letter.code { dt { "Code" } dd { code.letter-code { (code.as_str()) } } }
            }
            @if let Some(link) = &letter.link {
                p.actions { a.button #letter-link href=(link) { "Open the link" } }
            }
            div.parts {
                section {
                    h2 { "HTML" }
                    iframe src=(letter_html(&letter.id.to_string())) title="The email as HTML" {}
                }
                section {
                    h2 { "Plain text" }
                    pre { (letter.text) }
                }
            }
            details {
                summary { "HTML source" }
                pre { (letter.html) }
            }
        }
    }
}
