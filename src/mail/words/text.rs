//! The text part of an email.

use super::draft::{Block, Draft};

/// Sentences are wrapped at this width. Links and codes never are.
const COLUMNS: usize = 72;

pub(super) fn written(draft: &Draft) -> String {
    let mut text = wrapped(&draft.title);
    for block in &draft.blocks {
        text.push_str("\n\n");
        match block {
            Block::Paragraph(words) | Block::Remark(words) => text.push_str(&wrapped(words)),
            Block::Link { link: line, .. } | Block::Code(line) | Block::Autofill(line) => text.push_str(line),
        }
    }
    text.push('\n');
    text
}

fn wrapped(words: &str) -> String {
    let mut text = String::new();
    let mut column = 0;
    for word in words.split_whitespace() {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > COLUMNS {
            text.push('\n');
            column = 0;
        } else if column > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += width;
    }
    text
}
