//! Help texts, and every sentence in the program: messages of errors, log lines, pages, emails.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Shown, assert_plain, without_code};

/// The help of a command and of all commands below it.
fn help(command: &[&str], shown: &mut Vec<Shown>) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_gatepost"));
    let output = process.env_clear().args(command).arg("--help").output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    for line in text.lines().skip_while(|line| *line != "Commands:").skip(1) {
        let Some(name) = line.strip_prefix("  ").and_then(|line| line.split(' ').next()) else { break };
        // The list may wrap its descriptions, and `help` shows what is shown here already.
        if !name.is_empty() && name != "help" {
            help(&[command, &[name]].concat(), shown);
        }
    }
    shown.push(Shown::new(format!("gatepost {} --help", command.join(" ")), without_code(&text)));
}

#[test]
fn help_texts_use_plain_words() {
    let mut shown = Vec::new();
    help(&[], &mut shown);
    assert!(shown.len() > 15, "only {} commands", shown.len());
    assert_plain(&shown);
}

#[test]
fn sentences_in_the_program_use_plain_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut shown = Vec::new();
    for path in files(&root.join("src"), "rs").into_iter().chain(files(&root.join("assets"), "js")) {
        let name = path.strip_prefix(root).unwrap().display().to_string();
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        // A literal without a space is a name, not a sentence. htmx is not ours.
        let sentences =
            literals(code).into_iter().filter(|text| text.contains(' ') && !name.contains("htmx"));
        shown.extend(sentences.map(|text| Shown::new(name.clone(), without_code(&without_braces(&text)))));
    }
    assert!(shown.len() > 300, "only {} sentences", shown.len());
    assert_plain(&shown);
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let each = |path: PathBuf| if path.is_dir() { files(&path, extension) } else { vec![path] };
    let mut found: Vec<PathBuf> = entries.flat_map(each).collect();
    found.retain(|path| path.extension().is_some_and(|it| it == extension));
    found
}

/// The text literals of a program, without its comments.
fn literals(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find(['"', '\'', '/']) {
        let (before, from) = rest.split_at(at);
        let end = if from.starts_with("//") {
            from.find('\n').unwrap_or(from.len())
        } else if from.starts_with('\'') {
            end_of_character(from)
        } else if from.starts_with('"') {
            let end = end_of_text(from, before);
            found.push(joined(&from[1..end]));
            end + 1
        } else {
            1
        };
        rest = &from[end.min(from.len())..];
    }
    found
}

/// Where a character literal ends; a lifetime is only its quote.
fn end_of_character(from: &str) -> usize {
    let mut characters = from.char_indices().skip(1);
    match characters.next() {
        Some((_, '\\')) => from[3..].find('\'').map_or(1, |at| at + 4),
        Some((_, _)) => characters.next().filter(|(_, c)| *c == '\'').map_or(1, |(at, _)| at + 1),
        None => 1,
    }
}

/// Where the text that begins with a quote ends, raw or not.
fn end_of_text(from: &str, before: &str) -> usize {
    let hashes = before.len() - before.trim_end_matches('#').len();
    if before.trim_end_matches('#').ends_with('r') {
        let end = format!("\"{}", "#".repeat(hashes));
        return from[1..].find(&end).map_or(from.len(), |at| at + 1);
    }
    let mut is_escaped = false;
    for (at, c) in from.char_indices().skip(1) {
        match c {
            '"' if !is_escaped => return at,
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    from.len()
}

/// A text that goes on in the next line, in one piece.
fn joined(text: &str) -> String {
    text.split("\\\n").map(str::trim_start).collect::<Vec<_>>().join("").replace("\\n", "\n")
}

/// The text without its placeholders.
fn without_braces(text: &str) -> String {
    let mut depth = 0_u32;
    text.chars()
        .filter(|c| match c {
            '{' => {
                depth += 1;
                false
            }
            '}' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        })
        .collect()
}

#[test]
fn every_literal_of_a_program_is_found() {
    let code = r#"
        // "a comment"
        const A: &'static str = "one \"two\" \
            three"; let c = '"'; let d = '\''; let e = 'x';
        f(r@"raw "four""@, "five {letter} six");
    "#;
    let found = literals(&code.replace('@', "#"));
    assert_eq!(found, ["one \\\"two\\\" three", "raw \"four\"", "five {letter} six"]);
    assert_eq!(without_braces(&found[2]), "five  six");
}
