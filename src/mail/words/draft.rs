//! An email before it is written as text and as HTML.

/// Everything that text and HTML are made of.
pub(super) struct Draft {
    pub(super) title: String,
    pub(super) subject: String,
    /// Shown after the subject in a list of emails, and nowhere else.
    pub(super) preview: String,
    pub(super) blocks: Vec<Block>,
}

/// A piece of an email.
pub(super) enum Block {
    Paragraph(String),
    /// In the HTML a button and the link below it, in the text the link on a line of its own.
    Link {
        label: String,
        link: String,
    },
    /// The code, on a line of its own.
    Code(String),
    /// Less important than a paragraph.
    Remark(String),
    /// `@host #code`: tells a phone on which site it may fill in the code. Only the text has it,
    /// as its last line, because that is where phones look for it.
    Autofill(String),
}
