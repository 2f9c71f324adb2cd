//! What about the apps contradicts other settings, or is probably not intended.

use crate::config::Config;
use crate::config::source::Sources;
use crate::domain::record::registration::RegistrationMode;
use crate::path::Origin;
use crate::web::apps::{App, Keys};
use crate::web::edge::Listen;

const APPS: &str = "apps";

impl Config {
    /// Reports what about the apps contradicts other settings.
    pub(in crate::config) fn contradictions_of_apps(&self, sources: &mut Sources) {
        let is_behind_a_proxy = !self.trusted_proxies.is_empty() || matches!(self.listen, Listen::Unix(_));
        let has_apps = self.apps.each().next().is_some();
        sources.contradiction(
            &[APPS, "trusted_proxies", "listen"],
            has_apps && !is_behind_a_proxy,
            "apps need a reverse proxy that asks about each request: list its address in trusted_proxies, or listen \
             on a unix socket",
        );
        let own = self.origin(None);
        for app in self.apps.each() {
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
    pub(in crate::config) fn oddities_of_apps(&self, sources: &mut Sources) {
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
            self.apps.each().filter(|app| app.keys != Keys::Off).map(App::host).collect();
        let sentence = format!(
            "apps: this version has no keys for programs, so keys has no effect for {}",
            with_keys.join(", ")
        );
        sources.warn(&[APPS], !with_keys.is_empty(), &sentence);
    }
}
