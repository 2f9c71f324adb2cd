//! What each email says. The text part and the HTML part are written from the same blocks, so they
//! cannot say different things.
//!
//! An email contains nothing that a stranger entered: anyone can make us send an email to any
//! address, so they must not be able to choose its words.
//!
//! - `wording`: the sentences of each email
//! - `contents`: puts link and code in their places
//! - `draft`: an email before it is written as text (`text`) and as HTML (`html`)

mod contents;
mod draft;
mod html;
mod text;
mod wording;

use self::draft::{Block, Draft};
use crate::domain::outbox::Contents;
use crate::domain::token::Code;
use crate::path::Origin;

/// The product that the emails are from.
pub(super) struct Product {
    pub(super) name: String,
    pub(super) origin: Origin,
}

/// An email, ready to be put into a message.
pub(super) struct Words {
    pub(super) title: String,
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
    pub(super) link: Option<String>,
    pub(super) code: Option<Code>,
}

impl Product {
    /// Writes the email.
    pub(super) fn words(&self, contents: &Contents) -> Words {
        let matter = &contents.matter;
        let link = contents::link(&self.origin, matter);
        let draft = contents::draft(&self.name, self.origin.host(), matter, link.as_deref());
        Words { link, code: matter.code.clone(), ..self.written(draft) }
    }

    /// Writes an email which shows that sending works.
    pub(super) fn trial(&self) -> Words {
        let title = format!("Test email from {}", self.name);
        let sentence =
            "The administrator sent this to check that email works. You don't need to do anything.";
        self.written(Draft {
            subject: title.clone(),
            title,
            preview: sentence.into(),
            blocks: vec![Block::Paragraph(sentence.into())],
        })
    }

    fn written(&self, draft: Draft) -> Words {
        let (text, html) = (text::written(&draft), html::written(&draft, &self.name));
        let Draft { title, subject, .. } = draft;
        Words { title, subject, text, html, link: None, code: None }
    }
}
