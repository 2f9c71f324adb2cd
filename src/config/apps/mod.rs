//! The apps on other hosts that a proxy guards with our help, links to others, and the groups that both use.
//!
//! - `entry`: reading one section, with everything that is wrong in it
//! - `app`, `link`: one of each
//! - `card`: how both are shown to people; `admission`: who may open them
//! - `groups`: named lists of email addresses
//! - `against`: what contradicts other settings

mod admission;
mod against;
mod app;
mod card;
mod entry;
mod groups;
mod link;

use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) use self::entry::Entry;
use self::entry::MOST;
use super::source::Sources;
use crate::web::apps::{App, Apps};

const APPS: &str = "apps";
const LINKS: &str = "links";

/// Reads all of them.
pub(super) fn read(sources: &mut Sources) -> Arc<Apps> {
    let groups = Arc::new(groups::read(sources));
    let folder = sources.folder().to_owned();
    let mut apps = Vec::new();
    for mut entry in sources.sections(APPS, MOST) {
        apps.extend(app::read(&mut entry, &groups, &folder));
        sources.report(APPS, entry.finish());
    }
    let mut links = Vec::new();
    for mut entry in sources.sections(LINKS, MOST) {
        links.extend(link::read(&mut entry, &groups, &folder));
        sources.report(LINKS, entry.finish());
    }
    let twice = twice(&apps);
    sources.report(APPS, twice);
    Arc::new(Apps::new(apps, links))
}

/// The hosts that more than one app has. Which of them counts would depend on their order.
fn twice(apps: &[App]) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for app in apps {
        *counts.entry(app.host().to_ascii_lowercase()).or_default() += 1;
    }
    let twice = counts.into_iter().filter(|(_, count)| *count > 1);
    twice.map(|(host, _)| format!("{APPS}: {host} is the host of more than one app")).collect()
}
