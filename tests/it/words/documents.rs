//! The documents of the repository, the example configuration and the descriptions of the API.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Shown, assert_plain, without_code};

const REPOSITORY: &str = env!("CARGO_MANIFEST_DIR");

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(REPOSITORY).join(path)).unwrap()
}

/// Prose, without code; of code blocks only their comments.
fn prose(markdown: &str) -> String {
    let mut prose = String::new();
    for (index, part) in markdown.split("```").enumerate() {
        if index % 2 == 0 {
            prose.push_str(&without_code(part));
        } else {
            let comments = part.lines().filter_map(|line| line.split_once("# ").map(|(_, comment)| comment));
            prose.extend(comments.flat_map(|comment| [comment, "\n"]));
        }
    }
    prose
}

#[test]
fn documents_and_the_example_configuration_use_plain_words() {
    let mut shown = vec![Shown::new("config.toml", without_code(&read("config.toml")))];
    for folder in ["", "docs"] {
        for entry in fs::read_dir(Path::new(REPOSITORY).join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "md") {
                let name = path.strip_prefix(REPOSITORY).unwrap().display().to_string();
                shown.push(Shown::new(name.clone(), prose(&read(&name))));
            }
        }
    }
    for file in [
        "compose.yaml",
        "compose/compose.yaml",
        "debian/config.toml",
        "debian/postinst",
        "debian/postrm",
        "gatepost.service",
    ] {
        let name = format!("packaging/{file}");
        shown.push(Shown::new(name.clone(), without_code(&read(&name))));
    }
    assert!(shown.iter().any(|it| it.source == "README.md"));
    assert!(shown.iter().any(|it| it.source.starts_with("docs/")));
    assert_plain(&shown);
}

#[test]
fn descriptions_of_the_api_use_plain_words() {
    let document: Value = serde_json::from_str(&read("docs/openapi.json")).unwrap();
    let mut shown = Vec::new();
    collect(&document, "docs/openapi.json", &mut shown);
    assert!(shown.len() > 50, "only {} descriptions", shown.len());
    assert_plain(&shown);
}

/// Titles, summaries and descriptions. Names of fields, paths and schemas are not prose.
fn collect(value: &Value, place: &str, shown: &mut Vec<Shown>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let place = format!("{place}/{name}");
                match value {
                    // A title without a space is the name of a schema.
                    Value::String(text) if is_prose(name, text) => {
                        shown.push(Shown::new(place, without_code(text)));
                    }
                    _ => collect(value, &place, shown),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, place, shown)),
        _ => {}
    }
}

fn is_prose(name: &str, text: &str) -> bool {
    ["summary", "description"].contains(&name) || (name == "title" && text.contains(' '))
}

#[test]
fn only_comments_of_code_blocks_are_prose() {
    let text = prose("Ask. `a letter`\n```sh\n# Ask for it.\ncurl letters\n```\nDone.");
    assert!(["Ask", "Ask for it.", "Done."].iter().all(|part| text.contains(part)), "{text}");
    assert!(!text.contains("letter"), "{text}");
}
