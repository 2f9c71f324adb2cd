//! Who may open an app or see a link.

use std::sync::Arc;
use std::time::Duration;

use super::entry::Entry;
use crate::domain::record::front::{Admission, Allow, Given, Groups};

/// Reads `allow`. Without it, no one would get in, or everyone: so it has to be there.
pub(super) fn allow(entry: &mut Entry, groups: &Groups) -> Option<Vec<Allow>> {
    let read = |text: &str| match Allow::parse(text)? {
        Allow::Group(name) if !groups.is_known(&name) => Err("is not in [groups]".to_owned()),
        allow => Ok(allow),
    };
    if !entry.has("allow") {
        entry.wrong("allow", "must say who may open it, such as [\"group:family\"] or [\"ann@example.org\"]");
        return None;
    }
    let allow = entry.list("allow", read)?;
    if allow.is_empty() && !entry.is_wrong() {
        entry.wrong("allow", "is empty, so no one could open it; to have no one, remove the section");
    }
    Some(allow)
}

/// Reads `groups`: those that an app is given. Without it, those that `allow` names.
pub(super) fn given(entry: &mut Entry, allow: &[Allow], groups: &Groups) -> Given {
    let read = |text: &str| match text {
        "*" => Ok(text.to_owned()),
        name if groups.is_known(name) => Ok(name.to_owned()),
        _ => Err("is not in [groups]".to_owned()),
    };
    match entry.list("groups", read) {
        Some(names) if names.iter().any(|name| name == "*") => Given::All,
        Some(names) => Given::Named(names),
        None => {
            let named = allow.iter().filter_map(|allow| match allow {
                Allow::Group(name) => Some(name.clone()),
                _ => None,
            });
            Given::Named(named.collect())
        }
    }
}

/// The whole rule.
pub(super) fn admission(
    (allow, given): (Vec<Allow>, Given),
    max_age: Option<Duration>,
    groups: &Arc<Groups>,
) -> Admission {
    Admission { allow, given, max_age, groups: Arc::clone(groups) }
}
