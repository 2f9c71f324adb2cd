//! The apps on other hosts that a proxy guards with our help, links to others, and the groups that both use.
//!
//! - `entry`: reading one section, with everything that is wrong in it
//! - `app`, `link`: one of each
//! - `card`: how both are shown to people; `admission`: who may open them
//! - `groups`: named lists of email addresses

mod admission;
mod app;
mod card;
mod entry;
mod groups;
mod link;

pub(super) use self::entry::Entry;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::source::Sources;
use super::{Config, Listen};
use crate::domain::record::registration::RegistrationMode;
use crate::path::Origin;
use crate::web::apps::{App, Apps, Keys};

const APPS: &str = "apps";
const LINKS: &str = "links";
const GROUPS: &str = "groups";
/// The most of each.
const MOST: usize = 200;

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

impl Config {
    /// Reports what about the apps contradicts other settings.
    pub(super) fn contradictions_of_apps(&self, sources: &mut Sources) {
        let is_behind_a_proxy = !self.trusted_proxies.is_empty() || matches!(self.listen, Listen::Unix(_));
        let has_apps = self.apps.iter().next().is_some();
        sources.contradiction(
            &[APPS, "trusted_proxies", "listen"],
            has_apps && !is_behind_a_proxy,
            "apps need a reverse proxy that asks about each request: list its address in trusted_proxies, or listen \
             on a unix socket",
        );
        let own = self.origin(None);
        for app in self.apps.iter() {
            let host = app.host();
            sources.contradiction(
                &[APPS, "public_url"],
                host.eq_ignore_ascii_case(own.host()),
                &format!("{host} is the host of public_url, so it can't be that of an app"),
            );
            let is_same = |name: &String| {
                Origin::parse(&format!("http://{name}")).is_ok_and(|it| it.host().eq_ignore_ascii_case(host))
            };
            sources.contradiction(
                &[APPS, "hosts"],
                self.hosts.iter().any(is_same),
                &format!("{host} is in hosts, so it can't be the host of an app"),
            );
        }
    }

    /// Warns about apps that are open to more people than the operator may think, or that ask for what there is not.
    pub(super) fn oddities_of_apps(&self, sources: &mut Sources) {
        let who = match &self.registration {
            RegistrationMode::Open => Some("anyone with a mailbox".to_owned()),
            RegistrationMode::Domains(domains) => Some(format!("anyone with a mailbox at {domains}")),
            RegistrationMode::Invite | RegistrationMode::Closed => None,
        };
        let open: Vec<&str> = self.apps.open_to_all().collect();
        if let Some(who) = who.filter(|_| !open.is_empty()) {
            let open = open.join(", ");
            sources.warn(
                &[APPS, "registration", "registration.mode", "registration.domains"],
                true,
                &format!("apps: allow has \"*\", and registration is not closed, so {who} can open {open}"),
            );
        }
        let with_keys: Vec<&str> =
            self.apps.iter().filter(|app| app.keys != Keys::Off).map(App::host).collect();
        let sentence = format!(
            "apps: this version has no keys for programs, so keys has no effect for {}",
            with_keys.join(", ")
        );
        sources.warn(&[APPS], !with_keys.is_empty(), &sentence);
    }
}
