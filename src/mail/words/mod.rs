//! What each letter says. Every letter is a few blocks, and both its parts are made of these same
//! blocks: so text and HTML cannot say two things.
//!
//! Nothing a stranger typed stands in a letter: whoever can make us write to an address
//! must not be able to choose the words.

mod html;
mod letters;
mod text;
mod wording;

use crate::domain::outbox::Contents;
use crate::domain::token::Code;
use crate::path::Origin;

/// Whose letters these are.
pub(super) struct House {
    pub(super) name: String,
    pub(super) origin: Origin,
}

/// A letter that is written.
pub(super) struct Words {
    pub(super) title: String,
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
    pub(super) link: Option<String>,
    pub(super) code: Option<Code>,
}

/// A piece of a letter.
enum Block {
    Paragraph(String),
    /// What to press, and where that leads; alone on its line in the text.
    Link {
        label: String,
        link: String,
    },
    /// Digits to be typed, alone on their line.
    Code(String),
    /// Of less weight than a paragraph.
    Remark(String),
    /// The last line: `@host #code`, by which mail programs know where the code may be filled in.
    Autofill(String),
}

/// Title and blocks: all that text and HTML are made of.
struct Draft {
    title: String,
    blocks: Vec<Block>,
}

impl House {
    /// Writes the letter.
    pub(super) fn words(&self, contents: &Contents) -> Words {
        letters::words(self, &contents.matter)
    }

    /// A letter that says that mail works.
    pub(super) fn trial(&self) -> Words {
        let name = &self.name;
        let title = format!("A test letter from {name}");
        let draft = Draft {
            title: title.clone(),
            blocks: vec![
                Block::Paragraph(format!("This letter shows that {name} can send mail.")),
                Block::Remark("Somebody who runs the server asked for it. There is nothing to do.".into()),
            ],
        };
        self.written(title, draft)
    }

    fn written(&self, subject: String, draft: Draft) -> Words {
        let text = text::written(&draft);
        let html = html::written(&draft, &self.name);
        Words { title: draft.title, subject, text, html, link: None, code: None }
    }
}
