//! Preparing a password, so that two keyboards spell it alike (RFC 8265, `OpaqueString`).
//!
//! One system sends "ä" as one character and another as two, and some send a no-break space. The prepared
//! form is the same for all of them. Nothing else changes: letter case and spaces at the ends count.
//!
//! Only control characters are refused. RFC 8264 also refuses characters that its version of Unicode does
//! not know, and joiners: that would refuse many an emoji, and protect no one here.

use icu_normalizer::ComposingNormalizerBorrowed;
use zeroize::Zeroizing;

/// The prepared form, or nothing if there is none.
pub(super) fn prepare(entered: &str) -> Option<Zeroizing<String>> {
    if entered.chars().any(char::is_control) {
        return None;
    }
    // Reserved at once: a string that grows leaves copies of the password behind.
    let mut spaced = Zeroizing::new(String::with_capacity(entered.len()));
    spaced.extend(entered.chars().map(|c| if is_space(c) { ' ' } else { c }));
    let mut prepared = Zeroizing::new(String::with_capacity(4 * spaced.len()));
    ComposingNormalizerBorrowed::new_nfc().normalize_to(&spaced, &mut *prepared).ok()?;
    Some(prepared)
}

/// The characters of Unicode's category Zs. The category gets no new ones.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

#[cfg(test)]
mod tests {
    use super::prepare;

    #[test]
    fn different_spellings_of_one_password_become_the_same() {
        for (entered, prepared) in [
            ("three quiet otters", "three quiet otters"),
            ("three\u{a0}quiet\u{3000}otters", "three quiet otters"),
            ("gru\u{308}ße aus ko\u{308}ln", "grüße aus köln"),
            ("A\u{30a}ngstro\u{308}m \u{212b}", "Ångström Å"),
            ("e\u{323}\u{302} \u{ea}\u{323}", "\u{1ec7} \u{1ec7}"),
            ("\u{1112}\u{1161}\u{11ab}", "한"),
            (" Spaces and CASE count ", " Spaces and CASE count "),
            ("ﬁne ①", "ﬁne ①"),
            ("family 👨\u{200d}👩\u{200d}👧", "family 👨\u{200d}👩\u{200d}👧"),
            ("", ""),
        ] {
            assert_eq!(prepare(entered).as_deref().map(String::as_str), Some(prepared), "{entered:?}");
            assert_eq!(
                prepare(prepared).as_deref().map(String::as_str),
                Some(prepared),
                "{prepared:?} again"
            );
        }
    }

    #[test]
    fn a_control_character_cannot_be_prepared() {
        for entered in ["three\tquiet otters", "three quiet otters\n", "\0", "\u{85}", "\u{7f}"] {
            assert_eq!(prepare(entered), None, "{entered:?}");
        }
    }
}
