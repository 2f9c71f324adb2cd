//! The rules of the code, checked by reading it.

mod imports;
mod layers;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each top-level module and the other ones it may import.
const IMPORTS: [(&str, &[&str]); 6] = [
    ("domain", &[]),
    ("path", &[]),
    ("store", &["domain"]),
    ("world", &["domain"]),
    ("mail", &["domain", "path"]),
    ("web", &["domain", "path"]),
];

/// Each confined crate and the only places that may name it.
const CRATES: [(&str, &[&str]); 10] = [
    ("sled", &["src/store/sled"]),
    ("tokio_postgres", &["src/store/postgres"]),
    ("bincode", &["src/store/codec.rs"]),
    ("blake3", &["src/domain/token/"]),
    ("argon2", &["src/domain/password/"]),
    ("lettre", &["src/mail"]),
    ("poem", &["src/web"]),
    ("poem_openapi", &["src/web"]),
    ("maud", &["src/web", "src/mail"]),
    ("clap", &["src/cli"]),
];

const MAX_LINES: usize = 300;

/// Every Rust file below a folder.
pub(crate) fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    assert!(!files.is_empty(), "{folder} has files");
    files
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file's path from the top of the repository.
fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned()
}

/// The code of a file, without comments and without the contents of string literals.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| strip(line) + "\n").collect()
}

fn strip(line: &str) -> String {
    let mut stripped = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(['"', '/']) {
        let (before, from) = rest.split_at(at);
        stripped.push_str(before);
        if from.starts_with("//") {
            return stripped;
        }
        let end = if from.starts_with('"') { end_of_text(from) } else { 1 };
        rest = &from[end..];
    }
    stripped + rest
}

