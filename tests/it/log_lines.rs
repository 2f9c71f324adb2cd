//! The table of log lines in the documents, compared with the program.

use std::collections::BTreeSet;
use std::fs;

use crate::house::{root, rust_files};

/// Lines that only commands write, to the person who runs them, and lines that belong to one engine.
const OTHERS: [&str; 3] = ["src/app/doctor", "src/app/check.rs", "src/store/"];

/// The documents, in one line.
fn operating() -> String {
    let text = fs::read_to_string(root().join("docs/operating.md")).unwrap();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is between a macro's parentheses.
fn arguments(from: &str) -> &str {
    let (mut depth, mut in_text, mut is_escaped) = (0_u32, false, false);
    for (at, c) in from.char_indices() {
        match c {
            '"' if !is_escaped => in_text = !in_text,
            '(' if !in_text => depth += 1,
            ')' if !in_text => {
                depth -= 1;
                if depth == 0 {
                    return &from[1..at];
                }
            }
            _ => {}
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    from
}

/// The message of a log line, with an ellipsis for each value in it: its last text.
fn message(arguments: &str) -> Option<String> {
    let text = arguments.trim_end().trim_end_matches(',').trim_end();
    // The message may be followed by what its placeholders mean.
    let (before, _) = text.rsplit_once('"')?;
    let mut start = before.rfind('"')?;
    while before[..start].ends_with('\\') {
        start = before[..start].rfind('"')?;
    }
    let text = before[start + 1..].split("\\\n").map(str::trim_start).collect::<String>();
    let mut shown = String::new();
    let mut depth = 0_u32;
    for c in text.chars() {
        match c {
            '{' if depth == 0 => {
                depth = 1;
                shown.push('…');
            }
            '}' => depth = 0,
            c if depth == 0 => shown.push(c),
            _ => {}
        }
    }
    shown.contains(' ').then_some(shown)
}

#[test]
fn every_log_line_of_the_server_is_in_the_table_of_log_lines() {
    let documents = operating();
    let mut missing = BTreeSet::new();
    let mut count = 0;
    for path in rust_files("src") {
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        if OTHERS.iter().any(|command| name.starts_with(command)) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for level in ["info", "warn", "error"] {
            for (at, start) in text.match_indices(&format!("tracing::{level}!(")) {
                let Some(message) = message(arguments(&text[at + start.len() - 1..])) else { continue };
                // Those that begin with a path or a setting are named by what follows.
                let known = message.trim_start_matches(['…', ':', ' ']);
                count += 1;
                if !documents.contains(known.split('…').next().unwrap().trim()) {
                    missing.insert(format!("{name}: {message}"));
                }
            }
        }
    }
    assert!(count > 30, "{count} lines found");
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_event_is_in_the_table_of_events() {
    let documents = operating();
    let text = fs::read_to_string(root().join("src/domain/record/event/name.rs")).unwrap();
    let names = text.split_once("fn as_str").unwrap().1.split_once("\n    }\n").unwrap().0;
    let names: Vec<&str> = names.split('"').skip(1).step_by(2).collect();
    assert!(names.len() > 12, "{names:?}");
    let others = ["authn_token_reuse", "key_rotated", "key_retired"];
    for name in names.into_iter().chain(others) {
        assert!(documents.contains(&format!("| `{name}` |")), "{name} is not in the table");
    }
}
