//! What each letter says. Every letter is a few blocks, and both its parts are made of these same
//! blocks: so text and HTML cannot say two things.
//!
//! Nothing a stranger typed stands in a letter: whoever can make us write to an address
//! must not be able to choose the words.

mod html;
mod text;

use std::time::Duration;

use crate::domain::letter::{Code, Contents, Matter, Secrets};
use crate::path::{self, Origin};

/// Whose letters these are.
pub(super) struct House {
    pub(super) name: String,
    pub(super) origin: Origin,
}

/// A letter that is written.
pub(super) struct Words {
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
        match &contents.matter {
            Matter::SignIn(secrets) => self.sign_in(secrets),
            Matter::Confirm(secrets) => self.confirm(secrets),
            Matter::AlreadyRegistered(secrets) => self.already_registered(secrets),
            Matter::NoAccount => self.no_account(),
        }
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
        self.written(title, &draft)
    }

    fn sign_in(&self, secrets: &Secrets) -> Words {
        let title = format!("Sign in to {}", self.name);
        let lead = vec!["Open this link to sign in:".into()];
        self.with_secrets(secrets, title, lead, "Sign in", "If this was not you, ignore this letter.")
    }

    fn confirm(&self, secrets: &Secrets) -> Words {
        let title = format!("Confirm your address for {}", self.name);
        let lead = vec![
            format!("Somebody registered at {} with this address.", self.name),
            "If it was you, open this link to confirm:".into(),
        ];
        let ignore = "If this was not you, ignore this letter: without you there will be no account.";
        self.with_secrets(secrets, title, lead, "Confirm your address", ignore)
    }

    fn already_registered(&self, secrets: &Secrets) -> Words {
        let title = format!("You already have a {} account", self.name);
        let lead = vec![
            format!(
                "Somebody registered at {} with this address, but you have an account already.",
                self.name
            ),
            "If it was you, open this link to sign in:".into(),
        ];
        let ignore =
            "If this was not you, ignore this letter: your account and its password stay as they are.";
        self.with_secrets(secrets, title, lead, "Sign in", ignore)
    }

    /// A letter with link and code.
    fn with_secrets(
        &self,
        secrets: &Secrets,
        title: String,
        lead: Vec<String>,
        label: &str,
        ignore: &str,
    ) -> Words {
        let (name, code) = (&self.name, secrets.code.as_str());
        let link = self.origin.link(&path::link(secrets.link.as_str()));
        let lifetime = in_words(secrets.lifetime);
        let mut blocks: Vec<Block> = lead.into_iter().map(Block::Paragraph).collect();
        blocks.extend([
            Block::Link { label: label.into(), link: link.clone() },
            Block::Paragraph("Or type this code in the window where you asked for it:".into()),
            Block::Code(code.into()),
            Block::Remark("Type it nowhere else: nobody will ask you for it.".into()),
            Block::Remark(format!(
                "Link and code work for {lifetime} from when this letter was sent, and only once."
            )),
            Block::Remark(ignore.into()),
            Block::Autofill(format!("@{} #{code}", self.origin.host())),
        ]);
        let draft = Draft { title, blocks };
        // The code stands in the subject, as with others: it can be typed off a notification, and
        // two letters are never folded into one conversation with the older, dead code on top. The
        // price: whoever asked in somebody's name and sees that person's locked phone can type it.
        let words = self.written(format!("{code} is your {name} code"), &draft);
        Words { link: Some(link), code: Some(secrets.code.clone()), ..words }
    }

    fn no_account(&self) -> Words {
        let name = &self.name;
        let draft = Draft {
            title: format!("No {name} account under this address"),
            blocks: vec![
                Block::Paragraph(format!(
                    "Somebody asked to sign in to {name} with this address, but there is no account under it."
                )),
                Block::Paragraph("Perhaps you have one under another address of yours: try that one.".into()),
                Block::Remark("If this was not you, ignore this letter.".into()),
            ],
        };
        self.written(format!("No {name} account under this address"), &draft)
    }

    fn written(&self, subject: String, draft: &Draft) -> Words {
        let text = text::written(draft);
        let html = html::written(draft, &self.name);
        Words { subject, text, html, link: None, code: None }
    }
}

/// A duration as a person says it, never longer than it is.
fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (number, unit) = match seconds {
        0..60 => (seconds, "second"),
        _ if seconds.is_multiple_of(3600) => (seconds / 3600, "hour"),
        _ => (seconds / 60, "minute"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}
