//! The nodes that share the database, as the server on this machine sees them.

use super::finding::{Finding, Status};
use crate::web::surroundings::{CLOCKS, ENDED, OTHER_NODE, OTHER_SETTINGS};

/// What the details of the server's readiness say about other nodes. Nothing for a server that has its database to
/// itself.
pub(super) fn findings(details: &str) -> Vec<Finding> {
    if !details.lines().any(|line| line.starts_with("node: ")) {
        return Vec::new();
    }
    let others: Vec<&str> = details.lines().filter_map(|line| line.strip_prefix(OTHER_NODE)).collect();
    let mut findings = Vec::new();
    let mut running = Vec::new();
    for node in others {
        let (node, has_ended) = strip(node, ENDED);
        let (node, has_other_settings) = strip(node, OTHER_SETTINGS);
        if has_ended {
            let message = format!(
                "{node} has ended without saying so; start it again, or, if it does not come back, leave it: its record \
                 is removed after a day"
            );
            findings.push(Finding::new("nodes", Status::Warning, message));
            continue;
        }
        if has_other_settings {
            let message = format!("{node} has other settings than this one; all nodes should have the same");
            findings.push(Finding::new("nodes", Status::Warning, message));
        }
        running.push(node);
    }
    let message = if running.is_empty() {
        "no other node uses this database now".to_owned()
    } else {
        format!("this database is shared with {}", running.join(", "))
    };
    findings.insert(0, Finding::new("nodes", Status::Ok, message));
    if let Some(clocks) = details.lines().find_map(|line| line.strip_prefix(CLOCKS)) {
        findings.push(Finding::new("nodes", Status::Warning, format!("{clocks}; check both clocks")));
    }
    findings
}

fn strip<'a>(text: &'a str, end: &str) -> (&'a str, bool) {
    text.strip_suffix(end).map_or((text, false), |rest| (rest, true))
}