/// Where the string literal that begins here ends.
fn end_of_text(from: &str) -> usize {
    let mut is_escaped = false;
    for (at, character) in from.char_indices().skip(1) {
        match character {
            '"' if !is_escaped => return at + 1,
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    from.len()
}

/// Every name before a `::` that does not follow another one: the first parts of paths.
fn beginnings(code: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices("::") {
        let before = &code[..at];
        let start = before.rfind(|c| !is_name(c)).map_or(0, |at| at + 1);
        if !before[..start].ends_with("::") {
            names.insert(before[start..].to_owned());
        }
    }
    names
}

/// The top-level modules that a file names, after `crate::` or `super::`.
fn rooms_named(code: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut rooms = BTreeSet::new();
    for (at, mark) in code.match_indices("crate::").chain(code.match_indices("super::")) {
        let rest = &code[at + mark.len()..];
        let named = match rest.strip_prefix('{') {
            None => rest.split(|c| !is_name(c)).take(1).collect(),
            Some(group) => members(group),
        };
        // Any name can follow `super::`; only those in the list are top-level modules.
        let is_room = |name: &&str| mark == "crate::" || IMPORTS.iter().any(|(room, _)| room == name);
        rooms.extend(named.into_iter().filter(is_room).map(str::to_owned));
    }
    rooms
}

/// The first name of each member of a group in braces. The opening brace is already gone.
fn members(group: &str) -> Vec<&str> {
    let first = |part: &'_ str| part.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(part.len());
    members_whole(group)
        .into_iter()
        .map(|part| &part[..first(part)])
        .filter(|name| !name.is_empty())
        .collect()
}

/// Each member of such a group, with everything that belongs to it.
fn members_whole(group: &str) -> Vec<&str> {
    let mut depth = 0;
    let end = group.find(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth < 0
    });
    let group = &group[..end.unwrap_or(group.len())];
    let mut depth = 0;
    let parts = group.split(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

#[test]
fn rooms_import_only_what_the_map_allows() {
    for (room, allowed) in IMPORTS {
        let is_in_room = |path: &PathBuf| {
            shown(path).starts_with(&format!("src/{room}/")) || shown(path) == format!("src/{room}.rs")
        };
        let files: Vec<PathBuf> = rust_files("src").into_iter().filter(is_in_room).collect();
        assert!(!files.is_empty(), "{room} exists");
        for path in files {
            for named in rooms_named(&code(&path)) {
                let is_allowed = named == room || allowed.contains(&named.as_str());
                assert!(is_allowed, "{} names {named}, which {room} may not import", shown(&path));
            }
        }
    }
}

#[test]
fn confined_crates_are_named_only_in_their_place() {
    for (name, places) in CRATES {
        for path in rust_files("src") {
            let at = shown(&path);
            if places.iter().any(|place| at.starts_with(place)) {
                continue;
            }
            let code = code(&path);
            // One of our modules may have the name of a crate; then it follows `self`, `super` or another module.
            let is_named = beginnings(&code).contains(name) || code.contains(&format!("use {name};"));
            assert!(!is_named, "{at} names {name}, which belongs to {places:?}");
        }
    }
}

#[test]
fn only_the_store_and_its_settings_name_an_engine() {
    for path in rust_files("src") {
        let at = shown(&path);
        if at.starts_with("src/store/") || at.starts_with("src/config/store/") {
            continue;
        }
        let code = code(&path);
        for name in ["store::sled", "store::postgres", "SledStore", "PostgresStore"] {
            assert!(!code.contains(name), "{at} names {name}");
        }
    }
}

#[test]
fn no_file_has_more_than_300_lines() {
    for path in ["src", "tests", "benches"].into_iter().flat_map(rust_files) {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= MAX_LINES, "{} has {lines} lines", shown(&path));
    }
}

#[test]
fn no_code_outside_tests_unwraps() {
    for path in rust_files("src") {
        let code = code(&path);
        let served = code.split("#[cfg(test)]").next().unwrap();
        assert!(!served.contains(".unwrap()"), "{}: use expect and say why it cannot fail", shown(&path));
    }
}

#[test]
fn comments_cite_only_documents_of_this_repository() {
    const PAGES: [&str; 4] = ["SEC-", "FW-", "REL-", "FACTS"];
    for path in rust_files("src") {
        let text = fs::read_to_string(&path).unwrap();
        let cited = PAGES.into_iter().find(|page| text.contains(page));
        assert_eq!(cited, None, "{}: give the reason itself", shown(&path));
    }
}

#[test]
fn no_file_or_module_has_an_empty_name() {
    const EMPTY_WORDS: [&str; 6] = ["util", "utils", "helper", "helpers", "common", "manager"];
    for path in ["src", "tests", "benches"].into_iter().flat_map(rust_files) {
        let at = shown(&path).to_lowercase();
        let mut words = at.split(|c: char| !c.is_alphanumeric());
        assert!(!words.any(|word| EMPTY_WORDS.contains(&word)), "{at}");
        for line in code(&path).lines().filter(|line| line.contains("mod ")) {
            let mut words = line.split(|c: char| !c.is_alphanumeric());
            assert!(!words.any(|word| EMPTY_WORDS.contains(&word)), "{at}: {line}");
        }
    }
}

#[test]
fn every_dependency_says_why_it_is_there() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let mut is_dependency = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            is_dependency = line.ends_with("dependencies]");
        }
        let is_named = is_dependency && line.contains(" = ") && !line.starts_with('#');
        assert!(!is_named || line.contains(" # "), "no reason for: {line}");
    }
}

#[test]
fn source_code_is_parsed_correctly() {
    assert_eq!(strip(r#"let a = "sled::open \" // x"; b() // poem::x"#), "let a = ; b() ");
    assert_eq!(strip("a / b"), "a  b");
    let named = rooms_named(
        "use crate::domain::x;\nuse crate::{app::{self, y}, world};\nsuper::super::web::x; super::y",
    );
    assert_eq!(named.into_iter().collect::<Vec<_>>(), ["app", "domain", "web", "world"]);
    let begun = beginnings("use poem::web; fn f(x: self::sled::T) -> maud::Markup { a::poem_openapi::b }");
    assert_eq!(begun.into_iter().collect::<Vec<_>>(), ["a", "maud", "poem", "self"]);
}

#[test]
fn the_architecture_document_names_only_files_that_exist() {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let named: Vec<&str> =
        text.split('`').filter(|part| part.starts_with("src/") || part.starts_with("assets/")).collect();
    assert!(named.len() > 40, "the walks name the file at each step");
    for file in named {
        assert!(root().join(file).is_file(), "docs/architecture.md names {file}");
    }
}
