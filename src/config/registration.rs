//! Who can register: a switch, or a section with a mode and domains.

use super::source::Sources;
use crate::domain::record::registration::{DomainRule, Domains, RegistrationMode};

const SWITCH: &str = "registration";
const MODE: &str = "registration.mode";
const DOMAINS: &str = "registration.domains";

/// A mode by its name, without its domains.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Open,
    Domains,
    Invite,
    Closed,
}

pub(super) fn read(sources: &mut Sources) -> RegistrationMode {
    let is_open = sources.switch(SWITCH);
    let mode = sources.text(MODE, mode);
    let domains = sources.list(DOMAINS, domain);
    let is_section = sources.is_given(MODE) || sources.is_given(DOMAINS);
    let is_twice = sources.is_given(SWITCH) && is_section;
    sources.contradiction(
        &[SWITCH, MODE, DOMAINS],
        is_twice,
        "is set in both forms; set the switch or the mode",
    );
    let mode = mode.unwrap_or(if is_open.unwrap_or(true) { Mode::Open } else { Mode::Closed });
    let (is_by_domain, has_domains) = (mode == Mode::Domains, !domains.is_empty());
    sources.contradiction(
        &[MODE, DOMAINS],
        is_by_domain && !has_domains,
        "mode \"domains\" needs at least one domain in domains",
    );
    sources.contradiction(
        &[MODE, DOMAINS],
        has_domains && !is_by_domain && !is_twice,
        "domains is only for mode \"domains\"",
    );
    match mode {
        Mode::Open => RegistrationMode::Open,
        // Without a domain this configuration is refused.
        Mode::Domains => Domains::new(domains).map_or(RegistrationMode::Closed, RegistrationMode::Domains),
        Mode::Invite => RegistrationMode::Invite,
        Mode::Closed => RegistrationMode::Closed,
    }
}

fn mode(text: &str) -> Result<Mode, String> {
    match text {
        "open" => Ok(Mode::Open),
        "domains" => Ok(Mode::Domains),
        "invite" => Ok(Mode::Invite),
        "closed" => Ok(Mode::Closed),
        _ => Err("must be \"open\", \"domains\", \"invite\" or \"closed\"".into()),
    }
}

fn domain(text: &str) -> Result<DomainRule, String> {
    DomainRule::parse(text).map_err(|error| format!("\"{text}\" {error}"))
}
