//! The list of requirements in `docs/security.md` names tests that exist.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::house::root;

/// Every test of this binary. One that goes through both doors is named without them.
fn tests() -> BTreeSet<String> {
    let listed =
        Command::new(std::env::current_exe().unwrap()).args(["--list", "--format=terse"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let names = listed.lines().filter_map(|line| line.strip_suffix(": test"));
    names.map(|name| name.replace("through_pages::", "").replace("through_json::", "")).collect()
}

/// The cells of the tables below a heading, row by row.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(root().join("docs/security.md")).unwrap();
    let (_, section) = text.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix('|'));
    let rows = rows.map(|row| row.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>());
    rows.filter(|cells| !cells[0].starts_with("---") && cells.len() == 3).collect()
}

/// The tests that a cell names.
fn named(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_test_named_in_the_list_of_requirements_exists() {
    let tests = tests();
    let rows = rows("Requirements, and the tests that check them");
    let named: Vec<&str> = rows.iter().flat_map(|cells| named(&cells[2])).collect();
    assert!(named.len() > 100, "{}", named.len());
    let missing: Vec<&&str> = named.iter().filter(|name| !tests.contains(**name)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_requirement_is_listed_once_and_has_a_test_where_it_is_met() {
    let rows = rows("Requirements, and the tests that check them");
    let mut listed = BTreeSet::new();
    for cells in rows.iter().filter(|cells| cells[0].starts_with("SEC-") || cells[0].starts_with("FW-")) {
        let id = cells[0].split([' ', ',']).next().unwrap();
        assert!(listed.insert(id.to_owned()), "{id} is listed twice");
        let is_met = ["yes", "differently", "partly"].iter().any(|word| cells[1].starts_with(word));
        assert!(!is_met || !named(&cells[2]).is_empty(), "{id} has no test");
    }
    assert!(listed.len() > 80, "{}", listed.len());
}
