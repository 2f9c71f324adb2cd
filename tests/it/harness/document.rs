//! The documents, as the repository has them.

use std::fs;
use std::path::Path;

pub(crate) const REPOSITORY: &str = env!("CARGO_MANIFEST_DIR");

/// The first block of a document in this language, as printed, with these replacements. Each replaced
/// text must be in it; otherwise the test would run something other than the printed block.
pub(crate) fn block(document: &str, language: &str, replacements: &[(&str, &str)]) -> String {
    let text = fs::read_to_string(Path::new(REPOSITORY).join(document)).unwrap();
    let block = blocks(&text, language).next().unwrap_or_else(|| panic!("{document} has no {language}"));
    replacements.iter().fold(block.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from} is not in this block of {document}: {text}");
        text.replace(from, to)
    })
}

pub(crate) fn blocks<'a>(text: &'a str, language: &str) -> impl Iterator<Item = &'a str> {
    let blocks = text.split("```").skip(1).step_by(2);
    blocks.filter_map(move |block| block.strip_prefix(language)?.strip_prefix('\n'))
}

/// The text outside of code blocks.
pub(crate) fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}
