//! Who imports whom: every path in every file of `src`, resolved to the file that defines the name.

use std::collections::{BTreeMap, BTreeSet};

use super::{code, rust_files, shown};

/// A path from the top of the crate: `["domain", "record", "key"]`.
type Path = Vec<String>;

/// All files of `src`, each with the files it imports from.
pub(super) struct Imports(pub(super) BTreeMap<String, BTreeSet<String>>);

impl Imports {
    pub(super) fn read() -> Self {
        let sources = rust_files("src").into_iter().map(|path| {
            // A module's own tests may look at it from above.
            let text = code(&path).split("#[cfg(test)]").next().unwrap_or_default().to_owned();
            (shown(&path), text)
        });
        Self::of(sources.collect())
    }

    fn of(sources: Vec<(String, String)>) -> Self {
        let files: Vec<File> = sources.into_iter().map(|(name, text)| File::new(name, &text)).collect();
        let tree = Tree::new(&files);
        let imports = files.iter().map(|file| {
            let found = file.paths.iter().filter_map(|path| tree.file_of(path, 0));
            (file.name.clone(), found.filter(|found| *found != file.name).collect())
        });
        Self(imports.collect())
    }

    /// The files that are part of a circle of imports, or lie between two circles.
    pub(super) fn circles(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut rest = self.0.clone();
        loop {
            let imported: BTreeSet<String> = rest.values().flatten().cloned().collect();
            let before = rest.len();
            rest.retain(|file, imports| !imports.is_empty() && imported.contains(file));
            if rest.len() == before {
                return rest;
            }
            let left: BTreeSet<String> = rest.keys().cloned().collect();
            for imports in rest.values_mut() {
                imports.retain(|file| left.contains(file));
            }
        }
    }
}

struct File {
    name: String,
    module: Path,
    /// What it imports or names, from the top of the crate.
    paths: Vec<Path>,
    /// What it only passes on with `pub use`, by the name under which it does.
    passed_on: BTreeMap<String, Path>,
}

impl File {
    fn new(name: String, text: &str) -> Self {
        let module = module_of(&name);
        let children: BTreeSet<&str> = text.lines().filter_map(declared_module).collect();
        let (mut paths, mut passed_on) = (Vec::new(), BTreeMap::new());
        for (at, root) in roots(text, &children) {
            let is_passed_on = is_passed_on(&text[..at]);
            for leaf in leaves(&text[at..]) {
                let (leaf, alias) = leaf;
                let Some(path) = absolute(&module, &root, &leaf) else { continue };
                if is_passed_on && root != "crate" {
                    let last = path.last().cloned().unwrap_or_default();
                    passed_on.insert(alias.unwrap_or(last), path);
                } else {
                    paths.push(path);
                }
            }
        }
        Self { name, module, paths, passed_on }
    }
}

/// The module of a file: `src/web/mod.rs` is `web`, `src/lib.rs` the crate itself.
fn module_of(name: &str) -> Path {
    let path = name.trim_start_matches("src/").trim_end_matches(".rs");
    let mut parts: Path = path.split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

/// The module that a line declares in a file of its own.
fn declared_module(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let declared = line.strip_suffix(';')?;
    declared.rsplit_once("mod ").map(|(_, name)| name)
}

/// Where paths begin that can lead to a file of ours.
fn roots(text: &str, children: &BTreeSet<&str>) -> Vec<(usize, String)> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut roots = Vec::new();
    for (at, _) in text.match_indices("::") {
        let start = text[..at].rfind(|c| !is_name(c)).map_or(0, |at| at + 1);
        let root = &text[start..at];
        // `pub(in crate::domain)` imports nothing.
        let is_inside = text[..start].ends_with("::") || text[..start].ends_with("(in ");
        if !is_inside && (matches!(root, "crate" | "super" | "self") || children.contains(root)) {
            roots.push((start, root.to_owned()));
        }
    }
    roots
}

/// Whether the statement that ends in `before` is a `pub use`.
fn is_passed_on(before: &str) -> bool {
    let line = before.lines().last().unwrap_or_default().trim_start();
    line.starts_with("pub") && line.ends_with("use ")
}

/// Every path of the tree that `text` begins with, braces taken apart, each with its `as`.
fn leaves(text: &str) -> Vec<(Path, Option<String>)> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    let first = text[..end].to_owned();
    let rest = &text[end..];
    let Some(rest) = rest.strip_prefix("::") else {
        let alias =
            rest.strip_prefix(" as ").map(|rest| rest.split(|c| !is_name(c)).next().unwrap_or_default());
        return vec![(vec![first], alias.map(str::to_owned))];
    };
    let inner: Vec<(Path, Option<String>)> = match rest.strip_prefix('{') {
        Some(group) => super::members_whole(group).into_iter().flat_map(leaves).collect(),
        None => leaves(rest),
    };
    let joined = inner.into_iter().map(|(path, alias)| ([vec![first.clone()], path].concat(), alias));
    joined.collect()
}

/// A path from the top of the crate; nothing, where it begins elsewhere.
fn absolute(module: &[String], root: &str, path: &[String]) -> Option<Path> {
    match root {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([module, &path[1..]].concat()),
        "super" => {
            let up = path.iter().take_while(|part| *part == "super").count();
            Some([&module[..module.len().checked_sub(up)?], &path[up..]].concat())
        }
        // A module that this file declares.
        _ => Some([module, path].concat()),
    }
}

/// All modules: which file each is, and what it passes on.
struct Tree<'a>(BTreeMap<&'a [String], &'a File>);

impl<'a> Tree<'a> {
    fn new(files: &'a [File]) -> Self {
        Self(files.iter().map(|file| (file.module.as_slice(), file)).collect())
    }

    /// The file that defines what `path` names.
    fn file_of(&self, path: &[String], depth: usize) -> Option<String> {
        assert!(depth < 16, "{path:?} is passed on in a circle");
        let length = (0..=path.len()).rev().find(|length| self.0.contains_key(&path[..*length]))?;
        let file = self.0[&path[..length]];
        match path.get(length).and_then(|name| file.passed_on.get(name)) {
            Some(target) => self.file_of(target, depth + 1),
            None => Some(file.name.clone()),
        }
    }
}

#[test]
fn imports_are_found_however_they_are_written() {
    let source = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let imports = Imports::of(vec![
        source("src/lib.rs", "pub mod a;\npub mod b;"),
        source(
            "src/a/mod.rs",
            "mod deep;\nmod flat;\npub use self::deep::{Deep, Other as Renamed};\nfn f() { flat::g() }",
        ),
        source("src/a/deep.rs", "use super::flat::Flat;\npub struct Deep;"),
        source("src/a/flat.rs", "use crate::{a::Renamed, b::{self, B}};"),
        source("src/b.rs", "fn f(x: crate::a::Missing) {}"),
    ]);
    let expected = [
        ("src/a/deep.rs", vec!["src/a/flat.rs"]),
        ("src/a/flat.rs", vec!["src/a/deep.rs", "src/b.rs"]),
        ("src/a/mod.rs", vec!["src/a/flat.rs"]),
        ("src/b.rs", vec!["src/a/mod.rs"]),
        ("src/lib.rs", vec![]),
    ];
    let found: Vec<(&str, Vec<&str>)> =
        imports.0.iter().map(|(of, to)| (of.as_str(), to.iter().map(String::as_str).collect())).collect();
    assert_eq!(found, expected);
    let circles = imports.circles();
    assert_eq!(
        circles.keys().collect::<Vec<_>>(),
        ["src/a/deep.rs", "src/a/flat.rs", "src/a/mod.rs", "src/b.rs"]
    );
}
