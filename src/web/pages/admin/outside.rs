//! Text that comes from outside: an email address, or what a mail server said. It may have been written to deceive
//! whoever reads it.

use std::fmt::Write;

use maud::{Markup, html};

/// The most characters that are shown.
const MOST: usize = 200;

/// Such a text. It cannot turn around what is beside it, and what cannot be seen is named.
pub(super) fn outside(text: &str) -> Markup {
    html! { bdi { (plain(text)) } }
}

/// The same where no markup can be.
pub(super) fn plain(text: &str) -> String {
    let mut shown = String::new();
    for (index, character) in text.chars().enumerate() {
        if index == MOST {
            shown.push('…');
            break;
        }
        if is_hidden(character) {
            // Writing to a text cannot fail.
            let _ = write!(shown, "[U+{:04X}]", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Whether a character is not shown, or changes how others are: control characters, marks of direction, spaces
/// without width, ends of lines and tags.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_cannot_be_seen_is_named_and_long_texts_are_cut() {
        assert_eq!(plain("550 a\u{202e}b\u{7}\u{200b}é"), "550 a[U+202E]b[U+0007][U+200B]é");
        assert_eq!(plain(&"é".repeat(200)), "é".repeat(200));
        assert_eq!(plain(&"é".repeat(201)), format!("{}…", "é".repeat(200)));
    }
}
