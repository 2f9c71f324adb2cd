//! Imports point downwards, and never in a circle.

use std::fs;

use super::imports::Imports;
use super::root;

/// The layers of the domain, from the bottom up. A file imports from its own room and from lower layers.
const LAYERS: [&[&str]; 13] = [
    &["record"],
    &["ports"],
    &["token"],
    &["password"],
    &["error"],
    &["run"],
    &["mod"],
    &["read"],
    &["outbox"],
    &["session"],
    &["limits"],
    &["mailed"],
    &["person", "profile", "admin", "operator", "upkeep"],
];

/// The room of the domain that a file belongs to, and its layer.
fn layer(file: &str) -> Option<(&str, usize)> {
    let room = file.strip_prefix("src/domain/")?.split(['/', '.']).next()?;
    let layer = LAYERS.iter().position(|rooms| rooms.contains(&room));
    Some((room, layer.unwrap_or_else(|| panic!("{file}: the layers do not name {room}"))))
}

#[test]
fn imports_in_the_domain_point_only_downwards() {
    for (file, imported) in Imports::read().0 {
        let Some((room, floor)) = layer(&file) else { continue };
        for (other, below) in imported.iter().filter_map(|file| layer(file)) {
            assert!(other == room || below < floor, "{file} imports from {other}, which is not below {room}");
        }
    }
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let circles = Imports::read().circles();
    assert!(circles.is_empty(), "these files import each other in circles: {circles:#?}");
}

#[test]
fn the_domain_has_at_most_seventeen_rooms() {
    let rooms = fs::read_dir(root().join("src/domain")).unwrap().count();
    assert!(rooms <= 17, "{rooms} files and folders at the top of src/domain");
}
