//! Words that nothing we show may contain: pages, emails, help texts, documents and the sentences in the
//! program. Every offence is listed with its source.

mod documents;
mod pages;
mod program;
mod visible;

use std::collections::BTreeSet;

/// Words and phrases that are never right, each because there is a plain one for it.
const NEVER_RIGHT: &[&str] = &[
    // Email, and what people do with it.
    "letter",
    "letters",
    "by mail",
    "mail me",
    "mail you",
    "mails you",
    "mailed you",
    "type it",
    "type its",
    "type the code",
    "type your",
    "type this",
    "was typed",
    "is typed",
    "typed here",
    "present password",
    "present one",
    // People.
    "somebody",
    "somebody's",
    "nobody",
    "nobody's",
    "everybody",
    "he",
    "him",
    "his",
    "himself",
    "whoever runs",
    "who runs this server",
    // Time.
    "anew",
    "for ever",
    "once more who",
    "prove once more",
    "proven once more",
    "proved once more",
    // Being, becoming, ending.
    "stands",
    "stand here",
    "stands in",
    "lies",
    "lives on",
    "lived on",
    "comes to be",
    "came to be",
    "comes from nowhere",
    "came from nowhere",
    "lets go",
    "takes over",
    "taken over",
    "call off",
    "called off",
    "calls off",
    "burnt",
    "is gone",
    "is no more",
    "not any more",
    // Being valid.
    "no longer good",
    "is good",
    "are good",
    "still good",
    "good for one",
    // Saying.
    "told",
    "is asked about",
    "tells every",
    "it is me",
    "is it still you",
    // Owing.
    "owed",
    "owes",
    "owe",
];

/// A text that people read, and where it comes from.
struct Shown {
    source: String,
    text: String,
}

impl Shown {
    fn new(source: impl Into<String>, text: impl Into<String>) -> Self {
        Self { source: source.into(), text: text.into() }
    }
}

/// Every place where one of the words appears, once per source.
fn offences(shown: &[Shown]) -> BTreeSet<String> {
    shown.iter().flat_map(offences_in).collect()
}

fn offences_in(shown: &Shown) -> Vec<String> {
    let lower = shown.text.to_lowercase().replace('’', "'");
    let words = words(&lower);
    let matches = NEVER_RIGHT.iter().flat_map(|phrase| {
        let phrase: Vec<&str> = phrase.split(' ').collect();
        let starts: Vec<usize> = words
            .windows(phrase.len())
            .enumerate()
            .filter(|(_, window)| window.iter().map(|(_, word)| *word).eq(phrase.iter().copied()))
            .map(|(start, _)| start)
            .collect();
        starts.into_iter().map(move |start| (start, phrase.join(" ")))
    });
    matches
        .map(|(start, phrase)| format!("{}: \"{phrase}\" in \"{}\"", shown.source, around(&words, start)))
        .collect()
}

/// The words of a text and where they begin.
fn words(text: &str) -> Vec<(usize, &str)> {
    let is_word = |c: char| c.is_alphanumeric() || ['\'', '_', '-'].contains(&c);
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match start {
            None if is_word(c) => start = Some(at),
            Some(begun) if !is_word(c) => {
                words.push((begun, &text[begun..at]));
                start = None;
            }
            _ => {}
        }
    }
    words
}

fn around(words: &[(usize, &str)], start: usize) -> String {
    let context = &words[start.saturating_sub(5)..(start + 7).min(words.len())];
    context.iter().map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
}

/// The text without what is between two backticks, where code keeps its names.
fn without_code(text: &str) -> String {
    text.split('`').step_by(2).collect::<Vec<_>>().join(" ")
}

fn assert_plain(shown: &[Shown]) {
    assert!(!shown.is_empty());
    let found = offences(shown);
    assert!(
        found.is_empty(),
        "{} offences:\n{}",
        found.len(),
        found.into_iter().collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn every_listed_word_is_found_in_a_sentence_and_none_in_plain_words() {
    for phrase in NEVER_RIGHT {
        let text = format!("Please,\n{} ({phrase}).", phrase.to_uppercase());
        let found = offences(&[Shown::new("a page", text)]);
        assert!(found.iter().any(|line| line.starts_with(&format!("a page: \"{phrase}\" in "))), "{phrase}");
    }
    let plain =
        "We sent an email to ann@example.org. No one else can see its `letters` or type_it. She renewed it.";
    assert_eq!(offences(&[Shown::new("a page", without_code(plain))]), BTreeSet::new());
}
