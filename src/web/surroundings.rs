//! The nodes that share the database, for those who may see details.

use std::fmt::Write;

use prometheus::proto::{LabelPair, MetricFamily};

use crate::domain::upkeep::{Neighbour, Surroundings};

/// What a line begins with that is about another node.
pub const OTHER_NODE: &str = "other node: ";
/// What the line begins with that is about clocks.
pub const CLOCKS: &str = "clocks: ";
/// What the line of a node ends with that has other settings.
pub const OTHER_SETTINGS: &str = ", with other settings";
/// What the line of a node ends with that has ended without saying so.
pub const ENDED: &str = ", ended without saying so";

/// One line for each node, and one for clocks that differ.
pub(super) fn in_lines(surroundings: &Surroundings) -> String {
    let Surroundings { name, run, others, apart } = surroundings;
    let mut lines = format!("node: {name} (run {run})\n");
    for Neighbour { name, run, has_ended, has_other_settings } in others {
        let name = name.as_deref().unwrap_or("of a version that cannot be read");
        let settings = if *has_other_settings { OTHER_SETTINGS } else { "" };
        let ended = if *has_ended { ENDED } else { "" };
        // Writing to a text cannot fail.
        let _ = writeln!(lines, "{OTHER_NODE}{name} (run {run}){settings}{ended}");
    }
    if let Some(apart) = apart {
        let _ = writeln!(lines, "{CLOCKS}this machine says {}, the database {}", apart.own, apart.engine);
    }
    lines
}

/// Says of every number which run counted it: each node counts for itself.
pub(super) fn label(families: &mut [MetricFamily], surroundings: &Surroundings) {
    let run = surroundings.run.to_string();
    for metric in families.iter_mut().flat_map(MetricFamily::mut_metric) {
        let mut labels = metric.take_label();
        let mut label = LabelPair::default();
        label.set_name("run".into());
        label.set_value(run.clone());
        labels.push(label);
        labels.sort_by(|one, other| one.name().cmp(other.name()));
        metric.set_label(labels);
    }
}
